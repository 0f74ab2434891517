"""The implementation by the book keeps every law, whatever strikes, on every spec and in every role."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load
from pointsman.spec.errors import UsageError
from pointsman_conformance.core.history import History
from pointsman_conformance.core.plan import Plan
from pointsman_conformance.drivers.in_process import InProcess, by_the_book
from pointsman_conformance.mutants import WRONG
from tests.checkout import TOP
from tests.playing import failed, verdicts
from tests.random_lifecycles import FAMILIES, numbered
from tests.random_plans import random_plan

SPECS = sorted(path.stem for path in (TOP / "spec").glob("*.yaml"))
PLANS = 30


@pytest.mark.parametrize("spec", SPECS)
def test_the_book_keeps_every_law_under_random_plans(spec: str) -> None:
    lifecycle = load(TOP / f"spec/{spec}.yaml")
    driver = by_the_book(lifecycle)
    alarms = {
        seed: found
        for seed in range(PLANS)
        if (found := failed(verdicts(lifecycle, driver, random_plan(lifecycle, seed))))
    }
    assert alarms == {}


@pytest.mark.parametrize("spec", SPECS)
def test_the_book_keeps_every_law_in_one_role_while_the_kit_plays_the_others(spec: str) -> None:
    lifecycle = load(TOP / f"spec/{spec}.yaml")
    alarms = {}
    for number, actor in enumerate(lifecycle.actors):
        driver = by_the_book(lifecycle, [actor.name])
        for seed in range(1000 * number, 1000 * number + 5):
            found = failed(verdicts(lifecycle, driver, random_plan(lifecycle, seed, 15)))
            if found:
                alarms[actor.name, seed] = found
    assert alarms == {}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_implementations_are_wrong_without_breaking_down(name: str) -> None:
    lifecycle = load(TOP / "spec/seller_transfer.yaml")
    driver = InProcess(lifecycle, WRONG[name].make)
    for seed in range(5):
        verdicts(lifecycle, driver, random_plan(lifecycle, seed))


@pytest.mark.parametrize("spec", SPECS)
def test_a_plan_decides_everything(spec: str) -> None:
    lifecycle = load(TOP / f"spec/{spec}.yaml")

    def history(plan: Plan, driver: InProcess) -> History:
        driver.begin("again")
        for step in plan:
            driver.play(step)
        return driver.history()

    driver = by_the_book(lifecycle)
    for seed in range(3):
        plan = random_plan(lifecycle, seed)
        assert history(plan, driver) == history(plan, driver) == history(plan, by_the_book(lifecycle))


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "bare"])
def test_any_lifecycle_with_a_table_can_be_played_and_judged(family: str) -> None:
    """Many of these are bad specs, by which no implementation can be good: here it counts that nothing breaks down."""
    for number in range(20):
        lifecycle = numbered(family, number).lifecycle
        if lifecycle.table is not None:
            verdicts(lifecycle, by_the_book(lifecycle), random_plan(lifecycle, number))


def test_a_lifecycle_without_a_table_is_refused_with_a_reason() -> None:
    with pytest.raises(UsageError, match="no table"):
        by_the_book(numbered("bare", 0).lifecycle)
