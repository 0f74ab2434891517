"""The reference service behind its adapter keeps every law, in all its roles."""

import sys
from collections.abc import Iterator

import pytest

from pointsman_conformance.core.plan import (
    Advance,
    Create,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Plan,
    Point,
    Settle,
    Work,
)
from pointsman_conformance.doctor import examine
from pointsman_conformance.drivers.adapter import Spoken
from pointsman_conformance.drivers.pipe import over_pipe
from pointsman_conformance.laws import judge
from pointsman_conformance.postgres import PostgresServer
from tests.acceptance.protocol.subjects import SELLER_TRANSFER, on_pipe
from tests.checkout import TOP
from tests.random_plans import random_plan

ADAPTER = [sys.executable, str(TOP / "examples" / "seller_transfers" / "adapter.py")]


@pytest.fixture(scope="module")
def service(postgres: PostgresServer) -> Iterator[Spoken]:
    with postgres.database() as dsn, on_pipe(dsn, ADAPTER) as driver:
        yield driver


def breaches(driver: Spoken, plan: Plan) -> list[tuple[str, str]]:
    driver.begin("a case")
    assert [played.trouble for step in plan if (played := driver.play(step)).trouble] == []
    verdicts = judge(SELLER_TRANSFER, driver.history())
    return [(verdict.law, breach.says) for verdict in verdicts for breach in verdict.breaches]


def test_the_doctor_finds_nothing(postgres: PostgresServer) -> None:
    with postgres.database() as dsn:
        found = examine(SELLER_TRANSFER, lambda: over_pipe(SELLER_TRANSFER, ADAPTER, dsn))
    assert [sign for sign in found if not sign.good] == []


def test_a_refund_that_comes_early_ends_reversed(service: Spoken) -> None:
    plan: Plan = (
        Create("1", "pending"),
        Happen("1", "refund_requested", "refund_handler", "evt_a", {"amount": 400}),
        Work("transfer_worker", faults=(Fault(FaultKind.LOST_REPLY),)),
        DeliverWebhooks(),
        Happen("1", "refund_requested", "refund_handler", "evt_a", {"amount": 400}),
        Work("reversal_worker", faults=(Fault(FaultKind.CRASH, Point.REQUEST_AFTER),)),
        Advance(700),
        DeliverWebhooks(times=2, reverse=True),
        Settle(),
    )
    assert breaches(service, plan) == []
    assert service.rows()["1"]["status"] == "reversed"
    assert service.rows()["1"]["reversal_cents"] == 400


@pytest.mark.parametrize("seed", range(4))
def test_no_law_is_broken_in_random_runs(service: Spoken, seed: int) -> None:
    plan = random_plan(SELLER_TRANSFER, seed, 15)
    assert breaches(service, plan) == []
