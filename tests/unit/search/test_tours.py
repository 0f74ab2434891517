"""Tours: made from the spec without chance, and enough to reach all of it."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load
from pointsman_conformance.core.plan import Settle, from_json, to_json
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.search.campaign import Budget, run
from pointsman_conformance.search.planned import tours
from tests.unit.search.standin import SELLER, SPECS, about

QUICK = ("seller_transfer", "payout", "refund", "job_run", "export_file", "subscription")


def test_tours_are_the_same_every_time_and_end_in_health() -> None:
    first, again = tours(SELLER, about()), tours(SELLER, about())
    assert first == again
    assert all(isinstance(tour.plan[-1], Settle) for tour in first)
    assert [tour.rank for tour in first] == sorted(tour.rank for tour in first)


def test_a_tour_can_be_kept_in_a_file() -> None:
    assert all(from_json(to_json(tour.plan)) == tour.plan for tour in tours(SELLER, about()))


def test_a_driver_without_powers_is_asked_for_none() -> None:
    found = tours(SELLER, about(SELLER, "reversal_worker", capabilities=frozenset()))
    text = repr([to_json(tour.plan) for tour in found])
    assert found
    assert not any(word in text for word in ("'crash'", "'pause'", "'cut'", "'move'", "'copy'"))


@pytest.mark.parametrize("name", QUICK)
def test_everything_that_is_required_is_reached_within_the_default_budget_and_nothing_honest_fails(name: str) -> None:
    lifecycle = load(SPECS / f"{name}.yaml")
    campaign = run(lifecycle, lambda: InProcess(lifecycle), budget=Budget(until_covered=True))
    assert campaign.coverage.in_words() == ""
    assert [(failure.requirement, failure.breach.says) for failure in campaign.failures] == []
    assert campaign.complete


@pytest.mark.parametrize("role", [actor.name for actor in SELLER.actors])
def test_each_actor_alone_reaches_all_that_is_its_own(role: str) -> None:
    campaign = run(SELLER, lambda: InProcess(SELLER, roles=[role]), budget=Budget(until_covered=True))
    assert campaign.coverage.in_words() == ""
    assert not campaign.failures
