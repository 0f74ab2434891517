"""Drops each law in turn and says which property falls, in which world, by which story.

A law whose drop alone breaks no property is dropped in pairs with others.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing.connection import wait

from pointsman.checking.check import check, harm, worst
from pointsman.checking.explore import UNLIMITED, Exploration, Limits
from pointsman.checking.verdict import Checked, PropertyStanding, Verdict
from pointsman.spec.laws import LAWS
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.premises import DROPPABLE
from pointsman.world.build import build
from pointsman.world.scope import Scope, World, worlds_of
from pointsman.world.system import System
from pointsman.world.truths import DECLARED

_DEEPER = 4
"""After a property fell, so many more steps are explored in search of one of greater harm."""


@dataclass(frozen=True)
class Dropped:
    """The consequence of dropping one law or premise.

    `law` is the id of a law or premise, `wrong` the wrong implementation (the
    premise's own id for a premise), `beside` a second one where alone it does no
    harm. `verdict` is the property of the greatest harm that falls, in `scope`;
    None if no property fell in any world. `possible` is False if dropping the law
    adds no step to any world of this lifecycle. `unknown` names the worlds in which
    nothing fell and which were not explored to the end.
    """

    law: str
    wrong: str
    beside: str | None = None
    scope: Scope | None = None
    verdict: Verdict | None = None
    possible: bool = True
    unknown: tuple[str, ...] = ()


def judge_laws(
    lifecycle: Lifecycle,
    *,
    limits: Limits = UNLIMITED,
    pairs: bool = True,
    jobs: int = 1,
    told: Callable[[Dropped], None] | None = None,
) -> tuple[Dropped, ...]:
    """Drop every law, per wrong implementation, and every premise that a world can do without.

    Then pairs are dropped with each law that alone does no harm.
    The same answers come in the same order whatever `jobs` (processes) is.
    `told` is called with each answer as it comes.
    """
    alone = [(law.id, wrong, None) for law in LAWS for wrong in law.wrong]
    alone += [(premise.id, premise.id, None) for premise in DROPPABLE]
    found = list(_judged(lifecycle, alone, limits, jobs, told))
    if not pairs:
        return tuple(found)
    harmless = [one for one in found if one.verdict is None and one.possible and one.law != one.wrong]
    others = [one.wrong for one in found if one.possible and one.law != one.wrong]
    coupled = [(one.law, one.wrong, other) for one in harmless for other in others if other != one.wrong]
    return (*found, *_harmful_pairs(lifecycle, coupled, found, limits, jobs, told))


def _judged(
    lifecycle: Lifecycle,
    names: Sequence[tuple[str, str, str | None]],
    limits: Limits,
    jobs: int,
    told: Callable[[Dropped], None] | None,
) -> Iterator[Dropped]:
    judge = partial(_judge, lifecycle, limits)
    if jobs == 1 or len(names) < 2:
        for name in names:
            yield _tell(judge(name), told)
        return
    # Spawned, not forked: a process that has NumPy's threads must not be copied.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_prepare) as pool:
        for one in pool.map(judge, names):
            yield _tell(one, told)


def _prepare() -> None:
    """In a process of the pool: look for garbage as seldom as the command line does; end with the parent process."""
    gc.set_threshold(50_000)
    _end_with_parent()


def _end_with_parent() -> None:
    """End as soon as the parent process has ended, also when it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for, args=(parent.sentinel,), daemon=True).start()


