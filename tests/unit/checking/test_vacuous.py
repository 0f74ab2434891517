"""A property that nothing in the spec could break is vacuous: it does not hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.checking.check import check
from pointsman.checking.verdict import PropertyStanding
from pointsman.loading.load import load, load_text
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.scope import Scope
from pointsman.world.truths import BOUNDED, CAUSE, NOT_LOST, ONCE, RECEIPTS, RESOLVED, STUCK, TRUTH, BuiltIn
from tests.checkout import TOP

HOLDS, VACUOUS = PropertyStanding.HOLDS, PropertyStanding.VACUOUS
SELLER = load(str(TOP / "spec" / "seller_transfer.yaml"))


def standing(lifecycle: Lifecycle, prop: str) -> PropertyStanding | None:
    return check(lifecycle, Scope(workers=1, attempts=1)).standing(prop)


def without_meaning(lifecycle: Lifecycle) -> Lifecycle:
    """No status says what it means, and no transition what it needs."""
    return replace(
        lifecycle,
        statuses=tuple(replace(status, means=()) for status in lifecycle.statuses),
        transitions=tuple(replace(move, needs=()) for move in lifecycle.transitions),
    )


@pytest.mark.parametrize("prop", [ONCE, TRUTH, RECEIPTS, NOT_LOST, STUCK, RESOLVED, CAUSE, BOUNDED], ids=lambda p: p.id)
def test_every_property_of_the_seller_transfer_has_something_to_hold_for(prop: BuiltIn) -> None:
    assert standing(SELLER, prop.id) is HOLDS


def test_a_status_that_means_nothing_tells_no_truth() -> None:
    assert standing(without_meaning(SELLER), TRUTH.id) is VACUOUS


def test_giving_up_has_no_cause_to_ask_for_where_nothing_gives_up() -> None:
    assert standing(without_meaning(SELLER), CAUSE.id) is None


def test_an_event_that_is_never_kept_cannot_be_lost() -> None:
    events = tuple(replace(event, otherwise=(), keep_in=None) for event in SELLER.events)
    assert standing(replace(SELLER, events=events), NOT_LOST.id) is None


def test_nothing_waits_where_every_status_is_one_to_stay_in() -> None:
    lifecycle = load_text("""
pointsman: 1
lifecycle: order
table: {name: orders}
actors: {desk: handler}
statuses: {open: {initial: true, resting: true}, closed: {terminal: true}}
transitions:
  - {from: open, to: closed, event: close, by: desk}
""")
    assert standing(lifecycle, STUCK.id) is VACUOUS
    assert standing(lifecycle, RESOLVED.id) is VACUOUS
