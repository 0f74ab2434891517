"""Implementations that keep every law and answer what is not so: the verdict `linearizable` alone fails them."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load
from pointsman.spec.laws import LINEARIZABLE
from pointsman_conformance.core.plan import Create, Fault, FaultKind, Happen, Plan, Point, Settle
from pointsman_conformance.drivers.in_process import InProcess, by_the_book
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.mutants.linearizable import NOT_LINEARIZABLE
from pointsman_conformance.search.campaign import Budget, play, run
from pointsman_conformance.search.judging import judge
from tests.checkout import TOP

TRANSFER = load(TOP / "spec/seller_transfer.yaml")
SPECS = sorted(path.stem for path in (TOP / "spec").glob("*.yaml"))

REFUND = Happen("1", "refund_requested", "refund_handler", "e1", {"amount": 400})
OTHER = Happen("1", "refund_requested", "webhook", "e2", {"amount": 300})
RACE = Happen(
    "1", "refund_requested", "refund_handler", "e1", {"amount": 400},
    (Fault(FaultKind.PAUSE, Point.READ_AFTER, during=(OTHER,)),),
)  # fmt: skip
"""A second refund comes between what the first one read and what it writes."""

PLANS: dict[str, Plan] = {
    "says_yes_writes_nothing": (Create("1", "completed"), REFUND, Settle()),
    "refuses_what_applies": (Create("1", "completed"), REFUND, Settle()),
    "answers_in_haste": (Create("1", "completed"), RACE, Settle()),
}


def broken(driver: InProcess, plan: Plan) -> dict[str, list[str]]:
    history, _ = play(driver, plan)
    return {v.law: [breach.says for breach in v.breaches] for v in judge(TRANSFER, history) if v.breaches}


def test_they_are_named_where_the_page_of_the_verdict_names_them_and_are_no_laws() -> None:
    assert tuple(NOT_LINEARIZABLE) == LINEARIZABLE.wrong == tuple(PLANS)
    assert not set(NOT_LINEARIZABLE) & set(WRONG)


@pytest.mark.parametrize("name", NOT_LINEARIZABLE)
def test_this_verdict_fails_them_and_no_law_does(name: str) -> None:
    found = broken(InProcess(TRANSFER, NOT_LINEARIZABLE[name].make, name=name), PLANS[name])
    assert set(found) == {"linearizable"}
    (says,) = found["linearizable"]
    assert "e1 to refund_handler" in says


@pytest.mark.parametrize("name", PLANS)
def test_in_the_same_situation_the_book_is_linearizable(name: str) -> None:
    history, _ = play(by_the_book(TRANSFER), PLANS[name])
    (verdict,) = judge(TRANSFER, history, ["linearizable"])
    assert verdict.kept
    assert dict(verdict.met) == {"linearizable/refund_requested": 1 + (name == "answers_in_haste")}


@pytest.mark.parametrize("name", NOT_LINEARIZABLE)
def test_a_search_finds_them_and_makes_the_run_small(name: str) -> None:
    wrong = NOT_LINEARIZABLE[name]
    campaign = run(TRANSFER, lambda: InProcess(TRANSFER, wrong.make), budget=Budget(steps=2_000), laws=["linearizable"])
    (failure,) = campaign.failures
    assert failure.requirement == "linearizable/refund_requested"
    assert len(failure.plan) <= 3


@pytest.mark.parametrize("spec", SPECS)
def test_guided_runs_of_the_book_raise_no_alarm(spec: str) -> None:
    lifecycle = load(TOP / f"spec/{spec}.yaml")
    for seed in range(3):
        budget = Budget(steps=400, tours=False)
        campaign = run(lifecycle, lambda: by_the_book(lifecycle), seed=seed, budget=budget, laws=["linearizable"])
        assert not campaign.failures
