"""A second event that comes while one is kept: lost if it may be another one."""

from __future__ import annotations

from dataclasses import replace

from pointsman.checking.check import check
from pointsman.checking.verdict import PropertyStanding
from pointsman.loading.load import load
from pointsman.spec.lifecycle import Delivery, Event, Lifecycle
from pointsman.world.scope import Scope
from pointsman.world.truths import NOT_LOST
from tests.checkout import TOP

SELLER = load(str(TOP / "spec" / "seller_transfer.yaml"))
REFUND = SELLER.event["refund_requested"]
HOLDS, VIOLATED = PropertyStanding.HOLDS, PropertyStanding.VIOLATED


def with_event(event: Event) -> Lifecycle:
    return replace(SELLER, events=tuple(event if one.name == event.name else one for one in SELLER.events))


def standing(event: Event) -> PropertyStanding | None:
    return check(with_event(event), Scope(workers=1, attempts=1)).standing(NOT_LOST.id)


def test_another_event_that_brings_values_is_lost_while_one_is_kept() -> None:
    assert standing(replace(REFUND, while_kept=None)) is VIOLATED


def test_an_event_that_is_said_to_be_the_same_is_not_lost() -> None:
    assert standing(REFUND) is HOLDS


def test_an_event_that_comes_once_has_no_second_one() -> None:
    assert standing(replace(REFUND, while_kept=None, delivery=Delivery.AT_MOST_ONCE)) is HOLDS


def test_an_event_that_carries_nothing_is_always_the_same() -> None:
    assert standing(replace(REFUND, while_kept=None, carries=())) is HOLDS
