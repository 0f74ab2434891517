"""Reduced explorations judge as plain ones do: random lifecycles in several scopes, random interchangeable workers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from random import Random

import pytest

from pointsman.checking.check import check
from pointsman.checking.explore import Explorer, Limits, Reduction
from pointsman.checking.verdict import Checked, PropertyStanding, VerdictKind
from pointsman.spec.premises import DROPPABLE
from pointsman.world.scope import ARRIVALS, Scope
from pointsman.world.system import (
    Const,
    Expr,
    GuardedCommand,
    Invariant,
    Less,
    System,
    Twin,
    Twins,
    Var,
    Variable,
    both,
    eq,
)
from tests import naive_system
from tests.random_lifecycles import FAMILIES, numbered

SCOPES = (Scope(1, 1, 1), Scope(1, 2, 1), Scope(2, 1, 1), Scope(1, 1, 2), Scope(1, 1, 1, ARRIVALS))
MOST = 40_000
PER_FAMILY = 25
FEW = 2_000
WITHOUT_A_PREMISE = 4


@pytest.mark.parametrize("family", FAMILIES)
def test_random_lifecycles_are_judged_alike_with_and_without_reduction(family: str) -> None:
    compared, fallen = 0, 0
    for seed in range(PER_FAMILY):
        lifecycle, scope = numbered(family, seed).lifecycle, SCOPES[seed % len(SCOPES)]
        plain = check(lifecycle, scope, limits=Limits(states=MOST), reduce=False)
        if plain.cut:
            continue
        reduced = check(lifecycle, scope)
        assert verdicts(reduced) == verdicts(plain), f"{family} {seed}, {scope}"
        assert reduced.states <= plain.states
        compared += 1
        fallen += PropertyStanding.VIOLATED in {verdict.standing for verdict in plain.verdicts}
    assert compared > PER_FAMILY // 2
    assert fallen


@pytest.mark.parametrize("premise", [one.id for one in DROPPABLE if not one.fairness])
def test_worlds_without_a_premise_are_judged_alike_with_and_without_reduction(premise: str) -> None:
    compared = 0
    for family in ("one_call", "two_calls"):
        for seed in range(WITHOUT_A_PREMISE):
            lifecycle, scope = numbered(family, seed).lifecycle, SCOPES[seed % 2]
            plain = check(lifecycle, scope, [premise], limits=Limits(states=FEW), reduce=False)
            if not plain.cut:
                assert verdicts(check(lifecycle, scope, [premise])) == verdicts(plain), f"{family} {seed}, {scope}"
                compared += 1
    assert compared > 1


def verdicts(checked: Checked) -> dict[str, tuple[PropertyStanding, int | None]]:
    """How each property came out, and how long the shortest story of a safety property is."""
    return {
        verdict.prop: (verdict.standing, None if verdict.kind is VerdictKind.LIVENESS else verdict.steps)
        for verdict in checked.verdicts
    }


# --- interchangeable workers ---------------------------------------------------------


def workers(seed: int) -> System:
    """Two or three workers of one behaviour, drawn at random, around a row that one of them may hold."""
    random = Random(seed)  # noqa: S311 - a test that can be repeated, not a secret
    tokens = range(1, random.choice((2, 3)) + 1)
    names = {token: (f"w{token}_x", f"w{token}_y") for token in tokens}
    team = [_variable(name, 3, f"team {name[-1]}") for token in tokens for name in names[token]]
    variables = (_variable("status", 3, "row"), _variable("holder", len(tokens) + 1, "row"), *team)
    drawn = [_Drawn(random) for _ in range(random.randint(5, 9))]
    actions = tuple(each.action(number, token) for number, each in enumerate(drawn) for token in tokens)
    held = both(eq(Var("status"), random.randrange(1, 3)), Less(Const(0), Var("holder")))
    return System(
        "workers",
        "random",
        variables,
        actions,
        (Invariant("free", held, "it is held"), Invariant("open", eq(Var("status"), 2), "it is two")),
        twins=(Twins(tuple(Twin(token, names[token]) for token in tokens), ("holder",)),),
    )


def _variable(name: str, size: int, part: str) -> Variable:
    return Variable(name, tuple(map(str, range(size))), name, part)


class _Drawn:
    """What one command does, whichever worker it is."""

    def __init__(self, random: Random) -> None:
        self._asked = [
            (name, random.randrange(3)) for name in random.sample(("x", "y", "status"), random.randint(0, 2))
        ]
        self._written = [
            (name, random.randrange(3)) for name in random.sample(("x", "y", "status"), random.randint(1, 2))
        ]
        self._holder = random.choice(("free", "mine", "any", "any"))
        self._then = random.choice(("take", "leave", "keep", "keep"))

    def action(self, number: int, token: int) -> GuardedCommand:
        """The command of one worker."""
        own = {"x": f"w{token}_x", "y": f"w{token}_y", "status": "status"}
        guard: list[Expr] = [eq(Var(own[name]), value) for name, value in self._asked]
        if self._holder != "any":
            guard.append(eq(Var("holder"), token if self._holder == "mine" else 0))
        updates: list[tuple[str, Expr]] = [(own[name], Const(value)) for name, value in self._written]
        if self._then != "keep":
            updates.append(("holder", Const(token if self._then == "take" else 0)))
        return GuardedCommand(f"w{token}_{number}", f"worker {token}", "acts", both(*guard), tuple(updates))


def orbits(system: System, states: Iterator[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """One state for each class of states that only differ by who is who."""
    (group,) = system.twins
    at = {name: place for place, name in enumerate(system.variable)}
    found = set()
    for state in states:
        alike = []
        for order in permutations(group.twins):
            new = list(state)
            for to, source in zip(group.twins, order, strict=True):
                for mine, theirs in zip(to.names, source.names, strict=True):
                    new[at[mine]] = state[at[theirs]]
                if state[at["holder"]] == source.token:
                    new[at["holder"]] = to.token
            alike.append(tuple(new))
        found.add(min(alike))
    return found


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_interchangeable_workers_are_explored_once_and_nothing_falls_later_or_never(first: int) -> None:
    reduced = 0
    for seed in range(first, first + 50):
        system = workers(seed)
        plain = naive_system.explore(system)
        explorer = Explorer(system, Reduction.FULL)
        found = explorer.explore()
        assert len(explorer.seen) == len(orbits(system, iter(plain.states)))
        for number, invariant in enumerate(system.invariants):
            met = found.broken.get(number)
            assert (met and met.depth) == naive_system.shortest_break(plain, invariant)
        reduced += len(explorer.seen) < len(plain.states)
    assert reduced > 20
