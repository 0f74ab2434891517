"""One connection to a PostgreSQL: the only importer of psycopg in the generator.

`connect` opens it, `Database.read` asks one question in a transaction of its
own that cannot write, and `Database.execute` changes something outside of any
transaction, which is what a concurrent index build needs. No message ever holds
a password.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pointsman.spec.errors import PointsmanError, UsageError

if TYPE_CHECKING:
    import psycopg

DatabaseValue = object
"""What a column of an answer holds: psycopg's Python value for its type."""

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
        """The role may not do this."""
        return self.sqlstate == "42501"

    @property
    def timed_out(self) -> bool:
        """The statement, or its wait for a lock, was cut short."""
        return self.sqlstate in {"57014", "55P03"}

    @property
    def read_only(self) -> bool:
        """The server or the transaction cannot write; a hot standby says so too."""
        return self.sqlstate == "25006"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a statement may run, and how long it may wait for a lock. Zero: for ever."""

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
        """The rows that `query` answers, asked in a short transaction that cannot write.

        With `parameters`, ``%s`` and ``%(name)s`` stand for them and a per cent
        sign is doubled; without, the text is sent as it is. Row security is
        switched off, which makes the server refuse a query whose rows a policy
        would hide, where it would otherwise answer with fewer. One process answers:
        whoever only looks should not take every processor from those who work.

        Raises:
            DatabaseError: when the server refuses, or time runs out.
        """
        with self.transaction(read_only=True):
            self.execute("set local max_parallel_workers_per_gather = 0")
            return self.ask(query, parameters)

    def ask(
        self, query: str, parameters: Sequence[DatabaseValue] | Mapping[str, DatabaseValue] | None = None
    ) -> tuple[DatabaseRow, ...]:
        """The rows that `query` answers, in the transaction that is open, or in none."""
        with _translated():
            cursor = self._connection.execute(query.encode(), parameters)
            return tuple(cursor.fetchall()) if cursor.description is not None else ()

    def execute(self, statement: str) -> None:
        """Run one statement that answers nothing, in the transaction that is open, or in none."""
        self.ask(statement)

    def limit_session(self, timeouts: Timeouts) -> None:
        """Set the timeouts of statements outside of a transaction, for as long as the connection lives."""
        for name, value in timeouts.settings():
            self.execute(f"set {name} = '{value}'")

    @contextmanager
    def transaction(self, *, read_only: bool, keep: bool = True) -> Iterator[None]:
        """One transaction, at read committed. It is undone at an error, and at its end unless `keep`.

        Its settings are local to it: behind a pooler the session belongs to others.
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
    """Open `dsn` (a URL or libpq's ``key=value`` words) and close it at the end.

    The timeouts hold in every `transaction`; what runs outside of one has the
    server's, or those of `limit_session`.

    Raises:
        UsageError: psycopg is not installed, the text is no DSN, or nobody answers there.
    """
    try:
        import psycopg  # noqa: PLC0415 - an extra; most verbs never need it
    except ImportError:
        raise UsageError(EXTRA_MISSING) from None
    words = _parsed(dsn)
    words.setdefault("connect_timeout", "10")
    words.setdefault("application_name", "pointsman")
    secrets = [words[name] for name in ("password", "sslpassword") if words.get(name)]
    try:
        # Nothing is prepared: behind a pooler the next statement may meet another session.
        opened = psycopg.connect(**words, autocommit=True, prepare_threshold=None, client_encoding="utf8")  # type: ignore[arg-type]  # words of a DSN are str
    except psycopg.Error as error:
        raise UsageError(f"Cannot connect to the database: {_one_line(str(error), secrets)}") from None
    try:
        yield Database(opened, timeouts or Timeouts())
    finally:
        opened.close()


def resolve_dsn(given: str | None, environment: Mapping[str, str] | None = None) -> str:
    """The DSN that `given` means.

    ``env:NAME`` is what the variable holds, so that no password shows in a list
    of processes. None is ``DATABASE_URL``, or libpq's own variables (``PGHOST``
    and its kin) where one of them is set. Everything else is the DSN itself.

    Raises:
        UsageError: the variable is not set, or there is no DSN at all.
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
    """The DSN's words by name. What libpq says of a bad one quotes it, password and all: so it is not passed on."""
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
