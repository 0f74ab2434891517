"""Runs without end are found among states that stand for swapped ones if and only if all states have some."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from pointsman.checking import check as check_module
from pointsman.checking import liveness as liveness_module
from pointsman.checking import swaps
from pointsman.checking.check import check
from pointsman.checking.explore import Explorer, Limits, Reduction
from pointsman.checking.liveness import Liveness
from pointsman.loading.load import load
from pointsman.world.build import build
from pointsman.world.scope import Scope
from pointsman.world.system import (
    Const,
    Expr,
    GuardedCommand,
    LeadsTo,
    System,
    Twin,
    Twins,
    Var,
    Variable,
    both,
    eq,
    ne,
)
from tests.checkout import TOP
from tests.random_lifecycles import FAMILIES, numbered
from tests.systems import seeded_system

MOST = 30_000
DROPPED = ((), ("requests-end",), ("worker-goes-on",), ("due-rows-are-claimed",), ("time-passes",))


def explored(system: System, reduction: Reduction) -> Explorer | None:
    """The exploration of a world; None if it has more than `MOST` states."""
    explorer = Explorer(system, reduction)
    return explorer if explorer.explore(Limits(states=MOST)).complete else None


def alike(system: System) -> list[bool] | None:
    """Whether each response property falls, which swaps do not change; None if the world is too large to compare."""
    plain, swapped = explored(system, Reduction.TIDY), explored(system, Reduction.FULL)
    if plain is None or swapped is None:
        return None
    found = []
    for prop in dict.fromkeys(response.prop for response in system.responses):
        some = [response for response in system.responses if response.prop == prop]
        falls = Liveness(swapped).falls(some)
        assert falls == (Liveness(plain).breach(some[0]) is not None), (system.lifecycle, system.without, prop)
        found.append(falls)
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_random_lifecycles_with_two_rows_are_judged_alike(family: str) -> None:
    judged: list[bool] = []
    for seed in range(6):
        lifecycle, without = numbered(family, seed).lifecycle, DROPPED[seed % len(DROPPED)]
        judged += alike(build(lifecycle, Scope(2, 1 + seed % 2, 1), without)) or []
    # Most worlds of calls are too large to compare; those of these families are not, and some rows wait there for ever.
    assert family not in {"bare", "outside"} or set(judged) == {True, False}


# --- interchangeable rows and workers, drawn at random --------------------------------------------


def drawn(seed: int) -> System:
    """Two or three rows and two workers of one behaviour each, with fair groups of their own and in common."""
    random = Random(seed)  # noqa: S311 - a test that can be repeated, not a secret
    rows, tokens = range(random.choice((2, 2, 3))), (1, 2)
    row_names = [(f"r{row}_x", f"r{row}_y", f"r{row}_holder") for row in rows]
    worker_names = {token: (f"w{token}_z",) for token in tokens}
    variables = (
        *(Variable(name, ("0", "1", "2"), name, f"row {row}") for row in rows for name in row_names[row]),
        *(Variable(name, ("0", "1", "2"), name, "team") for token in tokens for name in worker_names[token]),
    )
    behaviours = [_Behaviour(random) for _ in range(random.randint(3, 6))]
    actions = tuple(
        behaviour.action(number, row, token, row_names[row], worker_names[token][0])
        for number, behaviour in enumerate(behaviours)
        for row in rows
        for token in tokens
    )
    waits = random.randrange(3)
    return System(
        "drawn",
        str(seed),
        variables,
        actions,
        responses=tuple(
            response
            for row in rows
            for response in (
                LeadsTo("leaves", ne(Var(row_names[row][0]), waits), "it never comes"),
                LeadsTo("answers", ne(Var(row_names[row][1]), 2), "it is not answered", eq(Var(row_names[row][0]), 1)),
            )
        ),
        twins=(
            Twins(
                tuple(Twin(token, worker_names[token], (f"steps of {token}",)) for token in tokens),
                tuple(names[2] for names in row_names),
            ),
        ),
        rows=tuple(row_names),
        row_groups=tuple((f"claims of {row}", f"time of {row}") for row in rows),
    )


class _Behaviour:
    """What one command does, whichever its row and its worker are."""

    def __init__(self, random: Random) -> None:
        self._asked = [(at, random.randrange(3)) for at in random.sample(range(2), random.randint(0, 2))]
        self._written = [(at, random.randrange(3)) for at in random.sample(range(2), random.randint(1, 2))]
        self._worker = random.choice((None, (random.randrange(3), random.randrange(3))))
        self._holder = random.choice(("free", "mine", "any", "any"))
        self._then = random.choice(("take", "leave", "keep", "keep"))
        self._fair = random.choice((None, "steps", "claims", "time", "all"))
        self._fault = random.choice((None, None, None, "crash"))

    def action(self, number: int, row: int, token: int, names: tuple[str, ...], own: str) -> GuardedCommand:
        """The command of one worker on one row."""
        guard: list[Expr] = [eq(Var(names[at]), value) for at, value in self._asked]
        updates: list[tuple[str, Expr]] = [(names[at], Const(value)) for at, value in self._written]
        if self._worker is not None:
            guard.append(eq(Var(own), self._worker[0]))
            updates.append((own, Const(self._worker[1])))
        if self._holder != "any":
            guard.append(eq(Var(names[2]), token if self._holder == "mine" else 0))
        if self._then != "keep":
            updates.append((names[2], Const(token if self._then == "take" else 0)))
        of = {"steps": f"steps of {token}", "claims": f"claims of {row}", "time": f"time of {row}", "all": "all"}
        fair = of[self._fair] if self._fair is not None else None
        name = f"w{token}_r{row}_{number}"
        return GuardedCommand(name, f"worker {token}", "acts", both(*guard), tuple(updates), fair, self._fault)


@pytest.mark.parametrize("first", range(0, 240, 40))
def test_random_rows_and_workers_are_judged_alike(first: int) -> None:
    judged: list[bool] = []
    for seed in range(first, first + 40):
        judged += alike(drawn(seed)) or []
    assert len(judged) > 60
    assert 4 < sum(judged) < len(judged) - 4


# --- what a swap makes of groups ------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["seller_transfer", "job_run", "payout"])
def test_a_swap_leads_to_the_representative_and_renames_the_groups_that_are_enabled(spec: str) -> None:
    system = build(load(str(TOP / "spec" / f"{spec}.yaml")), Scope(2, 2, 1))
    explorer = Explorer(system, Reduction.FULL)
    explorer.explore(Limits(states=12_000))
    names = list(dict.fromkeys(action.fair for action in system.actions if action.fair is not None))
    bits = {name: 1 << number for number, name in enumerate(names)}
    group = np.array([bits.get(action.fair or "", 0) for action in system.actions], dtype=np.uint64)
    words = explorer.settled(lambda: explorer.space.word_of(_numbers(explorer)))
    same, swaps = explorer.settled(lambda: explorer.labelled(words))
    met = set()
    for word, other, number in zip(words, same, swaps.tolist(), strict=True):
        swap = explorer.swaps[number]
        before, after = (_enabled(explorer, each, group) for each in (word, other))
        assert {swap.groups.get(name, name) for name in names if before & bits[name]} == {
            name for name in names if after & bits[name]
        }
        met.add(number)
    assert len(met) > 3


def _numbers(explorer: Explorer) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """States that are met by swapping rows: the steps out of some representatives, as they are made."""
    words = explorer.seen.order[:: max(1, len(explorer.seen) // 300)]
    targets = np.concatenate([table.moves(words, table.rows(words)).target for table in explorer.space.tables])
    chosen = np.unique(targets)[::7]
    return [field.read(chosen) for field in explorer.space.layout.fields]


def _enabled(explorer: Explorer, word: np.uint64, group: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> int:
    words = np.array([word], dtype=np.uint64)
    found = 0
    for table in explorer.space.tables:
        found |= int(table.groups_enabled(table.rows(words), group)[0])
    return found


# --- views ------------------------------------------------------------------------------------------


def test_leaving_out_steps_that_are_on_no_cycle_changes_no_verdict_and_no_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lassos() -> list[object]:
        found: list[object] = []
        for seed in range(120):
            explorer = explored(seeded_system(seed), Reduction.NONE)
            assert explorer is not None
            found += [Liveness(explorer).breach(response) for response in explorer.space.system.responses]
        return found

    plain = lassos()
    monkeypatch.setattr(liveness_module, "_WORTH_A_VIEW", 0)
    assert lassos() == plain
    assert len({lasso is None for lasso in plain}) == 2


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_random_rows_and_workers_are_judged_alike_by_views(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness_module, "_WORTH_A_VIEW", 0)
    test_random_rows_and_workers_are_judged_alike(first)


def test_a_world_of_too_many_swaps_is_judged_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    lifecycle = numbered("bare", 1).lifecycle
    before = check(lifecycle, Scope(2, 1, 1))
    monkeypatch.setattr(swaps, "MOST", 1)
    monkeypatch.setattr(check_module, "MOST", 1)
    explorer = explored(build(lifecycle, Scope(2, 1, 1)), Reduction.FULL)
    assert explorer is not None
    with pytest.raises(ValueError, match="swaps"):
        Liveness(explorer)
    after = check(lifecycle, Scope(2, 1, 1))
    assert [(one.prop, one.standing, one.steps) for one in after.verdicts] == [
        (one.prop, one.standing, one.steps) for one in before.verdicts
    ]
