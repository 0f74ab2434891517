"""Shrinks a failing plan: fewer rows, then fewer faults, then fewer steps, then plainer values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.plan import (
    Advance,
    Create,
    DeliverWebhooks,
    Fault,
    Happen,
    Plan,
    Settle,
    Step,
    Work,
    to_json,
)

MOST = 250
"""The most replays for shrinking one failure."""


Pass = Callable[[Plan], Iterator[Plan]]
"""Takes a plan, and yields plans that are simpler in one way, the most simplified first."""


def shrink(plan: Plan, fails: Callable[[Plan], bool], most: int = MOST, first: tuple[Pass, ...] = ()) -> Plan:
    """The smallest plan found for which `fails` is true, as it is for `plan`.

    `fails` replays a plan. It is called at most `most` times, and never twice with the same plan. The passes of `first`
    are tried before the usual ones.
    """
    return _Shrinker(plan, fails, most, first).smallest()


def nearly_worn(lifecycle: Lifecycle) -> Pass:
    """A pass that starts rows at their last attempt, so that earlier turns can be left out."""
    limits = {
        status: (queue.attempts.column, queue.attempts.limit)
        for queue in lifecycle.queues
        if queue.attempts is not None and queue.attempts.limit is not None
        for status in queue.statuses
    }

    def candidates(plan: Plan) -> Iterator[Plan]:
        for place, step in enumerate(plan):
            if isinstance(step, Create) and step.status in limits and not step.columns:
                column, limit = limits[step.status]
                yield _put(plan, place, replace(step, columns={column: limit - 1}))

    return candidates


class _EnoughError(Exception):
    """The replays are used up."""


class _Shrinker:
    def __init__(self, plan: Plan, fails: Callable[[Plan], bool], most: int, first: tuple[Pass, ...]) -> None:
        self._best, self._fails, self._left = plan, fails, most
        self._passes = (*first, _without_rows, _without_faults, _shorter, _shorter_meanwhile, _plainer)
        self._asked = {_text(plan)}

    def smallest(self) -> Plan:
        """Runs the passes in turn, until a round of all passes changes nothing."""
        try:
            before: Plan = ()
            while before != self._best:
                before = self._best
                for each in self._passes:
                    self._try(each)
        except _EnoughError:
            pass
        return self._best

    def _try(self, candidates: Pass) -> None:
        """Repeat one pass: the first candidate that still fails becomes the best plan."""
        found = True
        while found:
            found = False
            for candidate in candidates(self._best):
                if self._still(candidate):
                    self._best, found = candidate, True
                    break

    def _still(self, candidate: Plan) -> bool:
        text = _text(candidate)
        if text in self._asked:
            return False
        self._asked.add(text)
        if self._left <= 0:
            raise _EnoughError
        self._left -= 1
        return self._fails(candidate)


def _text(plan: Plan) -> str:
    return json.dumps(to_json(plan), sort_keys=True)


# --- the passes: smaller plans, the boldest first --------------------------------


def _without_rows(plan: Plan) -> Iterator[Plan]:
    for label in dict.fromkeys(step.row for step in plan if isinstance(step, Create)):
        yield _without_row(plan, label)


def _without_row(steps: Sequence[Step], label: str) -> Plan:
    return tuple(
        _with_faults(step, tuple(replace(f, during=_without_row(f.during, label)) for f in _faults(step)))
        for step in steps
        if getattr(step, "row", None) != label
    )


def _without_faults(plan: Plan) -> Iterator[Plan]:
    for place, step in enumerate(plan):
        faults = _faults(step)
        for index in range(len(faults)):
            yield _put(plan, place, _with_faults(step, (*faults[:index], *faults[index + 1 :])))


def _shorter(plan: Plan) -> Iterator[Plan]:
    yield from _chunks(plan)


_T = TypeVar("_T")


def _chunks(things: tuple[_T, ...]) -> Iterator[tuple[_T, ...]]:
    """`things` without each half, then without each quarter, and so on down to one."""
    size = max(1, len(things) // 2)
    while things:
        for start in range(0, len(things), size):
            yield (*things[:start], *things[start + size :])
        if size == 1:
            return
        size //= 2


def _shorter_meanwhile(plan: Plan) -> Iterator[Plan]:
    for place, step in enumerate(plan):
        faults = _faults(step)
        for index, fault in enumerate(faults):
            for during in (*_chunks(fault.during), *_shorter_meanwhile(fault.during), *_plainer(fault.during)):
                changed = (*faults[:index], replace(fault, during=during), *faults[index + 1 :])
                yield _put(plan, place, _with_faults(step, changed))


def _plainer(plan: Plan) -> Iterator[Plan]:
    for place, step in enumerate(plan):
        for plain in _plainer_steps(step):
            yield _put(plan, place, plain)


def _plainer_steps(step: Step) -> Iterator[Step]:
    match step:
        case Create() if step.columns:
            yield replace(step, columns={})
        case Advance():
            yield from (Advance(seconds) for seconds in _rounder(step.seconds))
        case DeliverWebhooks():
            yield from (each for each in (replace(step, times=1), replace(step, reverse=False)) if each != step)
        case Work() if step.copy != 1:
            yield replace(step, copy=1)
        case Settle() if step.arrivals:
            yield replace(step, arrivals=0)  # the rounds stay: with too few, rows would be unresolved for want of turns
        case _:
            pass
    yield from _plainer_faults(step)


def _plainer_faults(step: Step) -> Iterator[Step]:
    faults = _faults(step)
    for index, fault in enumerate(faults):
        plain = [replace(fault, nth=1)] if fault.nth != 1 else []
        plain += [replace(fault, seconds=seconds) for seconds in _rounder(fault.seconds)]
        for each in plain:
            yield _with_faults(step, (*faults[:index], each, *faults[index + 1 :]))


_ROUND = (1.0, 60.0, 600.0, 3600.0, 86_400.0)


def _rounder(seconds: float) -> Iterator[float]:
    """Yields the round times that are shorter, and `seconds` rounded up to a whole number."""
    yield from (each for each in _ROUND if each < seconds)
    if seconds != round(seconds) and seconds > 1:
        yield float(int(seconds) + 1)


def _put(plan: Plan, place: int, step: Step) -> Plan:
    return (*plan[:place], step, *plan[place + 1 :])


def _faults(step: Step) -> tuple[Fault, ...]:
    return step.faults if isinstance(step, Work | Happen | DeliverWebhooks) else ()


def _with_faults(step: Step, faults: tuple[Fault, ...]) -> Step:
    return replace(step, faults=faults) if isinstance(step, Work | Happen | DeliverWebhooks) else step