def _wait_for(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _tell(one: Dropped, told: Callable[[Dropped], None] | None) -> Dropped:
    if told is not None:
        told(one)
    return one


def _harmful_pairs(
    lifecycle: Lifecycle,
    coupled: Sequence[tuple[str, str, str | None]],
    alone: Sequence[Dropped],
    limits: Limits,
    jobs: int,
    told: Callable[[Dropped], None] | None,
) -> Iterator[Dropped]:
    """Pairs in which the harmless law makes a difference: a worse property falls, or the same in fewer steps."""
    by_wrong = {one.wrong: one for one in alone if one.beside is None}
    for pair in _judged(lifecycle, coupled, limits, jobs, None):
        other = by_wrong[pair.beside or ""]
        if pair.verdict is not None and _is_worse(pair, other):
            yield _tell(pair, told)


def _is_worse(pair: Dropped, other: Dropped) -> bool:
    if other.verdict is None or pair.verdict is None:
        return other.verdict is None
    return harm(pair.verdict) < harm(other.verdict)


def judge_one(lifecycle: Lifecycle, law: str, wrong: str, *, limits: Limits = UNLIMITED) -> Dropped:
    """Drop one wrong implementation of a law, by itself, in one world after another until something falls.

    Raises KeyboardInterrupt after a Ctrl-C.
    """
    return _judge(lifecycle, limits, (law, wrong, None))


def _judge(lifecycle: Lifecycle, limits: Limits, name: tuple[str, str, str | None]) -> Dropped:
    """One wrong implementation, alone or beside another, in one world after another until something falls."""
    law, wrong, beside = name
    without = [wrong] if beside is None else [wrong, beside]
    unknown: list[str] = []
    possible = False
    tame: Dropped | None = None
    for scopes in family(lifecycle):
        possible_here = [scope for scope in scopes if adds_a_step(lifecycle, scope, wrong)]
        possible = possible or bool(possible_here)
        found: list[Dropped] = []
        for scope in possible_here:
            checked = check(lifecycle, scope, without, limits=limits, enough=_Enough())
            if checked.interrupted:
                raise KeyboardInterrupt
            fallen = worst(_that_hold_otherwise(lifecycle, _without_firing(checked), limits))
            if fallen is not None:
                found.append(Dropped(law, wrong, beside, scope, fallen))
            elif checked.cut:
                unknown.append(scope.world.name)
        best = min(found, key=lambda one: harm(one.verdict) if one.verdict else (0, 0), default=None)
        if best is not None and best.verdict is not None and best.verdict.prop != DECLARED.id:
            return best
        # A transition that never fires only repeats the law and is no harm: another world may show the harm.
        tame = tame or best
    return tame or Dropped(law, wrong, beside, possible=possible, unknown=tuple(dict.fromkeys(unknown)))


@lru_cache(maxsize=64)
def _falls_anyhow(lifecycle: Lifecycle, scope: Scope, limits: Limits) -> frozenset[str]:
    """The names of the properties that fall when no law is dropped."""
    verdicts = check(lifecycle, scope, limits=limits).verdicts
    return frozenset(verdict.prop for verdict in verdicts if verdict.standing is PropertyStanding.VIOLATED)


def _that_hold_otherwise(lifecycle: Lifecycle, checked: Checked, limits: Limits) -> Checked:
    if not checked.verdicts:
        return checked
    anyhow = _falls_anyhow(lifecycle, checked.scope, limits)
    return replace(checked, verdicts=tuple(one for one in checked.verdicts if one.prop not in anyhow))


def family(lifecycle: Lifecycle) -> tuple[tuple[Scope, ...], ...]:
    """The worlds in which laws are judged, the smallest first.

    Each is checked with one worker for a queue, for one attempt and for two, and the
    shorter story of the two is kept; then each with two workers.
    """
    worlds = sorted(worlds_of(lifecycle), key=_size)
    one = [tuple(Scope(1, 1, attempts, world) for attempts in ((1,) if world.arrivals else (1, 2))) for world in worlds]
    two = [(Scope(1, 2, 2, world),) for world in worlds if not world.arrivals]
    return (*one, *two)


def _size(world: World) -> int:
    return (0 if world.leg else 2) + (1 if world.amounts or world.arrivals else 0)


def adds_a_step(lifecycle: Lifecycle, scope: Scope, wrong: str) -> bool:
    """True if the wrong implementation adds a command to the honest world."""
    if any(premise.id == wrong for premise in DROPPABLE):
        return build(lifecycle, scope, [wrong]).actions != build(lifecycle, scope).actions
    return any(action.wrong == wrong for action in build(lifecycle, scope, [wrong]).actions)


class _Enough:
    """Stops an exploration some steps after a property has fallen."""

    def __init__(self) -> None:
        self._fell: int | None = None

    def __call__(self, found: Exploration, system: System) -> bool:
        fell = {system.invariants[number].prop for number in found.broken} - {DECLARED.id}
        if self._fell is None and fell:
            self._fell = found.depth
        return self._fell is not None and found.depth >= self._fell + _DEEPER


def _without_firing(checked: Checked) -> Checked:
    """The result with only the violated properties that have a story; a transition that never fires has none."""
    kept = tuple(v for v in checked.verdicts if v.story is not None and v.standing is PropertyStanding.VIOLATED)
    return replace(checked, verdicts=kept)
