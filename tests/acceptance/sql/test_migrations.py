"""The repository's migrations on real servers: up, down, up, and equal to the whole schema."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pointsman.cli import main
from pointsman.database import connect
from pointsman.loading.load import load
from pointsman.sql.catalogue import differences, wanted
from pointsman.sql.schema_target import schema_sql
from tests.acceptance.sql.applying import (
    MIGRATIONS,
    SPEC,
    apply_all,
    history,
    numbers,
    pairs,
    send,
    send_file,
    snapshot,
)
from tests.toolchains import need

STEPS = ("980", "981", "982", "983")
ROWS = """
insert into seller_transfers (status, amount_cents, stripe_transfer_id)
select (array['pending', 'completed', 'failed', 'permanently_failed'])[1 + n % 4], n, 'tr_' || n
from generate_series(1, 12003) as n
"""


def migrate(*words: str | Path) -> int:
    return main(["migrate", *map(str, words), "--quiet"])


def write_again(folder: Path) -> None:
    """What the tool writes today from the specs in the history."""
    specs = [history(980), history(981), history(982), SPEC]
    assert migrate(specs[0], "--number", STEPS[0], "--out", folder) == 0
    for old, new, number in zip(specs[:-1], specs[1:], STEPS[1:], strict=True):
        allowed = ["--allow", "rows-may-break-check"] if new == SPEC else []
        assert migrate(old, new, "--number", number, "--out", folder, *allowed) == 0


def test_up_and_down_and_up_again_leave_no_trace(fresh: str) -> None:
    empty = snapshot(fresh)
    apply_all(fresh, MIGRATIONS)
    first = snapshot(fresh)
    for pair in reversed(pairs(MIGRATIONS)):
        send_file(fresh, pair.down)
    assert snapshot(fresh) == empty
    apply_all(fresh, MIGRATIONS)
    assert snapshot(fresh) == first


def test_each_down_file_gives_back_exactly_what_was_there_before_its_up_file(fresh: str) -> None:
    for pair in pairs(MIGRATIONS):
        before = snapshot(fresh)
        send_file(fresh, pair.up)
        after = snapshot(fresh)
        send_file(fresh, pair.down)
        assert snapshot(fresh) == before, pair.down.name
        send_file(fresh, pair.up)
        assert snapshot(fresh) == after, pair.up.name


def test_each_down_file_works_on_a_table_with_rows(fresh: str) -> None:
    first, *others = pairs(MIGRATIONS)
    send_file(fresh, first.up)
    send(fresh, ROWS)
    before = snapshot(fresh)
    for pair in others:
        send_file(fresh, pair.up)
    for pair in reversed(others):
        send_file(fresh, pair.down)
    assert snapshot(fresh) == before
    with psycopg.connect(fresh) as connection:
        assert connection.execute("select count(*) from seller_transfers").fetchone() == (12003,)


def test_all_migrations_and_the_schema_give_equal_catalogues(fresh: str) -> None:
    apply_all(fresh, MIGRATIONS)
    migrated = snapshot(fresh)
    send(fresh, "drop table seller_transfers; drop function seller_transfers_status_transitions")
    send(fresh, schema_sql(load(SPEC)))
    whole = snapshot(fresh)
    assert differences(whole.table or (), migrated.table or ()) == ()
    assert whole == migrated


def test_the_catalogue_that_a_spec_wants_is_read_without_leaving_anything_behind(fresh: str) -> None:
    empty = snapshot(fresh)
    with connect(fresh) as database:
        made = wanted(database, load(SPEC))
    assert snapshot(fresh) == empty
    send(fresh, schema_sql(load(SPEC)))
    assert snapshot(fresh).table == made


def test_the_tool_would_write_migrations_of_the_same_names_and_meaning_today(fresh: str, tmp_path: Path) -> None:
    write_again(tmp_path)
    again = pairs(tmp_path)
    assert [pair.up.name for pair in again] == [pair.up.name for pair in pairs(MIGRATIONS)]
    met = []
    for pair in again:
        send_file(fresh, pair.up)
        met.append(snapshot(fresh))
    for pair in reversed(again):
        send_file(fresh, pair.down)
    for pair, expected in zip(pairs(MIGRATIONS), met, strict=True):
        send_file(fresh, pair.up)
        assert snapshot(fresh) == expected, pair.up.name


def test_psql_runs_the_migrations(database: str) -> None:
    need("psql", why="it is what the plain files are for")
    for pair in pairs(MIGRATIONS):
        words = ["psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-f", str(pair.up), database]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
    with connect(database) as open_database:
        assert snapshot(database).table == wanted(open_database, load(SPEC))


def test_numbers_are_gapless_and_every_migration_can_be_undone() -> None:
    found = pairs(MIGRATIONS)
    assert numbers(pair.up for pair in found) == list(range(980, 980 + len(found)))
    assert all(pair.down.is_file() for pair in found)


# --- values --------------------------------------------------------------------


def until(dsn: str, what: str) -> None:
    """Apply everything before the migration whose name ends in `what`."""
    for pair in pairs(MIGRATIONS):
        if pair.up.stem.endswith(what):
            return
        send_file(dsn, pair.up)


def the(what: str) -> str:
    return next(pair.up for pair in pairs(MIGRATIONS) if pair.up.stem.endswith(what)).read_text(encoding="utf-8")


def test_the_backfill_gives_values_only_where_one_is_newly_needed(database: str) -> None:
    until(database, "_backfill")
    send(database, ROWS)
    send(database, "update seller_transfers set next_retry_at = '2001-01-01' where id % 3 = 0")
    send(database, "update seller_transfers set next_retry_at = null where id % 3 <> 0")
    send(database, the("_backfill"))
    with psycopg.connect(database) as connection:
        counted = connection.execute(
            "select status, count(*) filter (where next_retry_at is null), "
            "count(*) filter (where next_retry_at = '2001-01-01'), count(distinct next_retry_at) "
            "from seller_transfers group by status order by status"
        ).fetchall()
    by_status = {row[0]: row[1:] for row in counted}
    # 12003 keys are three batches, each with a time of its own; the old time is a fourth.
    assert by_status["failed"] == (0, 1000, 4)
    assert by_status["pending"] == (0, 1000, 4)
    assert by_status["completed"][0] > 0


def test_a_backfill_that_was_stopped_half_way_goes_on_when_it_is_run_again(database: str) -> None:
    until(database, "_backfill")
    send(database, ROWS)
    send(database, "update seller_transfers set next_retry_at = null")
    with psycopg.connect(database) as other:
        other.execute("select 1 from seller_transfers where id = 11000 for update")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            send(database, the("_backfill"))
    missing = "select count(*) from seller_transfers where status in ('pending', 'failed') and next_retry_at is null"
    with psycopg.connect(database) as connection:
        assert connection.execute(missing).fetchone() == (1001,)
    send(database, the("_backfill"))
    with psycopg.connect(database) as connection:
        assert connection.execute(missing).fetchone() == (0,)


def test_a_row_that_breaks_a_check_stops_the_validation_and_nothing_is_lost(database: str) -> None:
    until(database, "_checks")
    send(database, "insert into seller_transfers (status, amount_cents) values ('completed', 1)")
    send(database, the("_checks"))
    before = snapshot(database)
    with pytest.raises(psycopg.errors.CheckViolation):
        send(database, the("_checks_validated"))
    assert snapshot(database) == before


# --- locks ---------------------------------------------------------------------


def test_checks_are_validated_while_others_read_and_write(database: str) -> None:
    until(database, "_checks_validated")
    body = the("_checks_validated").replace("COMMIT;", "")
    with psycopg.connect(database, autocommit=True) as holder, psycopg.connect(database) as other:
        holder.execute(body.encode())
        other.execute("set lock_timeout = '1s'")
        other.execute("insert into seller_transfers (status, amount_cents) values ('pending', 1)")
        assert other.execute("select count(*) from seller_transfers").fetchone() == (1,)


# --- the files -----------------------------------------------------------------


def test_squawk_has_nothing_to_say_of_the_migrations() -> None:
    program = shutil.which("squawk") or str(Path(sys.executable).with_name("squawk"))
    files = [str(path) for path in sorted(MIGRATIONS.glob("[0-9]*.sql"))]
    ran = subprocess.run([program, "--reporter", "gcc", *files], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_retry_index_is_not_widened_and_its_sibling_is_separate(database: str) -> None:
    for pair in pairs(MIGRATIONS):
        if pair.up.name.startswith("983"):
            break
        send_file(database, pair.up)
    table = snapshot(database).table or ()
    indexes = {item.name: dict(item.facts) for item in table if item.kind == "index"}
    assert indexes["idx_seller_transfers_retry"]["predicate"] == "(status = 'failed'::text)"
    sibling = indexes["idx_seller_transfers_reversal_pending"]
    assert sibling["predicate"] == "(status = 'reversal_pending'::text)"
    assert sibling["columns"] == "status text_ops 0, next_retry_at timestamptz_ops 0"
