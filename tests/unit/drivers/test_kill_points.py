"""Every place at which an implementation can die in a turn is found, on any driver."""

from pathlib import Path

from pointsman.loading.load import load
from pointsman_conformance.core.history import Crashed
from pointsman_conformance.core.plan import Create, FaultKind, Work
from pointsman_conformance.drivers.in_process import by_the_book
from pointsman_conformance.drivers.kill_points import kill_points
from pointsman_conformance.laws import judge

SPEC = Path(__file__).parents[3] / "spec" / "seller_transfer.yaml"


def test_each_bound_of_a_turn_gives_a_plan_that_dies_there() -> None:
    lifecycle = load(SPEC)
    driver = by_the_book(lifecycle, ["reversal_worker"])
    plans = list(kill_points(driver, (Create("1", "reversal_pending"),), Work("reversal_worker")))
    faults = [plan[1].faults[0] for plan in plans if isinstance(plan[1], Work)]
    assert len({(fault.point, fault.nth) for fault in faults}) == len(plans) >= 8
    assert {fault.kind for fault in faults} == {FaultKind.CRASH}
    for plan in plans:
        driver.begin("again")
        played = [driver.play(step) for step in plan]
        assert played[1].fired == (0,)
        assert any(isinstance(record, Crashed) for record in driver.history().records)
        assert driver.rows()["1"]["status"] == "reversed"
        assert not [breach for verdict in judge(lifecycle, driver.history()) for breach in verdict.breaches]
