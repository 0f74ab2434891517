"""The proxy before a real PostgreSQL, with a real client: nothing is changed, and every bound is met."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
import pytest

from pointsman_conformance.drivers.environment import DatabaseAddress
from pointsman_conformance.drivers.proxy import Connection, Done, Proxy
from pointsman_conformance.drivers.statements import StatementKind, StatementReader

Client = psycopg.Connection[tuple[object, ...]]


@dataclass
class Witness:
    """Sees everything, and cuts where it was told to: at the nth time before or after a statement."""

    cut_before: int = 0
    cut_after: int = 0
    seen: list[StatementKind] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    backends: list[int] = field(default_factory=list)
    ended: int = 0

    def before(self, connection: Connection, sort: StatementKind) -> bool:
        assert connection.backend == self.backends[-1]
        self.seen.append(sort)
        return len(self.seen) != self.cut_before

    def after(self, connection: Connection, done: Done) -> bool:
        del connection
        self.done.append(done)
        return len(self.done) != self.cut_after

    def opened(self, connection: Connection) -> None:
        self.backends.append(connection.backend)

    def closed(self, connection: Connection) -> None:
        del connection
        self.ended += 1


@pytest.fixture
def table(database: str) -> str:
    """The DSN of a database with a table of ours and one of another owner."""
    with psycopg.connect(database, autocommit=True) as own:
        own.execute("CREATE TABLE jobs (id integer PRIMARY KEY, status text)")
        own.execute("CREATE TABLE other (id integer)")
        own.execute("CREATE FUNCTION finish_all() RETURNS void LANGUAGE sql AS $$ UPDATE jobs SET status = 'done' $$")
    return database


@contextmanager
def proxied(dsn: str, witness: Witness, *, autocommit: bool = True) -> Iterator[Client]:
    address = DatabaseAddress.of(dsn)
    with closing(Proxy(address.host, address.port, StatementReader("jobs"), witness)) as proxy:
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(address.at(proxy.port).url, autocommit=autocommit) as client,
        ):
            yield client
        deadline = time.monotonic() + 5
        while proxy.connections and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not proxy.connections
        assert witness.ended >= len(witness.backends)


def stored(dsn: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as own:
        return own.execute("SELECT id, status FROM jobs ORDER BY id").fetchall()


def test_simple_and_prepared_statements_pass_and_are_seen(table: str) -> None:
    witness = Witness()
    with proxied(table, witness) as client:
        client.execute("INSERT INTO jobs VALUES (1, 'new')")
        client.execute("INSERT INTO jobs VALUES (%s, %s)", (2, "new"), prepare=True)
        for key in (1, 2):
            found = client.execute("SELECT status FROM jobs WHERE id = %s", (key,), prepare=True).fetchall()
            assert found == [("new",)]
        assert client.execute("SELECT count(*) FROM other").fetchone() == (0,)
        assert client.execute("SELECT pg_backend_pid()").fetchone() == (witness.backends[0],)
    assert witness.seen == [StatementKind.WRITE, StatementKind.WRITE, StatementKind.READ, StatementKind.READ]
    assert [(done.reads, done.writes) for done in witness.done if done.reads or done.writes] == [
        (0, 1), (0, 1), (1, 0), (1, 0),
    ]  # fmt: skip
    assert stored(table) == [(1, "new"), (2, "new")]


def test_a_write_in_a_transaction_is_done_when_it_is_durable(table: str) -> None:
    witness = Witness()
    with proxied(table, witness, autocommit=False) as client:
        client.execute("INSERT INTO jobs VALUES (1, 'new')")
        client.execute("UPDATE jobs SET status = 'late'")
        assert [done.writes for done in witness.done] == [0, 0]
        assert all(done.open for done in witness.done)
        client.commit()
        assert [done.writes for done in witness.done] == [0, 0, 2]
        client.execute("UPDATE jobs SET status = 'never'")
        client.rollback()
        assert sum(done.writes for done in witness.done) == 2
    assert stored(table) == [(1, "late")]


def test_a_write_that_failed_is_not_done(table: str) -> None:
    witness = Witness()
    with proxied(table, witness) as client:
        client.execute("INSERT INTO jobs VALUES (1, 'new')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            client.execute("INSERT INTO jobs VALUES (%s, 'new')", (1,))
        with pytest.raises(psycopg.errors.UniqueViolation):
            client.execute("INSERT INTO jobs VALUES (2, 'new'); INSERT INTO jobs VALUES (1, 'new')")
        client.execute("UPDATE jobs SET status = 'old'")
    assert [done.writes for done in witness.done] == [1, 0, 0, 1]


def test_a_pipeline_is_understood(table: str) -> None:
    witness = Witness()
    with proxied(table, witness) as client:
        with client.pipeline():
            first = client.execute("INSERT INTO jobs VALUES (%s, 'new') RETURNING id", (1,))
            second = client.execute("SELECT count(*) FROM jobs")
            third = client.execute("SELECT 42")
        assert (first.fetchone(), second.fetchone(), third.fetchone()) == ((1,), (1,), (42,))
        with client.transaction(), client.pipeline():
            client.execute("UPDATE jobs SET status = 'a'")
            client.execute("UPDATE jobs SET status = 'b'")
    assert witness.seen == [StatementKind.WRITE, StatementKind.READ, StatementKind.WRITE, StatementKind.WRITE]
    assert sum(done.writes for done in witness.done) == 3
    assert stored(table) == [(1, "b")]


def test_copying_in_and_out_passes(table: str) -> None:
    witness = Witness()
    with proxied(table, witness) as client:
        with client.cursor().copy("COPY jobs FROM STDIN") as into:
            for key in range(5000):
                into.write_row((key, "x" * 100))
        with client.cursor().copy("COPY jobs TO STDOUT") as out:
            assert sum(1 for _ in out.rows()) == 5000
    assert [(done.reads, done.writes) for done in witness.done] == [(0, 1), (1, 0)]


def test_a_long_answer_and_a_cursor_on_the_server_pass(table: str) -> None:
    witness = Witness()
    with proxied(table, witness, autocommit=False) as client:
        client.execute("INSERT INTO jobs SELECT n, repeat('x', 1000) FROM generate_series(1, 6000) AS n")
        assert len(client.execute("SELECT * FROM jobs").fetchall()) == 6000
        with client.cursor(name="some") as cursor:
            cursor.itersize = 100
            cursor.execute("SELECT * FROM jobs")
            assert sum(1 for _ in cursor) == 6000
        client.commit()


def test_a_statement_that_names_no_table_is_told_with_its_text(table: str) -> None:
    witness = Witness()
    with proxied(table, witness) as client:
        client.execute("SELECT finish_all()")
    assert ("SELECT finish_all()",) in [done.others for done in witness.done]


def test_a_statement_can_be_cut_off_before_it_is_done(table: str) -> None:
    witness = Witness(cut_before=2)
    with proxied(table, witness) as client:
        client.execute("INSERT INTO jobs VALUES (1, 'new')")
        with pytest.raises(psycopg.OperationalError):
            client.execute("UPDATE jobs SET status = 'done' WHERE id = %s", (1,))
    assert stored(table) == [(1, "new")]


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_write_can_be_done_without_its_writer_hearing_of_it(table: str, *, autocommit: bool) -> None:
    witness = Witness(cut_after=1 if autocommit else 2)
    with proxied(table, witness, autocommit=autocommit) as client:
        statements = ["INSERT INTO jobs VALUES (1, 'new')", *([] if autocommit else ["COMMIT"])]
        for statement in statements[:-1]:
            client.execute(statement.encode())
        with pytest.raises(psycopg.OperationalError):
            client.execute(statements[-1].encode())
    assert stored(table) == [(1, "new")]


def test_many_connections_at_once_end_with_the_proxy(table: str) -> None:
    witness = Witness()
    address = DatabaseAddress.of(table)
    with closing(Proxy(address.host, address.port, StatementReader("jobs"), witness)) as proxy:
        clients = [psycopg.connect(address.at(proxy.port).url) for _ in range(8)]
        assert len(proxy.connections) == 8
        assert proxy.cut() == frozenset(witness.backends)
        for client in clients:
            with pytest.raises(psycopg.OperationalError):
                client.execute("SELECT 1")
            client.close()


def test_a_long_statement_can_be_cancelled_through_it(table: str) -> None:
    with proxied(table, Witness()) as client:
        client.execute("SET statement_timeout = '10s'")

        threading.Timer(0.2, client.cancel_safe).start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute("SELECT pg_sleep(8)")


def test_a_session_that_is_ended_while_idle_hears_why_at_its_next_statement(table: str) -> None:
    witness = Witness()
    address = DatabaseAddress.of(table)
    with closing(Proxy(address.host, address.port, StatementReader("jobs"), witness)) as proxy:
        client = psycopg.connect(address.at(proxy.port).url, autocommit=True)
        client.execute("INSERT INTO jobs VALUES (1, 'new')")
        proxy.terminate()
        with pytest.raises(psycopg.errors.AdminShutdown):
            client.execute("UPDATE jobs SET status = 'late'")
        client.close()
    assert stored(table) == [(1, "new")]


@dataclass
class Ending(Witness):
    """Ends the session while the answer to a write is held back."""

    def after(self, connection: Connection, done: Done) -> bool:
        if done.writes:
            connection.terminate()
        return not done.writes


def test_a_session_that_is_ended_while_it_commits_hears_no_error_of_the_server_and_has_committed(table: str) -> None:
    witness, notices = Ending(), list[str | None]()
    address = DatabaseAddress.of(table)
    with closing(Proxy(address.host, address.port, StatementReader("jobs"), witness)) as proxy:
        client = psycopg.connect(address.at(proxy.port).url, autocommit=True)
        client.add_notice_handler(lambda told: notices.append(told.sqlstate))
        with pytest.raises(psycopg.OperationalError) as lost:
            client.execute("INSERT INTO jobs VALUES (1, 'new')")
        assert lost.value.sqlstate is None
        client.close()
    assert notices == ["57P01"]
    assert stored(table) == [(1, "new")]
