"""Which cells must be reached, and why the others need not be."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load, load_text
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.search.cells import CellKind, Survey, survey
from tests.unit.search.standin import ALL, EVERYBODY, SELLER, SPECS


def names(found: Survey, sort: CellKind) -> set[str]:
    return {cell.name for cell in found.required if cell.sort is sort}


def test_an_implementation_of_every_actor_must_reach_the_whole_graph() -> None:
    found = survey(SELLER, EVERYBODY, ALL, ["due-only"])
    counts = {
        sort: len(names(found, sort))
        for sort in (CellKind.STATUS, CellKind.TRANSITION, CellKind.REFUSED, CellKind.PAIR)
    }
    assert counts == {CellKind.STATUS: 6, CellKind.TRANSITION: 7, CellKind.REFUSED: 23, CellKind.PAIR: 6}
    assert names(found, CellKind.LAW) == {"due-only"}


def test_a_reversal_worker_answers_for_its_own_leg_alone() -> None:
    found = survey(SELLER, frozenset({"reversal_worker"}), ALL)
    assert names(found, CellKind.TRANSITION) == {"reversal_pending->reversed", "reversal_pending->permanently_failed"}
    assert found.exempt["transitions: pending->completed"] == "other actors take it"
    assert found.exempt["statuses: pending"] == "no transition of these roles starts or ends there"
    assert not names(found, CellKind.EVENT)


def test_what_the_driver_cannot_do_is_not_asked_for_and_says_so() -> None:
    found = survey(SELLER, frozenset({"reversal_worker"}), frozenset({Capability.CRASHES}))
    assert not names(found, CellKind.REFUSED)
    assert "moves" in found.exempt["refused pairs: reversed->pending"]
    assert (
        found.exempt["transitions under faults: pause before reversal_pending->reversed"] == "the driver has no pauses"
    )
    assert "crash before reversal_pending->reversed" in names(found, CellKind.FAULT)


def test_nothing_is_given_up_after_a_fault_that_made_the_effect() -> None:
    found = survey(SELLER, EVERYBODY, ALL)
    assert "lost_reply before reversal_pending->reversed" in names(found, CellKind.FAULT)
    assert (
        "nothing is given up" in found.exempt["transitions under faults: lost_reply before failed->permanently_failed"]
    )


def test_a_reply_that_ends_the_leg_leads_to_no_other_transition() -> None:
    found = survey(SELLER, EVERYBODY, ALL)
    assert "refused before pending->failed" in names(found, CellKind.FAULT)
    assert "transition_not_made" not in found.exempt.get("refused before pending->failed", "")
    assert found.exempt["transitions under faults: refused before pending->completed"].startswith(
        "such a reply ends in"
    )


def test_conditions_that_exclude_each_other_make_no_pair() -> None:
    lifecycle = load(SPECS / "subscription.yaml")
    found = survey(lifecycle, frozenset(lifecycle.actor), ALL)
    assert (
        found.exempt["pairs of transitions: trialing->paused, paused->past_due"]
        == "their conditions exclude each other"
    )


def test_what_only_a_later_webhook_tells_is_required_too() -> None:
    lifecycle = load(SPECS / "payout.yaml")
    found = survey(lifecycle, frozenset({"webhook"}), ALL)
    assert "in_transit->failed" in names(found, CellKind.TRANSITION)


def test_a_spec_without_actors_is_played_by_one_actor() -> None:
    text = (
        "pointsman: 1\nlifecycle: tiny\ntable: {name: t}\nstatuses: {a: {initial: true}, b: {terminal: true}}\n"
        "transitions: [{from: a, to: b}]\n"
    )
    found = survey(load_text(text), frozenset({"anybody"}), ALL)
    assert names(found, CellKind.TRANSITION) == {"a->b"}
    assert names(found, CellKind.REFUSED) == {"b->a"}


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_cell_is_either_required_or_has_its_reason(path) -> None:  # type: ignore[no-untyped-def]  # a path
    lifecycle = load(path)
    for role in lifecycle.actors:
        found = survey(lifecycle, frozenset({role.name}), ALL)
        told = {f"{cell.sort}: {cell.name}" for cell in found.required}
        assert not told & set(found.exempt)
        assert all(why for why in found.exempt.values())


def test_a_slow_answer_is_required_only_where_one_can_be_played() -> None:
    worker = frozenset({"reversal_worker"})
    name = "slow at request.before of reversal_worker"
    assert name in names(survey(SELLER, worker, ALL), CellKind.POINT)
    quick = survey(SELLER, worker, ALL - {Capability.SLOW_ANSWERS})
    assert "--slow-answer SECONDS" in quick.exempt[f"fault points: {name}"]
