"""The lifecycle's table on a real PostgreSQL: made, cleared, read, and aged.

The table is made without the trigger and the CHECKs that the lifecycle asks for: a wrong implementation must fail by
its law, not by an SQL error. With `enforced` the table has them.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pointsman.database import Database, DatabaseError, Timeouts, connect
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle, Status
from pointsman.sql.quoting import identifier, interval, qualified
from pointsman.sql.schema import table_of, wanted
from pointsman.sql.schema_target import schema_statements
from pointsman_conformance.core.clock import Clock
from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.values import TableShape, key_text
from pointsman_conformance.processes.moved_clock import MovedClock
from pointsman_conformance.testbed.audit import SILENT, Audit, installation
from pointsman_conformance.testbed.chronicle import KIT_WRITER, Chronicle
from pointsman_conformance.testbed.failing import as_driver_error
from pointsman_conformance.testbed.roles import TestbedRoles, take_over, testbed_roles
from pointsman_conformance.testbed.row_values import BEYOND_LABELS, ReceiptMaker, row_with_effects
from pointsman_conformance.testbed.tampering import as_made, difference

PATIENCE = timedelta(seconds=2)
"""How long the kit waits for a row that another session has locked."""

LOOKS = 5
"""How often the table is read before it counts as being written."""

_WHOLE_NUMBERS = frozenset({"bigint", "integer", "smallint", "numeric"})

MOST_RUNS = 1000
"""The number of runs with distinct keys, after which keys repeat: an integer has no room for more."""


class TestbedTable:
    """The table, for one run after the other. One thread uses it; any thread may use its `chronicle`."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        roles: TestbedRoles,
        admin: Database,
        database: Database,
        reader: Database,
        row_sql: str | None = None,
    ) -> None:
        self.lifecycle, self.roles, self.database = lifecycle, roles, database
        self._admin, self._row_sql = admin, row_sql
        self.table = table_of(lifecycle)
        self.clock = Clock()
        self.moved: MovedClock | None = None
        """The system's clock of all processes, where the kit moves it instead of the rows' timestamps."""
        self.shape = TableShape.on(self.table, self.clock)
        self.chronicle = Chronicle(Audit(reader), self.shape, self.clock)
        self._name = qualified(self.table.schema, self.table.name)
        self._labels: dict[str, str] = {}
        self._run = -1
        self._key_type = self._type_of_key()
        self._aging = self._aging_statement()
        self.chronicle.know(_backend(database), KIT_WRITER)
        self._ours = {_backend(database), _backend(reader), _backend(admin)}
        self._as_made = as_made(admin, self._name)

    # --- a run ---------------------------------------------------------------

    def reset(self, *, distinct: bool = False) -> None:
        """Delete the rows and the history, and set the clock to 0. Raises DriverError where a row stays locked.

        `distinct`: rows get other keys than in earlier runs, for processes that live on and may remember some.
        """
        clearing = f"DELETE FROM {self._name}"  # noqa: S608 - quoted
        try:
            self._silently(clearing)
        except DatabaseError:
            self.end_sessions()
            with _as_driver_error("the table cannot be cleared"):
                self._silently(clearing)
        with _as_driver_error("the audit cannot be cleared"):
            self.chronicle.take_in()
            self.chronicle.clear()
            self._labels = {}
            self._run += distinct
            if self.moved is not None:
                self.moved.begin()
            self.clock.start(self._database_now())

    def end_sessions(self) -> None:
        """End every connection to this database but the kit's own, and wait until they are gone."""
        with _as_driver_error("the connections cannot be ended"):
            self._admin.ask(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND NOT pid = ANY (%s)",
                (sorted(self._ours),),
            )

    def ours(self, database: Database) -> None:
        """Register another connection of the kit."""
        backend = _backend(database)
        self._ours.add(backend)
        self.chronicle.know(backend, KIT_WRITER)

    def wait_gone(self, backends: frozenset[int]) -> None:
        """Wait until the server has ended these processes, whose clients are gone: then they hold no lock."""
        deadline = time.monotonic() + PATIENCE.total_seconds()
        with _as_driver_error("the server's processes cannot be seen"):
            while self._any_of(backends):
                if time.monotonic() > deadline:
                    self._admin.ask("SELECT pg_terminate_backend(pid, 2000) FROM unnest(%s) AS pid", (list(backends),))
                    return
                time.sleep(0.002)

    def _any_of(self, backends: frozenset[int]) -> bool:
        asked = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY (%s))"
        return bool(self._admin.ask(asked, (sorted(backends),))[0][0])

    # --- rows ------------------------------------------------------------------

    def key(self, label: str) -> str:
        """The primary key, as text, of the row with the plan's `label`."""
        if label not in self._labels:
            self._labels[label] = self._new_key(label)
        return self._labels[label]

    def create(self, label: str, status: Status, columns: Mapping[str, Value], made: ReceiptMaker) -> Columns | None:
        """Insert a row in `status`, with all that it requires: the row. None where the database refuses or has it."""
        key = self.key(label)
        if self.read(key) is not None:
            return None
        now = self.clock.now()
        row = row_with_effects(self.lifecycle, key, status, columns, now=now, made=made)
        if self._row_sql is not None:
            told = {name: self.shape.to_database(name, value) for name, value in row.items()}
            return row if self._act(self._row_sql, {self.table.primary_key: key, **told}) else None
        row = {name: value for name, value in row.items() if value is not None or name in columns}
        names = ", ".join(identifier(name) for name in (self.table.primary_key, *row))
        places = ", ".join(["%s"] * (len(row) + 1))
        values = (key, *(self.shape.to_database(name, value) for name, value in row.items()))
        done = self._act(f"INSERT INTO {self._name} ({names}) VALUES ({places})", values)  # noqa: S608 - all quoted
        return row if done else None

    def estrange(self, key: str, value: str) -> bool:
        """Set the row's status to a value that the spec does not know. False where the database refuses."""
        status = identifier(self.table.status_column)
        return self._act(
            f"UPDATE {self._name} SET {status} = %s WHERE {identifier(self.table.primary_key)} = %s",  # noqa: S608 - quoted
            (value, key),
        )

    def read(self, key: str) -> Columns | None:
        """The row with this key, or None."""
        return self.stored().get(key)

    def stored(self) -> Mapping[str, Columns]:
        """All rows by key, in the order of keys; timestamps as seconds of the run's clock."""
        with _as_driver_error("the table cannot be read"):
            found = self.database.ask(f"SELECT pg_catalog.to_jsonb(t) FROM {self._name} AS t ORDER BY 1")  # noqa: S608 - quoted
        rows: dict[str, Columns] = {}
        for (row,) in found:
            if isinstance(row, Mapping):
                rows[key_text(row[self.table.primary_key])] = self.shape.from_database(row)
        return rows

    def rows(self) -> Mapping[str, Columns]:
        """The rows of the plan, by their labels."""
        stored = self.stored()
        return {label: stored[key] for label, key in self._labels.items() if key in stored}

    def label(self, key: str) -> str | None:
        """The plan's label of the row with this key; None for a row that the plan did not make."""
        return next((label for label, own in self._labels.items() if own == key), None)

    def labels(self) -> tuple[str, ...]:
        """The plan's labels, in the order of their first use."""
        return tuple(self._labels)

    def tampering(self, seen: Mapping[str, Columns]) -> str:
        """What is not as the kit made it, or as in `seen`, the last audited versions by key; empty if nothing is.

        Also empty while processes write: then the next step is looked at.
        """
        if as_made(self._admin, self._name) != self._as_made:
            return "the table, or the audit's trigger on it, is not the one that the kit made"
        for _ in range(LOOKS):
            self.chronicle.take_in()
            before, stored = self.chronicle.writes, self.stored()
            self.chronicle.take_in()
            if self.chronicle.writes == before:
                return difference(self.shape, seen, stored)
        return ""

    # --- time ------------------------------------------------------------------

    def advance(self, seconds: float) -> bool:
        """Let time pass: every timestamp in the table gets older. False where another session holds a row's lock."""
        span = timedelta(seconds=seconds)
        self.chronicle.take_in()
        if self.moved is not None:
            self.moved.pass_by(span)
            self.clock.pass_by(span, aged=False)
            return True
        if self._aging is not None:
            try:
                self._silently(self._aging.replace("$span", interval(span)))
            except DatabaseError as problem:
                if problem.timed_out:
                    return False
                raise DriverError(f"Time cannot be moved in the database: {problem}") from problem
        self.clock.pass_by(span)
        return True

    # --- parts -----------------------------------------------------------------

    def _act(self, statement: str, values: tuple[object, ...] | Mapping[str, object]) -> bool:
        try:
            self.database.ask(statement, values)
        except DatabaseError as problem:
            if problem.sqlstate.startswith(("22", "23")) or problem.timed_out:
                return False
            raise DriverError(f"The kit's own statement failed: {problem}") from problem
        return True

    def _silently(self, statement: str) -> None:
        """Run a statement in one transaction, with the audit silenced."""
        quiet = f"SELECT set_config('{SILENT}', 'on', true), set_config('lock_timeout', '{PATIENCE.seconds}s', true)"
        self.database.execute(f"{quiet}; {statement}")

    def _database_now(self) -> datetime:
        (row,) = self.database.ask("SELECT clock_timestamp()")
        if not isinstance(row[0], datetime):
            raise DriverError("The database does not tell its time.")
        return row[0]

    def _type_of_key(self) -> str:
        return next((kind for name, kind in self._attributes() if name == self.table.primary_key), "bigint")

    def _aging_statement(self) -> str | None:
        old = [identifier(name) for name, kind in self._attributes() if kind.startswith("timestamp")]
        if not old:
            return None
        sets = ", ".join(f"{name} = {name} - $span" for name in old)
        return f"UPDATE {self._name} SET {sets}"  # noqa: S608 - all quoted

    def _attributes(self) -> tuple[tuple[str, str], ...]:
        """The columns that can be written, in the table's order, each with its type; of a domain, the type below."""
        found = self.database.ask(_ATTRIBUTES, (self._name,))
        return tuple((str(name), str(kind)) for name, kind in found)

    def _new_key(self, label: str) -> str:
        run = max(self._run, 0) % MOST_RUNS
        if self._key_type in _WHOLE_NUMBERS:
            number = int(label) if label.isdecimal() else BEYOND_LABELS + len(self._labels)
            return str(number + (0 if self._key_type == "smallint" else 2 * BEYOND_LABELS * run))
        apart = f"{label}.{run}" if run else label
        return str(uuid.uuid5(uuid.NAMESPACE_OID, apart)) if self._key_type == "uuid" else apart


