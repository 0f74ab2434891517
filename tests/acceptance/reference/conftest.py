"""The three reversal workers that are right, each in a shop of its own, and the service as a whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pointsman_conformance.postgres import PostgresServer
from tests.acceptance.reference.shop import EXAMPLES, SERVICE, Shop, opened
from tests.toolchains import need


@pytest.fixture(scope="session")
def go_worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go worker, built."""
    go = need("go")
    program = tmp_path_factory.mktemp("go") / "reversal_worker"
    subprocess.run([go, "build", "-o", str(program), "."], cwd=EXAMPLES / "go_reversal_worker", check=True)
    return program


@pytest.fixture(scope="module", params=["service", "odd", "go"])
def command(request: pytest.FixtureRequest) -> Sequence[str]:
    """How to start a reversal worker."""
    if request.param == "service":
        return [sys.executable, "-m", "service", "reversal_worker"]
    if request.param == "odd":
        return [sys.executable, str(SERVICE / "odd_worker.py")]
    program: Path = request.getfixturevalue("go_worker")
    return [str(program)]


@pytest.fixture(scope="module")
def shop(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, command: Sequence[str]) -> Iterator[Shop]:
    """A shop where a reversal worker is at work all the time."""
    log = tmp_path_factory.mktemp("shop") / "log.txt"
    with postgres.database() as dsn, opened(dsn, log) as shop:
        shop.start(command)
        yield shop


@pytest.fixture
def empty_shop(database: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop of the test's own, without a running worker."""
    with opened(database, tmp_path / "log.txt") as shop:
        yield shop


@pytest.fixture(scope="module")
def service(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with the whole service at work."""
    log = tmp_path_factory.mktemp("service") / "log.txt"
    with postgres.database() as dsn, opened(dsn, log) as shop:
        shop.start_service("all")
        shop.listening()
        yield shop
