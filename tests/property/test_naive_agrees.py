"""The builder of worlds and the explorer agree with a world that was written by hand, on random small lifecycles.

A few hundred lifecycles are compared unless `POINTSMAN_LIFECYCLES` says how many
of each family.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pointsman.checking.check import check
from pointsman.checking.explore import Explorer, Limits, Reduction
from pointsman.checking.verdict import Checked, PropertyStanding, VerdictKind
from pointsman.spec.lifecycle import CallResult, ClaimBy, NextStep
from pointsman.spec.premises import DROPPABLE
from pointsman.world.build import build
from pointsman.world.scope import ARRIVALS, DEFAULT, FOREIGN, PARTIAL, Scope, worlds_of
from tests.naive_world import World, explore
from tests.random_lifecycles import FAMILIES, Numbered, numbered

LONG = os.environ.get("POINTSMAN_LIFECYCLES")
USUAL = {
    "bare": 60, "outside": 60, "callless": 60, "one_call": 80, "two_calls": 40, "races": 40, "mixed": 40,
    "shortcuts": 80, "alike": 40, "whens": 80, "replies": 20, "amounts": 40, "locks": 40, "premises": 60,
}  # fmt: skip
BLOCK = 20
MOST = 6000 if LONG else 2000
"""Lifecycles with more states than this are not compared: the world by hand is slow."""

RACE = Scope(1, 2, 1)
SCOPES = (Scope(1, 1, 1), Scope(1, 1, 2), RACE, Scope(2, 1, 1), Scope(1, 1, 1, ARRIVALS), Scope(1, 1, 1, FOREIGN))

SCOPES_OF = {"races": (RACE,), "amounts": (Scope(1, 1, 1, PARTIAL), Scope(1, 1, 2, PARTIAL), Scope(1, 1, 1))}
"""Families whose scopes are others: workers that race, and parts of amounts."""


@dataclass(frozen=True)
class Judged:
    """What exploring came to: what fell, and in how many steps; what is reached, what is never answered, what fires.

    That something is not reached is told in the worlds alone that leave nothing out.
    """

    broken: dict[str, int]
    reached: dict[str, int | None]
    unanswered: set[str]
    fired: set[int]


def blocks() -> Iterator[tuple[str, int]]:
    for family in FAMILIES:
        yield from ((family, first) for first in range(0, int(LONG or USUAL[family]), BLOCK))


@pytest.mark.parametrize(("family", "first"), list(blocks()))
def test_a_world_is_what_the_page_about_it_says(family: str, first: int) -> None:
    compared = 0
    for seed in range(first, first + BLOCK):
        scopes = SCOPES_OF.get(family, SCOPES)
        scope = scopes[seed % len(scopes)]
        found = differences(numbered(family, seed), scope)
        compared += found is not None
        assert not found, f"{family} {seed}, {scope}\n{numbered(family, seed).text}"
    assert compared > 0


DIFFERED = (("replies", 54), ("replies", 158), ("replies", 170), ("replies", 203), ("whens", 201))
"""Lifecycles beyond the usual ones in which the two have differed, when thousands were compared."""


@pytest.mark.parametrize(("family", "seed"), DIFFERED)
def test_what_has_differed_once_agrees(family: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "MOST", 7000)
    assert differences(numbered(family, seed), SCOPES[seed % len(SCOPES)]) == {}


@pytest.mark.parametrize("family", ["one_call", "two_calls", "mixed"])
def test_the_world_of_a_leg_is_what_the_page_about_it_says(family: str) -> None:
    compared = 0
    for seed in range(int(LONG or 8)):
        one = numbered(family, seed)
        for leg in (world for world in worlds_of(one.lifecycle) if world.leg is not None and not world.amounts):
            found = differences(one, Scope(1, 1, 1, leg))
            compared += found is not None
            assert not found, f"{family} {seed}, {leg.name}\n{one.text}"
    assert compared > 0


def features(one: Numbered) -> Iterator[str]:
    """What a lifecycle has of that which the world by hand is to cover."""
    lifecycle = one.lifecycle
    carried = {column for event in lifecycle.events for column, _ in event.carries}
    has = {
        "row lock": lifecycle.claims is not None and lifecycle.claims.by is ClaimBy.LOCK,
        "no lease": lifecycle.claims is not None and lifecycle.claims.lease is None,
        "amount of an event": any(call.amount in carried for call in lifecycle.calls),
        "condition": any(move.when is not None for move in lifecycle.transitions),
        "kept event": any(event.keep_in is not None for event in lifecycle.events),
        "webhook": any(call.webhooks for call in lifecycle.calls),
        "look-up": any(call.look_up is not None for call in lifecycle.calls),
        "key's age": any(call.key_first_used is not None for call in lifecycle.calls),
        "two calls": len(lifecycle.calls) > 1,
        "exhausted": any(
            name is CallResult.EXHAUSTED and not isinstance(answer, NextStep)
            for queue in lifecycle.queues
            for name, answer in queue.then
        ),
        "queue without a call": any(queue.call is None for queue in lifecycle.queues),
        f"without {one.without}": one.without is not None,
    }
    return (name for name, so in has.items() if so)


def test_the_lifecycles_that_are_compared_have_all_that_the_page_speaks_of() -> None:
    drawn = Counter(
        name for family in FAMILIES for seed in range(USUAL[family]) for name in features(numbered(family, seed))
    )
    wanted = {
        "row lock", "no lease", "amount of an event", "condition", "kept event", "webhook", "look-up", "key's age",
        "two calls", "exhausted", "queue without a call",
    }  # fmt: skip
    assert {name for name in wanted if drawn[name] < 20} == set()
    assert {premise.id for premise in DROPPABLE if drawn[f"without {premise.id}"] < 3} == set()


def differences(one: Numbered, scope: Scope) -> dict[str, object] | None:
    """Where the two differ; None where there are too many states to compare."""
    world = World(
        one.lifecycle,
        scope.rows,
        scope.workers,
        scope.attempts,
        scope.world.arrivals,
        scope.world.foreign,
        scope.world.leg,
        scope.world.amounts,
        frozenset([one.without] if one.without else ()),
    )
    whole = check(one.lifecycle, scope, world.without, reduce=False, limits=Limits(states=MOST))
    if whole.cut or not world.is_followed_throughout:
        return None
    by_hand = explore(world)
    everything = scope.world in (DEFAULT, PARTIAL)
    reached = {prop: steps for prop, steps in by_hand.reached().items() if steps is not None or everything}
    mine = Judged(by_hand.broken(), reached, by_hand.never_answered(), by_hand.fired())
    pairs: dict[str, tuple[object, object]] = {
        "states": (len(by_hand.depth), whole.states),
        "transitions": (by_hand.transitions, whole.transitions),
        "unreduced": (mine, judged(one, whole)),
        "reduced": (mine, judged(one, check(one.lifecycle, scope, world.without))),
        "workers in order": (mine.broken, in_order(one, scope, mine)),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def judged(one: Numbered, checked: Checked) -> Judged:
    """The same of what the checker found."""
    fallen = [verdict for verdict in checked.verdicts if verdict.standing is PropertyStanding.VIOLATED]
    own = {prop.name for prop in one.lifecycle.properties}
    return Judged(
        {v.prop: v.steps or 0 for v in fallen if v.kind is VerdictKind.SAFETY},
        {v.prop: v.steps for v in checked.verdicts if v.kind is VerdictKind.REACHABILITY and v.prop in own},
        {v.prop for v in fallen if v.kind is VerdictKind.LIVENESS},
        set(range(len(one.lifecycle.transitions))) - set(checked.blocked),
    )


def in_order(one: Numbered, scope: Scope, mine: Judged) -> dict[str, int]:
    """What falls, and in how many steps, where workers and rows are put in order too."""
    system = build(one.lifecycle, scope, [one.without] if one.without else ())
    explorer = Explorer(system, Reduction.FULL)
    found = explorer.explore()
    fallen: dict[str, int] = {"no-deadlock": found.stuck.depth} if found.stuck is not None else {}
    for number, met in found.broken.items():
        prop = system.invariants[number].prop
        fallen[prop] = min(met.depth, fallen.get(prop, met.depth))
    return fallen