_ATTRIBUTES = """
WITH RECURSIVE below AS (
  SELECT attnum, attname, atttypid AS kind FROM pg_catalog.pg_attribute
  WHERE attrelid = %s::pg_catalog.regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  UNION ALL
  SELECT attnum, attname, typbasetype FROM below JOIN pg_catalog.pg_type AS t ON t.oid = kind AND typbasetype <> 0
)
SELECT attname, pg_catalog.format_type(kind, NULL) FROM below JOIN pg_catalog.pg_type AS t ON t.oid = kind
WHERE typbasetype = 0 ORDER BY attnum
"""


@contextlib.contextmanager
def on_postgres(
    lifecycle: Lifecycle,
    dsn: str,
    *,
    enforced: bool = False,
    setup: Callable[[str], None] | None = None,
    schema_sql: str | None = None,
    row_sql: str | None = None,
) -> Iterator[TestbedTable]:
    """The lifecycle's table in the database of `dsn`; the connections are closed at the end.

    The table is made unless it exists. First `setup` is called with the DSN of the implementation's role, and
    `schema_sql` is run as that role; either may make a user's own table. `row_sql` then makes a row of that table: one
    statement in which ``%(name)s`` stands for the value of the primary key, the status column or a declared column; it
    may also insert the rows that the new one refers to. Raises DriverError.
    """
    try:
        with connect(dsn) as admin, testbed_roles(dsn, admin) as roles:
            admin.limit_session(Timeouts(lock=PATIENCE))
            if setup is not None:
                setup(roles.worker_dsn)
            _make(lifecycle, roles, admin, enforced=enforced, schema_sql=schema_sql)
            with connect(roles.kit_dsn) as database, connect(roles.kit_dsn) as reader, as_driver_error():
                for each in (database, reader):  # the implementation under test may hold any lock
                    each.limit_session(Timeouts(lock=PATIENCE))
                yield TestbedTable(lifecycle, roles, admin, database, reader, row_sql)
    except UsageError as problem:
        raise DriverError(str(problem)) from problem


