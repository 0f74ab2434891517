"""What all tests share: one real PostgreSQL per run, and a fresh database per test."""

import signal
from collections.abc import Iterator

import pytest

from pointsman_conformance.postgres import Postgres, PostgresServer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres",
        type=int,
        metavar="MAJOR",
        help="major version of the PostgreSQL to test on (18 or 16 from the wheel); the newest if not given",
    )


def pytest_configure() -> None:
    """What we start must hear Ctrl-C, also where a shell started us in the background, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """A running server: a throw-away one, or the one that POINTSMAN_TEST_DSN names."""
    with Postgres.for_tests(pytestconfig.getoption("--postgres")) as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    """The DSN of a new and empty database, dropped after the test."""
    with postgres.database() as dsn:
        yield dsn
