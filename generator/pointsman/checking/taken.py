"""The steps of a whole exploration, once: where each leads, and the swap between that state and its representative."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.explore import Explorer, Reduction
from pointsman.checking.parts import Numbers
from pointsman.checking.program import Flags
from pointsman.checking.seen import Indexes, Words
from pointsman.checking.swaps import Swap

_PIECE = 1 << 15
"""How many states' steps are looked up together."""

Labels = NDArray[np.uint16]
_Number = TypeVar("_Number", bound=np.number[Any])


@dataclass(frozen=True)
class StepsTaken:
    """The steps among some states, sorted by origin: those of state `i` stand from `starts[i]` to `starts[i + 1]`.

    `label` is the number in `swaps` of the swap that leads from the state that the step
    makes to its representative, the state `target`. `enabled` has, for each state, bits of
    the commands' fair groups, as the caller gave them.
    """

    starts: NDArray[np.int64]
    target: Indexes
    action: NDArray[np.int32]
    label: Labels
    enabled: Words
    swaps: tuple[Swap, ...]

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Ranges of states, one after another, so that no piece has too many steps to look at together."""
        size = len(self.starts) - 1
        for low in range(0, size, _PIECE):
            yield low, min(low + _PIECE, size)

    def origin(self, low: int, high: int) -> Indexes:
        """The state that each step out of the states from `low` to before `high` leaves."""
        return np.repeat(np.arange(low, high, dtype=np.int32), np.diff(self.starts[low : high + 1]))


class LivenessCut(Exception):  # noqa: N818 - no error: a limit was met
    """The steps were not all taken; the reason in words."""


def steps_among(explorer: Explorer, among: Flags, group: Words, look: Callable[[], None]) -> StepsTaken:
    """The steps from and to states of `among`; `group` has each command's fair groups, as bits.

    Every step was taken once before, by the exploration, which is complete. `look` is
    called again and again, and may raise.
    """
    if explorer.reduction is Reduction.FULL:
        explorer.space.split()  # the table of all commands tells representatives, and not the swaps that lead to them
    counts: Numbers = np.zeros(len(among), dtype=np.int64)
    enabled = np.zeros(len(among), dtype=np.uint64)
    targets: list[Indexes] = []
    actions: list[NDArray[np.int32]] = []
    labels: list[Labels] = []
    some = np.flatnonzero(among)
    for low in range(0, len(some), _PIECE):
        look()
        part = some[low : low + _PIECE]
        origin, action, target, label, bits = explorer.settled(partial(_steps, explorer, part, group))
        enabled[part] = bits
        kept = among.take(target)
        counts[part] = np.bincount(origin[kept], minlength=len(part))
        targets.append(target[kept])
        actions.append(action[kept])
        labels.append(label[kept])
    starts: NDArray[np.int64] = np.zeros(len(among) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    found = partial(StepsTaken, starts, _joined(targets, np.dtype(np.int32)), _joined(actions, np.dtype(np.int32)))
    return found(_joined(labels, np.dtype(np.uint16)), enabled, explorer.swaps)


def _joined(columns: list[NDArray[_Number]], kind: np.dtype[_Number]) -> NDArray[_Number]:
    """The columns, one after another; they are forgotten, for they take memory."""
    found = np.concatenate(columns) if columns else np.empty(0, dtype=kind)
    columns.clear()
    return found


def _steps(
    explorer: Explorer, part: Numbers, group: Words
) -> tuple[Numbers, NDArray[np.int32], Indexes, Labels, Words]:
    """The steps out of the states `part`, by origin, which is a position in `part`; and the groups enabled in each."""
    words = explorer.seen.order.take(part)
    enabled = np.zeros(len(words), dtype=np.uint64)
    origins, actions, targets = [], [], []
    for table in explorer.space.tables:
        rows = table.rows(words)
        enabled |= table.groups_enabled(rows, group)
        moves = table.moves(words, rows)
        origins.append(moves.origin.astype(np.uint16))
        actions.append(moves.action)
        targets.append(moves.target)
    origin = np.concatenate(origins)
    order = origin.argsort(kind="stable")
    target, label = _places(explorer, np.concatenate(targets))
    return (
        origin.take(order).astype(np.int64),
        np.concatenate(actions).take(order),
        target.take(order),
        label.take(order),
        enabled,
    )


def _places(explorer: Explorer, words: Words) -> tuple[Indexes, Labels]:
    """The index of each word's representative, and the number of the swap that leads there."""
    found = explorer.seen.find(words)
    labels: Labels = np.zeros(len(words), dtype=np.uint16)
    others = np.flatnonzero(found < 0)
    if len(others):
        distinct, back = np.unique(words.take(others), return_inverse=True)
        back = back.reshape(-1)
        same, swaps = explorer.labelled(distinct)
        found[others] = explorer.seen.find(same).take(back)
        labels[others] = swaps.astype(np.uint16).take(back)
    if (found < 0).any():
        raise ValueError("a step leads to a state that was not explored")
    return found, labels
