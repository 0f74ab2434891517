"""One connection to a PostgreSQL server. Only this module of the generator imports psycopg.

`connect` opens the connection. `Database.read` runs one query in a read-only
transaction of its own. `Database.execute` runs a statement outside of any
transaction, as a concurrent index build needs. No message holds a password.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from pointsman.spec.errors import PointsmanError, UsageError

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import Buffer, Loader

DatabaseValue = object
"""The value of one column in a row of a result, in psycopg's Python type for it."""

DatabaseRow = tuple[DatabaseValue, ...]

DEFAULT_VARIABLE = "DATABASE_URL"
LIBPQ_VARIABLES = ("PGSERVICE", "PGHOST", "PGHOSTADDR", "PGDATABASE")

EXTRA_MISSING = "This needs psycopg, which is not installed: pip install 'pointsman[postgres]'"


class DatabaseError(PointsmanError):
    """The database refused a statement. `sqlstate` is its five-character code, or empty."""

    def __init__(self, message: str, sqlstate: str = "") -> None:
        self.sqlstate = sqlstate
        super().__init__(message)

    @property
    def denied(self) -> bool:
        """True if the role lacks the privilege."""
        return self.sqlstate == "42501"

    @property
    def timed_out(self) -> bool:
        """True if the statement, or its wait for a lock, took too long or was cancelled."""
        return self.sqlstate in {"57014", "55P03"}

    @property
    def read_only(self) -> bool:
        """True if the server or the transaction is read-only; a hot standby is."""
        return self.sqlstate == "25006"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a statement may run, and how long it may wait for a lock. Zero means without a limit."""

    statement: timedelta = timedelta(0)
    lock: timedelta = timedelta(0)

    def settings(self) -> tuple[tuple[str, str], ...]:
        """The settings' names and values, in milliseconds."""
        return (
            ("statement_timeout", f"{self.statement // timedelta(milliseconds=1)}ms"),
            ("lock_timeout", f"{self.lock // timedelta(milliseconds=1)}ms"),
        )


class Database:
    """An open connection, without a transaction between two calls."""

    def __init__(self, connection: psycopg.Connection[DatabaseRow], timeouts: Timeouts) -> None:
        self._connection = connection
        self._timeouts = timeouts

    @property
    def version(self) -> int:
        """The server's version as one number: 180001 is 18.1."""
        return self._connection.info.server_version

    def read(
        self, query: str, parameters: Sequence[DatabaseValue] | Mapping[str, DatabaseValue] | None = None
    ) -> tuple[DatabaseRow, ...]:
        """The rows of `query`, run in a read-only transaction of its own.

        With `parameters`, ``%s`` and ``%(name)s`` stand for them and a per cent
        sign is doubled; without, the text is sent unchanged. Row security is
        switched off: the server then refuses a query if a policy would hide rows
        from it, instead of leaving these rows out. The query runs in one process,
        so that it leaves the server's other processors to the application.

        Raises:
            DatabaseError: if the server refuses, or the statement takes too long.
        """
        with self.transaction(read_only=True):
            self.execute("set local max_parallel_workers_per_gather = 0")
            return self.ask(query, parameters)

    def ask(
        self, query: str, parameters: Sequence[DatabaseValue] | Mapping[str, DatabaseValue] | None = None
    ) -> tuple[DatabaseRow, ...]:
        """The rows of `query`, run in the open transaction, or outside of any if none is open.

        Raises:
            DatabaseError: if the server refuses, or the statement takes too long.
        """
        with _translated():
            cursor = self._connection.execute(query.encode(), parameters)
            return tuple(cursor.fetchall()) if cursor.description is not None else ()

    def execute(self, statement: str) -> None:
        """Run one statement without a result, in the open transaction, or outside of any if none is open.

        Raises:
            DatabaseError: if the server refuses, or the statement takes too long.
        """
        self.ask(statement)

    def verifier(self, user: str, password: str) -> str:
        """The SCRAM-SHA-256 verifier of a role's password, for a statement that must not hold the password itself."""
        return self._connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()

    def limit_session(self, timeouts: Timeouts) -> None:
        """Set the timeouts of statements outside of a transaction, until the connection is closed."""
        for name, value in timeouts.settings():
            self.execute(f"set {name} = '{value}'")

    @contextmanager
    def transaction(self, *, read_only: bool, keep: bool = True) -> Iterator[None]:
        """Open a transaction at read committed. It is rolled back after an error, and at its end unless `keep`.

        The settings are local to the transaction: behind a pooler, other clients use the same session.
        """
        self.execute(f"begin transaction isolation level read committed, read {'only' if read_only else 'write'}")
        done = False
        try:
            for name, value in (*self._timeouts.settings(), ("row_security", "off")):
                self.execute(f"set local {name} = '{value}'")
            yield
            done = keep
        finally:
            if not self._connection.closed:
                self.execute("commit" if done else "rollback")


