"""What all tests share: one real PostgreSQL per run, and a fresh database per test."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis.strategies import none

from pointsman_conformance.postgres import OVERRIDE, Postgres, PostgresServer

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController  # type: ignore[import-untyped]  # it ships no types

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder with a name that cannot be guessed is made in it
ROOM = 2 << 30
"""Bytes that must be free in memory: a run needs about a fifth of it."""
NOEXEC = getattr(os, "ST_NOEXEC", 0)
"""The flag of a file system on which no program may be run."""

SHARED = "postgres"
"""The key under which a worker process of xdist is told of the server that all of them share."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres",
        type=int,
        metavar="MAJOR",
        help="major version of the PostgreSQL to test on (18 or 16 from the wheel); the newest if not given",
    )


def pytest_configure(config: pytest.Config) -> None:
    """What we start must hear Ctrl-C, also where a shell started us in the background, deaf to it."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no test multiplies matrices: for workers and what tests start
    gc.disable()  # while tests are imported and collected, nearly nothing becomes garbage
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        _keep_temporary_files_in_memory(config)
    if config.getoption("dist", "no") != "no":  # the process that starts the workers of xdist, and runs no test
        config.pluginmanager.register(_OneServer(config.getoption("--postgres")))
    else:
        gc.disable()  # until all is collected: little of it is garbage


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and not among what was collected: it takes a tenth of the time of a run otherwise."""
    _meet_hypothesis()
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


def _meet_hypothesis() -> None:
    """Let Hypothesis register its random source: the oldest version that we promise cannot once it is frozen."""

    @settings(database=None, max_examples=1)
    @given(none())
    def once(_: None) -> None:
        """Nothing is tested here."""

    once()


def _keep_temporary_files_in_memory(config: pytest.Config) -> None:
    """Let servers make their clusters in memory where there is room: on a disk, each database costs ten times as much.

    The folders that pytest gives to tests stay where they were.
    """
    if "TMPDIR" in os.environ or not _has_room(MEMORY):
        return
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="pointsman-tests-", dir=MEMORY))
    folder.chmod(0o711)  # the user that runs a server for root has to enter it
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["TMPDIR"] = str(folder)  # for what tests start; worker processes of xdist read it when they start
    tempfile.tempdir = None


def _has_room(place: Path) -> bool:
    try:
        found = os.statvfs(place)
    except OSError:
        return False
    return os.access(place, os.W_OK) and not found.f_flag & NOEXEC and found.f_bavail * found.f_frsize > ROOM


class _OneServer:
    """Starts one server for all worker processes of xdist, and stops it when the run is over."""

    def __init__(self, version: int | None) -> None:
        self._version = version
        self._open = contextlib.ExitStack()
        self._server: PostgresServer | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        if os.environ.get(OVERRIDE):
            return
        if self._server is None:
            self._server = self._open.enter_context(Postgres.start(self._version))
        server = self._server
        node.workerinput[SHARED] = (server.maintenance, server.version, server.socket and str(server.socket))

    def pytest_unconfigure(self) -> None:
        self._open.close()


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """A running server: a throw-away one that all worker processes share, or the one that POINTSMAN_TEST_DSN names."""
    if shared := getattr(pytestconfig, "workerinput", {}).get(SHARED):
        maintenance, version, socket = shared
        yield PostgresServer(maintenance, version, socket and Path(socket), ours=True)
        return
    with Postgres.for_tests(pytestconfig.getoption("--postgres")) as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    """The DSN of a new and empty database, dropped after the test."""
    with postgres.database() as dsn:
        yield dsn


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A new folder, short enough for unix sockets, that the server's user can enter; pytest's are closed to others.

    It is in memory if the other temporary files are: a cluster on a disk costs several times as much.
    """
    usual = Path(tempfile.gettempdir())
    parent = usual if usual.is_relative_to(MEMORY) else Path("/tmp")  # noqa: S108 - the name cannot be guessed
    folder = Path(tempfile.mkdtemp(prefix="pm-", dir=parent))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