def statements(lifecycle: Lifecycle, *, enforced: bool) -> tuple[str, ...]:
    """The statements that make the table; with its trigger and CHECKs if `enforced`."""
    table = table_of(lifecycle)
    enforce = table.enforce if enforced else frozenset()
    made = schema_statements(replace(lifecycle, table=replace(table, enforce=enforce)))
    first = (f"CREATE SCHEMA IF NOT EXISTS {identifier(table.schema)}",) if table.schema is not None else ()
    return (*first, *(statement.sql for statement in made))


def without_enforcement(lifecycle: Lifecycle) -> tuple[str, ...]:
    """The statements that drop, by their generated names, the CHECKs and the trigger of an existing table."""
    schema = wanted(lifecycle)
    checks = (f"DROP CONSTRAINT IF EXISTS {identifier(check.name)}" for check in schema.checks)
    taken = [f"ALTER TABLE {schema.table.sql} {drop}" for drop in checks]
    if schema.rule is not None:
        taken.append(f"DROP TRIGGER IF EXISTS {identifier(schema.rule.name)} ON {schema.table.sql}")
    return tuple(taken)


def _make(
    lifecycle: Lifecycle, roles: TestbedRoles, admin: Database, *, enforced: bool, schema_sql: str | None
) -> None:
    table = table_of(lifecycle)
    name = qualified(table.schema, table.name)
    with _as_driver_error("the table cannot be made"):
        if schema_sql is not None:
            with connect(roles.worker_dsn) as theirs:
                theirs.execute(schema_sql)
        if admin.ask("SELECT to_regclass(%s)", (name,))[0][0] is not None:
            making = () if enforced else without_enforcement(lifecycle)  # the setup has made it
        else:
            making = statements(lifecycle, enforced=enforced)
        for statement in making:
            admin.execute(statement)
        take_over(admin, roles, name)
        for statement in installation(table.schema, table.name, roles.kit):
            admin.execute(statement)


def _backend(database: Database) -> int:
    return int(str(database.ask("SELECT pg_backend_pid()")[0][0]))


@contextlib.contextmanager
def _as_driver_error(what: str) -> Iterator[None]:
    try:
        yield
    except DatabaseError as problem:
        raise DriverError(f"On the test bed, {what}: {problem}") from problem