@contextmanager
def connect(dsn: str, *, timeouts: Timeouts | None = None) -> Iterator[Database]:
    """Connect to `dsn` (a URL or libpq's ``key=value`` words), and close the connection at the end.

    The timeouts hold in every `transaction`. Statements outside of one have the
    server's timeouts, or those of `limit_session`.

    Raises:
        UsageError: if psycopg is not installed, the text is no DSN, or no server accepts the connection.
    """
    try:
        import psycopg  # noqa: PLC0415 - an extra, which most verbs do not need
    except ImportError:
        raise UsageError(EXTRA_MISSING) from None
    words = _parsed(dsn)
    words.setdefault("connect_timeout", "10")
    words.setdefault("application_name", "pointsman")
    secrets = [words[name] for name in ("password", "sslpassword") if words.get(name)]
    try:
        # No statement is prepared: behind a pooler the next one may run in another session, which lacks it.
        opened = psycopg.connect(**words, autocommit=True, prepare_threshold=None, client_encoding="utf8")  # type: ignore[arg-type]  # words of a DSN are str
    except psycopg.Error as error:
        raise UsageError(f"Cannot connect to the database: {_one_line(str(error), secrets)}") from None
    for name, loader in _loaders_of_all_times().items():
        opened.adapters.register_loader(name, loader)
    try:
        yield Database(opened, timeouts or Timeouts())
    finally:
        opened.close()


@cache
def _loaders_of_all_times() -> Mapping[str, type[Loader]]:
    """psycopg's loaders of times, by type, which give a time that is no Python date, such as ``infinity``, as text."""
    from psycopg import DataError  # noqa: PLC0415 - an extra, which most verbs do not need
    from psycopg.adapt import Loader  # noqa: PLC0415 - the same
    from psycopg.types import datetime as types  # noqa: PLC0415 - the same

    class AsText(Loader):
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)  # type: ignore[safe-super]  # that of psycopg, which comes second below
            except DataError:
                return bytes(data).decode()

    class AnyTimestamptz(AsText, types.TimestamptzLoader): ...

    class AnyTimestamp(AsText, types.TimestampLoader): ...

    class AnyDate(AsText, types.DateLoader): ...

    return {"timestamptz": AnyTimestamptz, "timestamp": AnyTimestamp, "date": AnyDate}


def resolve_dsn(given: str | None, environment: Mapping[str, str] | None = None) -> str:
    """The DSN that `given` stands for.

    ``env:NAME`` stands for the value of that environment variable, so that no
    password is in a list of processes. None stands for ``DATABASE_URL``, or for
    the empty DSN if one of libpq's own variables, such as ``PGHOST``, is set: libpq
    then reads those. Any other text is the DSN itself.

    Raises:
        UsageError: if the variable is not set, or there is no DSN at all.
    """
    variables = os.environ if environment is None else environment
    if given is not None and not given.startswith("env:"):
        return given
    name = DEFAULT_VARIABLE if given is None else given.removeprefix("env:")
    if variables.get(name):
        return variables[name]
    if given is not None:
        raise UsageError(f"The environment has no variable {name!r} to take the DSN from.")
    if any(variables.get(variable) for variable in LIBPQ_VARIABLES):
        return ""
    raise UsageError(
        f"Which database? Give --dsn env:NAME (a variable that holds the DSN), or set {DEFAULT_VARIABLE} or PGHOST."
    )


def _parsed(dsn: str) -> dict[str, str]:
    """The DSN's words by name. libpq's message about a bad DSN quotes it with the password, so it is not passed on."""
    from psycopg import ProgrammingError  # noqa: PLC0415 - an extra
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - an extra

    scheme, is_url, rest = dsn.partition("://")
    if is_url and scheme not in {"postgresql", "postgres"}:
        raise UsageError(
            "The DSN's URL must start with postgresql:// or postgres://, without a driver's name such as +asyncpg."
        )
    before, _, _ = rest.rpartition("@")
    if is_url and ("@" in before or "/" in before):
        raise UsageError("In the DSN's URL, write @ as %40 and / as %2F in the user's name, the password and options.")
    try:
        return {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    except ProgrammingError:
        raise UsageError(
            "The DSN is neither a URL (postgresql://user@host/database) nor words such as host=... dbname=... user=..."
        ) from None


@contextmanager
def _translated() -> Iterator[None]:
    import psycopg  # noqa: PLC0415 - an extra

    try:
        yield
    except psycopg.Error as error:
        message = error.diag.message_primary or _one_line(str(error), ())
        raise DatabaseError(message, error.sqlstate or "") from error
    except UnicodeDecodeError as error:
        raise DatabaseError("The database holds bytes that are not valid in its encoding.", "22021") from error


def _one_line(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return " ".join(text.split())
