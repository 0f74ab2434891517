"""The audit changes nothing, and blocks no other session."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest

from pointsman.auditing.run import audit
from pointsman.database import Database, DatabaseRow, DatabaseValue, Timeouts, connect
from tests.acceptance.audit.tables import SPEC, UNENFORCED, execute, look, make

BREAK_ALL = """
update seller_transfers set status = 'cancelled' where status = 'pending';
update seller_transfers set retry_count = 99, next_retry_at = null, stripe_transfer_id = null;
"""


class Watched(Database):
    """A connection that looks, before each transaction ends, at what that transaction holds and did."""

    locks: set[str]
    wrote: bool
    transactions: int

    def watch(self) -> None:
        self.locks, self.wrote, self.transactions = set(), False, 0

    def read(
        self, query: str, parameters: Sequence[DatabaseValue] | Mapping[str, DatabaseValue] | None = None
    ) -> tuple[DatabaseRow, ...]:
        with self.transaction(read_only=True):
            rows = self.ask(query, parameters)
            self.transactions += 1
            self.locks |= {str(mode) for (mode,) in self.ask(_LOCKS)}
            self.wrote |= bool(self.ask("select pg_current_xact_id_if_assigned() is not null")[0][0])
        return rows


_LOCKS = """
select l.mode from pg_locks l join pg_class c on c.oid = l.relation
where l.pid = pg_backend_pid() and (c.relname = 'seller_transfers' or c.oid in (
  select indexrelid from pg_index where indrelid = to_regclass('seller_transfers')))
"""


@pytest.fixture
def broken(database: str) -> str:
    make(database, UNENFORCED, BREAK_ALL)
    return database


def test_no_query_takes_more_than_the_lock_of_a_select_or_gets_a_transaction_id(broken: str) -> None:
    with closing(psycopg.connect(broken, autocommit=True)) as connection:
        database = Watched(connection, Timeouts())
        database.watch()
        report = audit(SPEC, database)
    assert report.findings
    assert database.transactions > 10
    assert database.locks == {"AccessShareLock"}
    assert not database.wrote


def test_the_database_is_byte_for_byte_as_it_was(broken: str) -> None:
    before = _everything(broken)
    assert look(broken).findings
    assert _everything(broken) == before


_SETTINGS = """
pg_db_role_setting where setdatabase in (0, (select oid from pg_database where datname = current_database()))
"""


def _everything(dsn: str) -> dict[str, object]:
    """Where every row of the table and of the catalogue is and who wrote it, and every setting of a role here.

    Other databases of the server, whose settings stand in the same catalogue, may change meanwhile.
    """
    catalogue = ("pg_class", "pg_attribute", "pg_index", "pg_constraint", "pg_trigger", "pg_proc", "pg_namespace",
                 "pg_type", "pg_depend", _SETTINGS)  # fmt: skip
    with psycopg.connect(dsn) as connection:
        return {
            name: connection.execute(
                f"select count(*), md5(string_agg(concat(xmin, ctid, xmax), ',' order by ctid)) from {name}"
            ).fetchone()
            for name in ("seller_transfers", *catalogue)
        }


def test_a_role_that_may_only_select_and_never_write_finds_the_same(broken: str) -> None:
    execute(
        broken,
        "create role auditor login password 'x'",
        "alter role auditor set default_transaction_read_only = on",
        "grant select on seller_transfers to auditor",
    )
    try:
        as_auditor = psycopg.conninfo.make_conninfo(broken, user="auditor", password="x")  # noqa: S106 - made up
        found, expected = look(as_auditor), look(broken)
        assert found.incomplete == ()
        assert [each.message for each in found.findings] == [each.message for each in expected.findings]
    finally:
        execute(broken, "drop owned by auditor", "drop role auditor")


@pytest.fixture
def locked(broken: str) -> Iterator[str]:
    """The table, locked by another session that changes it."""
    with psycopg.connect(broken) as other:
        other.execute("lock table seller_transfers in access exclusive mode")
        yield broken
        other.rollback()


def test_a_table_that_another_session_changes_is_not_waited_for(locked: str) -> None:
    started = time.monotonic()
    with connect(locked, timeouts=Timeouts(lock=timedelta(milliseconds=100))) as database:
        report = audit(SPEC, database)
    assert time.monotonic() - started < 5
    assert any("lock timeout" in sentence for sentence in report.incomplete)
