"""Representatives of states: rows, workers that hold them and dead variables, drawn at random, against every swap."""

from collections.abc import Iterator
from itertools import permutations, product
from random import Random

import pytest

from pointsman.checking import rewriting
from pointsman.checking.explore import Explorer, Reduction
from pointsman.world.system import (
    Const,
    Expr,
    GuardedCommand,
    Invariant,
    System,
    Tidy,
    Twin,
    Twins,
    Var,
    Variable,
    both,
    eq,
    ne,
)
from tests import naive_system

WIDE = 31
"""Variables of two values that make a row too wide for one part."""


def _variable(name: str, size: int, part: str) -> Variable:
    return Variable(name, tuple(map(str, range(size))), name, part)


def rows_and_workers(seed: int, rows: int = 2, *, padding: int = 0) -> System:
    """Rows that one of two workers may hold; a worker of phase 0 is idle. Commands are drawn, alike for all."""
    random = Random(seed)  # noqa: S311 - a test that can be repeated, not a secret
    own = [
        [f"r{row}_x", f"r{row}_holder", *(f"r{row}_pad{n}" for n in range(padding)), f"r{row}_y"] for row in range(rows)
    ]
    sizes = [3, 3, *([4] * padding), 2]
    variables = [
        _variable(name, size, f"row {row}") for row in range(rows) for name, size in zip(own[row], sizes, strict=True)
    ]
    names = [(f"w{token}_phase", f"w{token}_row") for token in (1, 2)]
    for token in (1, 2):
        variables += [_variable(f"w{token}_phase", 3, "team"), _variable(f"w{token}_row", rows, "team")]
    drawn = [(random.randrange(3), random.randrange(3), random.randrange(3), random.randrange(2)) for _ in range(6)]
    actions = []
    for row, token in product(range(rows), (1, 2)):
        x, holder = Var(f"r{row}_x"), Var(f"r{row}_holder")
        phase, mine = f"w{token}_phase", both(eq(Var(f"w{token}_row"), row), ne(Var(f"w{token}_phase"), 0))
        take: list[tuple[str, Expr]] = [
            (phase, Const(1)),
            (f"w{token}_row", Const(row)),
            (f"r{row}_holder", Const(token)),
        ]
        actions.append(_command(f"takes_{row}_{token}", both(eq(Var(phase), 0), eq(holder, 0)), take))
        drop: list[tuple[str, Expr]] = [(phase, Const(0)), (f"w{token}_row", Const(0))]
        actions.append(_command(f"drops_{row}_{token}", mine, drop))
        free: list[tuple[str, Expr]] = [(f"r{row}_holder", Const(0))]
        actions.append(_command(f"frees_{row}_{token}", both(eq(holder, token), eq(x, 2)), free))
        for number, (now, then, later, other) in enumerate(drawn):
            step: list[tuple[str, Expr]] = [
                (f"r{row}_x", Const(then)),
                (phase, Const(1 + later % 2)),
                (f"r{row}_y", Const(other)),
            ]
            actions.append(_command(f"acts_{row}_{token}_{number}", both(mine, eq(x, now)), step))
    tidies = tuple(
        Tidy(eq(Var(f"r{row}_x"), 2), ((f"r{row}_y", Const(0)),), "y is read no more") for row in range(rows)
    )
    unread = Invariant("both", both(*(eq(Var(f"r{row}_x"), 1) for row in range(rows))), "all are one")
    held = Invariant("held", both(eq(Var("r0_holder"), 1), eq(Var("r0_x"), 2)), "it is held")
    holders = tuple(f"r{row}_holder" for row in range(rows))
    return System(
        "rows", "random", tuple(variables), tuple(actions), (unread, held), tidies=tidies,
        twins=(Twins(tuple(Twin(token, names[token - 1]) for token in (1, 2)), holders),),
        rows=tuple(map(tuple, own)), row_pointers=("w1_row", "w2_row"),
    )  # fmt: skip


def _command(name: str, guard: Expr, updates: list[tuple[str, Expr]]) -> GuardedCommand:
    return GuardedCommand(name, "worker", "acts", guard, tuple(updates))


def orbits(system: System, states: Iterator[tuple[int, ...]]) -> int:
    """How many states there are when dead variables and who is who do not count: every swap is tried."""
    at = {name: place for place, name in enumerate(system.variable)}
    rows, found = range(len(system.rows)), set()
    for state in states:
        value = dict(zip(at, state, strict=True))
        for row in rows:
            value[f"r{row}_y"] *= value[f"r{row}_x"] != 2
        alike = []
        for order, (one, two) in product(permutations(rows), ((1, 2), (2, 1))):
            new = dict(value)
            for to, source in enumerate(order):
                for mine, theirs in zip(system.rows[to], system.rows[source], strict=True):
                    new[mine] = value[theirs]
                new[f"r{to}_holder"] = (0, one, two)[value[f"r{source}_holder"]]
            for token, other in ((1, one), (2, two)):
                new[f"w{other}_phase"] = value[f"w{token}_phase"]
                new[f"w{other}_row"] = order.index(value[f"w{token}_row"]) if value[f"w{token}_phase"] else 0
            alike.append(tuple(new.values()))
        found.add(min(alike))
    return len(found)


def agrees(system: System) -> int:
    """The states that swaps save. The others are as many as there are classes, and what falls does so as early."""
    plain = naive_system.explore(system)
    explorer = Explorer(system, Reduction.FULL)
    found = explorer.explore()
    assert found.complete
    assert len(explorer.seen) == orbits(system, iter(plain.states))
    depths = [naive_system.shortest_break(plain, invariant) for invariant in system.invariants]
    assert (found.broken[0].depth if 0 in found.broken else None) == depths[0]
    return len(plain.states) - len(explorer.seen)


@pytest.mark.parametrize("first", range(0, 12, 4))
def test_rows_and_workers_that_hold_them_count_once_under_every_swap(first: int) -> None:
    assert sum(agrees(rows_and_workers(seed)) for seed in range(first, first + 4)) > 0


def test_three_rows_count_once_in_every_order() -> None:
    assert sum(agrees(rows_and_workers(seed, rows=3)) for seed in (4, 12, 16)) > 0


def test_rows_that_take_two_parts_each_are_swapped_in_both() -> None:
    system = rows_and_workers(3, padding=WIDE)
    assert len(Explorer(system, Reduction.FULL).space.parts) > len(system.rows) + 1
    assert agrees(system) > 0


@pytest.mark.parametrize("most", [0, 1 << 16])
def test_the_same_states_count_where_combinations_are_computed_only_as_they_are_met(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting, "_MOST", most)
    monkeypatch.setattr(rewriting, "_DENSE_BITS", 0 if most == 0 else 20)
    assert sum(agrees(rows_and_workers(seed)) for seed in (2, 5)) > 0


def test_rows_of_unlike_variables_are_refused() -> None:
    variables = (_variable("a", 2, "a"), _variable("b", 3, "b"))
    system = System("unlike", "by hand", variables, (), rows=(("a",), ("b",)))
    with pytest.raises(ValueError, match="like variables"):
        Explorer(system, Reduction.FULL)
