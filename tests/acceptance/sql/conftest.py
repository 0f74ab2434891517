"""Servers of every version that migrations are proven on."""

import os
from collections.abc import Iterator

import pytest

from pointsman_conformance.postgres import OVERRIDE, Postgres, PostgresError, PostgresServer, running
from tests.toolchains import missing

BY_DSN = "dsn"


@pytest.fixture(scope="session", params=[18, 16, BY_DSN])
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """PostgreSQL 18, then 16, then the one that a DSN names: the environment's, or a third version's."""
    if request.param == BY_DSN and os.environ.get(OVERRIDE):
        yield running(os.environ[OVERRIDE])
        return
    try:
        installation = Postgres.find(15 if request.param == BY_DSN else request.param)
    except PostgresError as error:
        missing(str(error))
    with Postgres.start(installation.version) as started:
        yield running(started.maintenance) if request.param == BY_DSN else started


@pytest.fixture
def fresh(server: PostgresServer) -> Iterator[str]:
    """The DSN of a new database on `server`."""
    with server.database() as dsn:
        yield dsn
