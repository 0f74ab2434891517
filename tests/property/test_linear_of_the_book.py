"""What the implementation by the book answers has an order, whatever strikes; one that answers in haste has none."""

from collections.abc import Mapping

import pytest

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Transition
from pointsman_conformance.core.history import History
from pointsman_conformance.core.plan import Create, Fault, FaultKind, Happen, Plan, Point
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.linear import LinearAnswer, linearity
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.operation import Assigned, FoundRow
from tests.checkout import TOP
from tests.random_plans import random_plan

SPECS = sorted(path.stem for path in (TOP / "spec").glob("*.yaml"))
PLANS = 12


@pytest.mark.parametrize("spec", SPECS)
def test_every_row_is_linearizable_under_random_plans(spec: str) -> None:
    lifecycle = load(TOP / f"spec/{spec}.yaml")
    driver = InProcess(lifecycle)
    alarms = {}
    for seed in range(PLANS):
        for row, verdict in linearity(lifecycle, played(driver, random_plan(lifecycle, seed))).items():
            if verdict.answer is not LinearAnswer.LINEARIZABLE:
                alarms[seed, row] = verdict.says
    assert alarms == {}


class AnswersInHaste(ReferenceImplementation):
    """Says that it has applied an event, whether its write found the row or not."""

    def apply(self, row: FoundRow, way: Transition, carried: Mapping[str, Assigned]) -> Doing[str | None]:
        yield from super().apply(row, way, carried)
        return "applied"


RACE: Plan = (
    Create("1", "completed"),
    Happen(
        "1",
        "refund_requested",
        "refund_handler",
        "e1",
        {"amount": 400},
        (
            Fault(
                FaultKind.PAUSE,
                Point.READ_AFTER,
                during=(Happen("1", "refund_requested", "webhook", "e2", {"amount": 300}),),
            ),
        ),
    ),
)
"""Two refunds at once: the second one is told while the first has read the row and not written it."""


def test_the_loser_of_a_race_that_says_it_has_won_lost_an_update() -> None:
    lifecycle = load(TOP / "spec/seller_transfer.yaml")
    hasty = linearity(lifecycle, played(InProcess(lifecycle, AnswersInHaste), RACE))["1"]
    assert hasty.answer is LinearAnswer.NOT
    assert "refund_requested e1 to refund_handler" in hasty.says
    assert "lost" in hasty.says
    honest = linearity(lifecycle, played(InProcess(lifecycle), RACE))["1"]
    assert honest.answer is LinearAnswer.LINEARIZABLE


def played(driver: InProcess, plan: Plan) -> History:
    driver.begin("linear")
    for step in plan:
        driver.play(step)
    return driver.history()
