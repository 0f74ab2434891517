"""The implementation under test cannot hide a write from the kit, and what it can do besides is seen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from pointsman.loading.load import load
from pointsman_conformance.core.driver import Ack, DriverError, TamperedError
from pointsman_conformance.core.history import Write
from pointsman_conformance.core.plan import Create, Work
from pointsman_conformance.drivers.environment import USUAL, DatabaseAddress, LaunchFacts, environment
from pointsman_conformance.postgres import OVERRIDE, PostgresServer
from pointsman_conformance.processes.clean_environment import HIDDEN
from pointsman_conformance.protocol.over_pipe import Pipe
from pointsman_conformance.testbed.testbed import Testbed, on_stage
from tests.acceptance.kit.boxes import SELLER_TRANSFER
from tests.server_users import roles_of, user

Worker = psycopg.Connection[tuple[object, ...]]

FORBIDDEN = {
    "disables the audit's trigger": 'ALTER TABLE seller_transfers DISABLE TRIGGER "!pointsman_audit"',
    "disables all triggers": "ALTER TABLE seller_transfers DISABLE TRIGGER ALL",
    "drops the audit's trigger": 'DROP TRIGGER "!pointsman_audit" ON seller_transfers',
    "adds a trigger of its own": (
        "CREATE TRIGGER mine BEFORE UPDATE ON seller_transfers FOR EACH ROW EXECUTE FUNCTION pointsman_audit.keep()"
    ),
    "replaces the audit's function": (
        "CREATE OR REPLACE FUNCTION pointsman_audit.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    ),
    "reads the versions": "SELECT * FROM pointsman_audit.version",
    "deletes the versions": "DELETE FROM pointsman_audit.version",
    "adds a version": "INSERT INTO pointsman_audit.version DEFAULT VALUES",
    "plays a replica": "SET session_replication_role = replica",
    "plays the kit": "SET ROLE {kit}",
    "plays the owner": "SET ROLE {owner}",
    "logs in again as the kit": "SET SESSION AUTHORIZATION {kit}",
    "drops the table": "DROP TABLE seller_transfers",
    "empties the table at once": "TRUNCATE seller_transfers",
    "puts another table in its place": "ALTER TABLE seller_transfers RENAME TO old_transfers",
    "writes elsewhere by a rule": "CREATE RULE mine AS ON UPDATE TO seller_transfers DO INSTEAD NOTHING",
    "makes a function that the kit might call": "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "makes a schema": "CREATE SCHEMA mine",
    "makes a role": "CREATE ROLE pointsman_mine",
    "runs a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "reads a file of the server": "SELECT pg_read_file('PG_VERSION')",
    "ends the kit's sessions": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{kit}'",
}


@contextmanager
def judged(dsn: str, setup: str | None = None) -> Iterator[tuple[Testbed, Worker]]:
    """A test bed with one row, and a session of the implementation under test."""
    with on_stage(load(SELLER_TRANSFER), dsn, schema_sql=setup) as stage:
        stage.begin()
        assert stage.create(Create("1", "completed")).answer is Ack.APPLIED
        with psycopg.connect(stage.table.roles.worker_dsn, autocommit=True) as worker:
            yield stage, worker


def seen(stage: Testbed) -> list[Write]:
    history = stage.chronicle.history(frozenset(), frozenset())
    return [record for record in history.records if isinstance(record, Write)]


# --- what it cannot do ---------------------------------------------------------------


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_database_refuses_a_worker_that(database: str, statement: str) -> None:
    with judged(database) as (stage, worker):
        names = {"kit": stage.table.roles.kit, "owner": stage.table.roles.owner}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            worker.execute(sql.SQL(statement.format(**names)))
        worker.execute("UPDATE seller_transfers SET retry_count = 7")
        assert [write.new["retry_count"] for write in seen(stage) if write.old is not None and write.new] == [7]
        stage.look_for_tampering()


@pytest.mark.parametrize("setting", ["pointsman.silent", "application_name", "search_path"])
def test_no_setting_of_a_worker_hides_a_write(database: str, setting: str) -> None:
    with judged(database) as (stage, worker):
        worker.execute("SELECT set_config(%s, 'on', false)", [setting])
        worker.execute("UPDATE public.seller_transfers SET status = 'failed'")
        assert [write.new["status"] for write in seen(stage) if write.new is not None] == ["completed", "failed"]


def test_a_temporary_table_of_the_same_name_hides_nothing_from_the_kit(database: str) -> None:
    with judged(database) as (stage, worker):
        worker.execute("CREATE TEMPORARY TABLE seller_transfers AS SELECT * FROM public.seller_transfers")
        worker.execute("UPDATE public.seller_transfers SET status = 'failed'")
        assert stage.table.rows()["1"]["status"] == "failed"
        assert len(seen(stage)) == 2


@pytest.mark.parametrize("name", ["postgres", "template1", "another"])
def test_a_worker_reaches_no_other_database(postgres: PostgresServer, database: str, name: str) -> None:
    if not postgres.ours and name != "another":
        pytest.skip("the databases of a server that the user named are the user's")
    with postgres.database() as another, on_stage(load(SELLER_TRANSFER), another), judged(database) as (stage, _):
        there = urlsplit(another).path[1:] if name == "another" else name
        dsn = urlsplit(stage.table.roles.worker_dsn)._replace(path=f"/{there}").geturl()
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(dsn)


def test_what_the_kit_tells_a_process_never_comes_from_our_own_environment() -> None:
    assert {*USUAL, OVERRIDE} == HIDDEN


SECRETS = ("POINTSMAN_TEST_DSN", "DATABASE_URL", "PGPASSWORD", "STRIPE_API_KEY")


def test_a_process_is_told_of_no_other_database_and_no_other_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "known_to_none")
    told = LaunchFacts(DatabaseAddress("127.0.0.1", 1, "u", "p", "d"), "http://127.0.0.1:9", "k", "w", 0)
    assert "known_to_none" not in environment(USUAL, told).values()
    telling = "import json, os, sys; print(json.dumps({'seq': 1, 'answer': 'applied', 'message': str(os.environ)}))"
    pipe = Pipe([sys.executable, "-c", f"{telling}; sys.stdin.read()"])
    try:
        heard = pipe.ask("{}", 10)
    finally:
        pipe.close()
    assert "PATH" in heard
    assert "known_to_none" not in heard


# --- what its setup makes -------------------------------------------------------------


COLUMNS = """
id bigint PRIMARY KEY, status text NOT NULL, amount_cents bigint NOT NULL,
reversal_cents bigint, stripe_transfer_id text, stripe_reversal_id text, retry_count integer NOT NULL DEFAULT 0,
next_retry_at timestamptz, claim_count integer NOT NULL DEFAULT 0, key_generation integer NOT NULL DEFAULT 0,
key_first_used_at timestamptz, refund_requested_at timestamptz
"""


def test_what_the_setup_made_runs_with_no_rights_of_the_server_when_the_kit_writes(database: str) -> None:
    setup = f"""
        CREATE FUNCTION harmless() RETURNS boolean LANGUAGE sql AS $$ SELECT current_setting('is_superuser') = 'off' $$;
        CREATE TABLE seller_transfers ({COLUMNS}, CHECK (harmless()), mine boolean NOT NULL DEFAULT harmless());
        """
    with judged(database, setup) as (stage, worker):
        assert worker.execute("SELECT mine FROM seller_transfers").fetchall() == [(True,)]
        assert stage.advance(60).answer is Ack.APPLIED
        stage.look_for_tampering()


def test_a_function_of_the_setup_with_the_rights_of_its_maker_may_do_no_more_than_the_worker(database: str) -> None:
    setup = f"""
        CREATE TABLE seller_transfers ({COLUMNS});
        CREATE FUNCTION hide() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN EXECUTE 'ALTER TABLE seller_transfers DISABLE TRIGGER ALL'; END $$;
        """
    with judged(database, setup) as (_, worker), pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute("SELECT hide()")


def test_a_trigger_of_the_setup_that_writes_again_is_seen_in_the_order_of_its_writes(database: str) -> None:
    setup = f"""
        CREATE TABLE seller_transfers ({COLUMNS});
        CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE seller_transfers SET retry_count = 5 WHERE id = NEW.id AND retry_count = 4; RETURN NULL; END $$;
        CREATE TRIGGER again AFTER UPDATE ON seller_transfers FOR EACH ROW EXECUTE FUNCTION again();
        """
    with judged(database, setup) as (stage, worker):
        worker.execute("UPDATE seller_transfers SET retry_count = 4")
        assert [write.new["retry_count"] for write in seen(stage) if write.new is not None] == [0, 4, 5]
        stage.look_for_tampering()


def test_a_setup_that_makes_a_cast_to_json_is_refused(database: str) -> None:
    setup = f"""
        CREATE TYPE colour AS ENUM ('red'); CREATE TABLE seller_transfers ({COLUMNS}, colour colour);
        CREATE FUNCTION told(colour) RETURNS json LANGUAGE sql AS $$ SELECT '{{}}'::json $$;
        CREATE CAST (colour AS json) WITH FUNCTION told(colour);
        """
    with pytest.raises(DriverError, match="cast of colour to JSON"), judged(database, setup):
        pass


# --- what is found if a write is hidden all the same -----------------------------------


HIDDEN_WRITES = {
    "a status": "UPDATE seller_transfers SET status = 'failed'",
    "a due time": "UPDATE seller_transfers SET next_retry_at = now()",
    "a deleted row": "DELETE FROM seller_transfers",
    "a new row": (
        "INSERT INTO seller_transfers (id, status, amount_cents, retry_count, claim_count, key_generation) "
        "VALUES (9, 'pending', 1, 0, 0, 0)"
    ),
}


@pytest.mark.parametrize("statement", HIDDEN_WRITES.values(), ids=HIDDEN_WRITES)
def test_a_hidden_write_is_found(database: str, statement: str) -> None:
    with judged(database) as (stage, _), psycopg.connect(database, autocommit=True) as superuser:
        stage.look_for_tampering()
        superuser.execute('ALTER TABLE seller_transfers DISABLE TRIGGER "!pointsman_audit"')
        superuser.execute(statement.encode())
        superuser.execute('ALTER TABLE seller_transfers ENABLE ALWAYS TRIGGER "!pointsman_audit"')
        with pytest.raises(TamperedError, match=r"hidden from the audit: .*row (1|9)"):
            stage.look_for_tampering()


CHANGED = {
    "a disabled trigger": 'ALTER TABLE seller_transfers DISABLE TRIGGER "!pointsman_audit"',
    "no trigger": 'DROP TRIGGER "!pointsman_audit" ON seller_transfers',
    "another function": (
        "CREATE OR REPLACE FUNCTION pointsman_audit.keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "AS 'BEGIN RETURN NULL; END'"
    ),
    "another table": "ALTER TABLE seller_transfers RENAME TO o; CREATE TABLE seller_transfers AS SELECT * FROM o",
    "another owner": "ALTER TABLE seller_transfers OWNER TO CURRENT_USER",
}


@pytest.mark.parametrize("statement", CHANGED.values(), ids=CHANGED)
def test_a_change_of_what_the_kit_made_is_found(database: str, statement: str) -> None:
    with judged(database) as (stage, _), psycopg.connect(database, autocommit=True) as superuser:
        superuser.execute(statement.encode())
        with pytest.raises(TamperedError, match="not the one that the kit made"):
            stage.look_for_tampering()


def test_nothing_is_called_hidden_while_time_passes_and_the_kits_actors_write(database: str) -> None:
    with on_stage(load(SELLER_TRANSFER), database) as stage:
        for _ in range(2):
            stage.begin()
            for number, status in enumerate(stage.lifecycle.statuses, 1):
                stage.create(Create(str(number), status.name))
                stage.look_for_tampering()
            for seconds in (0.001, 3600.123457, 1_000_000.1):
                stage.advance(seconds)
                stage.look_for_tampering()
                stage.work(Work("reversal_worker"), lambda _: None)
                stage.look_for_tampering()


# --- its roles -----------------------------------------------------------------------


def test_no_role_outlives_the_test_bed(postgres: PostgresServer, database: str) -> None:
    name = urlsplit(database).path[1:]
    with judged(database):
        assert len(roles_of(postgres.maintenance, name)) == 4
    assert roles_of(postgres.maintenance, name) == []


def test_a_user_who_may_make_databases_and_roles_needs_no_more(postgres: PostgresServer) -> None:
    with (
        user(postgres, "CREATEDB", "CREATEROLE") as plain,
        PostgresServer(plain, postgres.version, ours=True).database() as dsn,
        judged(dsn) as (stage, worker),
    ):
        worker.execute("UPDATE seller_transfers SET retry_count = 7")
        assert stage.advance(60).answer is Ack.APPLIED
        stage.look_for_tampering()
        assert len(seen(stage)) == 2


def test_a_user_who_may_not_make_roles_is_told_so(postgres: PostgresServer) -> None:
    with (
        user(postgres, "CREATEDB") as poor,
        PostgresServer(poor, postgres.version, ours=True).database() as dsn,
        pytest.raises(DriverError, match="needs CREATEROLE"),
        judged(dsn),
    ):
        pass
