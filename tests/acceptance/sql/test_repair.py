"""`migrate --repair`: what an interrupted concurrent build leaves is found and built anew."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pointsman.cli import main
from pointsman.loading.load import load
from pointsman.result import Exit
from pointsman.sql.schema import TableName, wanted
from pointsman.sql.schema_target import schema_sql
from pointsman.sql.statements import CreateIndex, DropIndex
from tests.acceptance.sql.applying import SPEC, Snapshot, send, snapshot

INDEX = "idx_seller_transfers_reversal_pending"
(DEFINITION,) = (index for index in wanted(load(SPEC)).indexes if index.name == INDEX)
CREATE = CreateIndex(TableName("seller_transfers"), DEFINITION).sql
DROP = DropIndex(TableName("seller_transfers"), INDEX).sql


@pytest.fixture
def made(database: str) -> Snapshot:
    """The whole schema, with some rows."""
    send(database, schema_sql(load(SPEC)))
    send(
        database,
        "insert into seller_transfers (status, amount_cents) select 'pending', n from generate_series(1, 99) n",
    )
    return snapshot(database)


@contextmanager
def an_old_snapshot(dsn: str) -> Iterator[None]:
    """Another session holds a transaction open that a concurrent build must wait for."""
    with psycopg.connect(dsn) as other:
        other.execute("set transaction isolation level repeatable read")
        other.execute("select count(*) from seller_transfers")
        yield


def interrupt(dsn: str, statement: str) -> None:
    """Run `statement` until it waits, and cut it short there."""
    with an_old_snapshot(dsn), psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set statement_timeout = '500ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(statement.encode())


def invalid(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select indexrelid::regclass::text from pg_index where not indisvalid").fetchall()
    return {row[0] for row in rows}


def repair(dsn: str, *options: str) -> int:
    return main(["migrate", "--repair", str(SPEC), "--dsn", dsn, *options])


def test_an_interrupted_build_is_found_and_rebuilt(database: str, made: Snapshot) -> None:
    send(database, DROP)
    interrupt(database, CREATE)
    assert invalid(database) == {INDEX}
    assert repair(database) == Exit.OK
    assert invalid(database) == set()
    assert snapshot(database) == made


def test_the_trap_if_not_exists_would_have_fallen_into_it(database: str, made: Snapshot) -> None:
    send(database, DROP)
    interrupt(database, CREATE)
    send(database, CREATE.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS"))
    assert invalid(database) == {INDEX}


def test_what_an_interrupted_rebuild_left_behind_is_dropped(database: str, made: Snapshot) -> None:
    interrupt(database, f"reindex index concurrently {INDEX}")
    assert invalid(database) == {f"{INDEX}_ccnew"}
    assert repair(database) == Exit.OK
    assert snapshot(database) == made


def test_several_invalid_indexes_are_mended_in_one_run(database: str, made: Snapshot) -> None:
    interrupt(database, f"reindex index concurrently {INDEX}")
    interrupt(database, f"reindex index concurrently {INDEX}")
    send(database, DROP)
    interrupt(database, CREATE)
    assert len(invalid(database)) == 3
    assert repair(database) == Exit.OK
    assert snapshot(database) == made


def test_dry_run_prints_the_statements_and_changes_nothing(
    database: str, made: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    send(database, DROP)
    interrupt(database, CREATE)
    before = snapshot(database)
    assert repair(database, "--dry-run") == Exit.FINDINGS
    said = capsys.readouterr().out
    assert f"{DROP};" in said
    assert f"{CREATE};" in said
    assert "index-invalid" in said
    assert snapshot(database) == before


def test_a_healthy_table_needs_nothing(database: str, made: Snapshot, capsys: pytest.CaptureFixture[str]) -> None:
    assert repair(database) == Exit.OK
    assert "No index is invalid." in capsys.readouterr().out
    assert snapshot(database) == made


def test_a_build_that_is_still_running_is_left_alone(
    database: str, made: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    send(database, DROP)
    with an_old_snapshot(database):
        builder = threading.Thread(target=send, args=(database, CREATE))
        builder.start()
        while not invalid(database):
            time.sleep(0.02)
        assert repair(database) == Exit.INCOMPLETE
        assert "is building an index" in capsys.readouterr().out
        assert invalid(database) == {INDEX}
    builder.join()
    assert snapshot(database) == made


def test_an_invalid_index_that_is_not_the_specs_is_left_alone(database: str, made: Snapshot) -> None:
    interrupt(database, "create index concurrently somebody_elses on seller_transfers (amount_cents)")
    assert repair(database) == Exit.OK
    assert invalid(database) == {"somebody_elses"}


def test_the_leftover_of_a_name_that_postgresql_had_to_cut_is_recognised(database: str, tmp_path: Path) -> None:
    name = "idx_" + "a" * 59
    spec = tmp_path / "long.yaml"
    spec.write_text(
        "pointsman: 1\nlifecycle: long\ntable: {name: t, columns: {due: {type: timestamptz}}}\n"
        "statuses: {new: {initial: true}, done: {terminal: true}}\ntransitions: [{from: new, to: done}]\n"
        f"queues: {{all: {{statuses: [new], due: due, index: {name}}}}}\n",
        encoding="utf-8",
    )
    send(database, schema_sql(load(spec)))
    send(database, "create table seller_transfers ()")
    interrupt(database, f"reindex index concurrently {name}")
    assert len(invalid(database)) == 1
    assert main(["migrate", "--repair", str(spec), "--dsn", database]) == Exit.OK
    assert invalid(database) == set()


def test_what_was_run_is_told_to_a_machine_too(
    database: str, made: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    send(database, DROP)
    interrupt(database, CREATE)
    assert repair(database, "--format", "json") == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert told["data"]["statements"] == [DROP, CREATE]


def test_a_table_that_is_not_there_is_wrong_usage(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert repair(database) == Exit.USAGE
    assert "has no table seller_transfers" in capsys.readouterr().err


@contextmanager
def a_role(dsn: str) -> Iterator[tuple[str, str]]:
    """A role that may log in and nothing else: its name, and the DSN to be it."""
    role = f"pointsman_{dsn.rpartition('_')[2].partition('?')[0]}"
    send(dsn, f"create role {role} login password '{role}'")
    try:
        yield role, make_conninfo(dsn, user=role, password=role)
    finally:
        send(dsn, f"reassign owned by {role} to current_user; drop owned by {role}; drop role {role}")


def test_a_role_that_may_not_is_told_so_without_a_traceback(
    database: str, made: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    send(database, DROP)
    interrupt(database, CREATE)
    with a_role(database) as (_, dsn):
        assert repair(dsn) == Exit.INCOMPLETE
    assert "must be owner" in capsys.readouterr().out
    assert invalid(database) == {INDEX}


def test_a_running_build_of_another_role_is_seen_by_an_owner_without_other_rights(
    database: str, made: Snapshot
) -> None:
    send(database, DROP)
    with a_role(database) as (role, dsn):
        send(database, f"alter table seller_transfers owner to {role}")
        with an_old_snapshot(database):
            builder = threading.Thread(target=send, args=(database, CREATE))
            builder.start()
            while not invalid(database):
                time.sleep(0.02)
            assert repair(dsn) == Exit.INCOMPLETE
            assert invalid(database) == {INDEX}
        builder.join()
    assert snapshot(database) == made
