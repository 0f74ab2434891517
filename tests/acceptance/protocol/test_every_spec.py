"""The protocol's driver plays any spec: the book behind it keeps every law."""

import sys
from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman_conformance.laws import judge
from pointsman_conformance.postgres import PostgresServer
from tests.acceptance.protocol.subjects import HERE, SPEC, on_pipe
from tests.random_plans import random_plan

SPECS = sorted(SPEC.parent.glob("*.yaml"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_book_behind_the_protocol_keeps_every_law(postgres: PostgresServer, spec: Path) -> None:
    lifecycle = load(spec)
    roles = ",".join(actor.name for actor in lifecycle.actors)
    command = [sys.executable, str(HERE / "book_adapter.py"), str(spec), roles]
    with postgres.database() as dsn, on_pipe(dsn, command, lifecycle) as driver:
        for seed in (8, 13):
            driver.begin(str(seed))
            troubles = [driver.play(step).trouble for step in random_plan(lifecycle, seed, 10)]
            assert [each for each in troubles if each is not None] == []
            verdicts = judge(lifecycle, driver.history())
            assert [(verdict.law, verdict.breaches[0].says) for verdict in verdicts if verdict.breaches] == [], seed
