"""Fair runs that keep something pending for ever, once faults have ended.

The states that a healthy world can be in are those of the whole world: faults
that end need no bit of their own, only edges that are left out. Among the states
in which the property is pending, the greatest set is computed in which every
state can go on, and can come, for each fair group, to a step of the group or to
a state where the group is disabled. It is empty exactly where no fair run stays
pending for ever. Cycles are sets of edges here, not of states, and a run may stay
where it is only where no fair group is enabled.

Where states stand for swapped ones, each is looked at once for each row that may be
the one that waits, and what is known of a step's target is told in the names of its
origin: the row and the fair groups are renamed by the swap between the two. So a run
of representatives is a run of the world, and a group is served by its own steps only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.coarse import View, may_return, pieces
from pointsman.checking.cycles import Cycles, Edges, Lasso
from pointsman.checking.explore import Explorer, Reduction, watched
from pointsman.checking.program import Flags
from pointsman.checking.seen import Words
from pointsman.checking.swaps import Swap
from pointsman.checking.taken import Labels, LivenessCut, StepsTaken, steps_among
from pointsman.world.system import Expr, LeadsTo

Places = NDArray[np.int32]
Bits = NDArray[np.unsignedinteger[Any]]
"""The fair groups in their order, and last a bit of any step as such."""


_WORTH_A_VIEW = 100_000
"""From how many steps on it is worth while to find those that are on no cycle."""
_DIGIT = 8
_LOW = 255
_AT_ONCE = 1 << 13
"""How many places are looked at together."""


def _never() -> str:
    return ""


@dataclass(frozen=True)
class CalmSteps:
    """Steps among pending states, sorted by origin, without faults. `gives` has bits of the groups that each serves.

    Places are those of `Liveness`: a state for each row that may wait. `label` is that of `StepsTaken`, and `at` the
    step's position there.
    """

    origin: Places
    target: Places
    gives: Bits
    label: Labels
    at: NDArray[np.uint32]

    @staticmethod
    def joined(some: Sequence[CalmSteps]) -> CalmSteps:
        """All of these steps, one after another."""
        return CalmSteps(
            np.concatenate([each.origin for each in some]),
            np.concatenate([each.target for each in some]),
            np.concatenate([each.gives for each in some]),
            np.concatenate([each.label for each in some]),
            np.concatenate([each.at for each in some]),
        )

    def kept(self, some: Flags) -> CalmSteps:
        """Those of the steps that `some` says."""
        return CalmSteps(self.origin[some], self.target[some], self.gives[some], self.label[some], self.at[some])


class Liveness:
    """Judges response properties on one complete exploration. Groups are numbered as in the system."""

    def __init__(self, explorer: Explorer, limit: Callable[[], str] = _never) -> None:
        """`limit` is asked, while steps are taken, for a reason to stop.

        Raises:
            ValueError: more than 63 fair groups, or interchangeable rows or workers that differ in theirs, or too many
                swaps of them (`swaps.MOST`).
        """
        self.explorer = explorer
        self._limit = limit
        system = explorer.space.system
        names = list(dict.fromkeys(action.fair for action in system.actions if action.fair is not None))
        if len(names) > 63:
            raise ValueError("more than 63 fair groups")
        self._groups = names
        numbers = {name: number for number, name in enumerate(names)}
        # Once faults have ended, a fault serves no group, and is no reason to wait for one.
        served = [None if action.fault is not None else action.fair for action in system.actions]
        self._group: Words = np.array([0 if fair is None else 1 << numbers[fair] for fair in served], dtype=np.uint64)
        self._bits = np.dtype(_kind(len(names) + 1))
        self._kinds = (self._group | np.uint64(1 << len(names))).astype(self._bits)
        self._calm: Flags = np.array([action.fault is None for action in system.actions], dtype=np.bool_)
        self._taken: StepsTaken | None = None
        self._among: Flags = np.zeros(len(explorer.seen), dtype=np.bool_)
        self._renaming = _Renaming(explorer.swaps, numbers)
        self._rows = self._renaming.rows.shape[1]

    # --- without swaps --------------------------------------------------------------------

    def breach(self, response: LeadsTo) -> Lasso | None:
        """The nearest run that breaks `response`, or None where there is none.

        Raises:
            LivenessCut: the limit was met.
            ValueError: the exploration swaps interchangeable workers or rows.
        """
        if self.explorer.reduction is Reduction.FULL:
            raise ValueError("cycles of states that stand for swapped ones are no cycles")
        pending = self._pending([response])
        if not pending.any():
            return None
        taken = self._whole(pending)
        enabled = taken.enabled
        stays = np.flatnonzero(pending & (enabled == 0))
        rest = Lasso(int(stays[0]), ()) if len(stays) else None
        steps = self._steps(pending, taken)
        fair = self._fair(pending, steps, enabled)
        # A fair state may only lead to the cycle: no cycle is nearer than the first of them.
        if not fair.any() or (rest is not None and rest.entry <= int(np.argmax(fair))):
            return rest
        starts = np.searchsorted(steps.origin, np.arange(len(pending) + 1)).astype(np.int64)
        edges = Edges(steps.origin, steps.target, taken.action.take(steps.at).astype(np.int32), starts)
        cycle = Cycles(edges, self._group, enabled, len(self._groups)).nearest(fair)
        return cycle if rest is None or cycle.entry < rest.entry else rest

    # --- with swaps -----------------------------------------------------------------------

    def falls(self, responses: Sequence[LeadsTo]) -> bool:
        """True if some run breaks one of `responses`: one property of each interchangeable row, in their order.

        Without swaps, the first of them is asked about.

        Raises:
            LivenessCut: the limit was met.
            ValueError: fewer properties than rows that are swapped.
        """
        if len(responses) < self._rows:
            raise ValueError("a property of each row")
        responses = responses[: self._rows]
        pending = self._pending(responses)
        if not pending.any():
            return False
        taken = self._whole(pending)
        if (pending.reshape(self._rows, -1) & (taken.enabled == 0)).any():
            return True
        return bool(self._fair(pending, self._steps(pending, taken), taken.enabled).any())

    # --- what is pending ------------------------------------------------------------------

    def _pending(self, responses: Sequence[LeadsTo]) -> Flags:
        """For each row in turn, the states in which it waits and, if there is a trigger, a run may have met it."""
        pending = self._where([response.pending for response in responses])
        if responses[0].trigger is None:
            return pending
        asked = self._where([response.trigger for response in responses if response.trigger is not None])
        return self._after(pending & asked, pending)

    def _after(self, start: Flags, pending: Flags) -> Flags:
        """True for each place that a run can reach from a trigger through pending places only."""
        reached = start.copy()
        frontier = np.flatnonzero(start)
        taken = self._whole(pending)
        size = len(pending) // self._rows
        becomes = self._renaming.rows
        while len(frontier):
            row, state = frontier // size, frontier % size
            first, last = taken.starts.take(state), taken.starts.take(state + 1)
            counts = last - first
            ends = np.cumsum(counts)
            at = np.repeat(first - ends + counts, counts) + np.arange(int(ends[-1]) if len(ends) else 0)
            to = becomes[taken.label.take(at), np.repeat(row, counts)] * size + taken.target.take(at)
            fresh = to[pending[to] & ~reached[to]]
            reached[fresh] = True
            frontier = np.unique(fresh)
        return reached

    def _where(self, exprs: Sequence[Expr]) -> Flags:
        """The states in which each of the expressions holds, one after another."""
        space, words = self.explorer.space, self.explorer.seen.order
        return np.concatenate([watched(space, expr).values(words) for expr in exprs])

    # --- steps ----------------------------------------------------------------------------

    def _whole(self, pending: Flags) -> StepsTaken:
        """The steps among the states in which something is pending: of `pending`, or of the system's properties."""
        wanted: Flags = np.logical_or.reduce(pending.reshape(self._rows, -1), axis=0)
        if self._taken is None or (wanted & ~self._among).any():
            for response in self.explorer.space.system.responses:
                wanted |= self._where([response.pending])
            self._among = wanted
            self._taken = steps_among(self.explorer, wanted, self._group, self._look)
        return self._taken

    def _steps(self, pending: Flags, taken: StepsTaken) -> CalmSteps:
        """The steps without faults among pending places that may be on a cycle."""
        every = partial(self._pieces, pending, taken)
        stays = None
        if len(taken.target) > _WORTH_A_VIEW:
            stays = may_return(self._view(0), lambda: ((steps.origin, steps.target) for steps in every()))
        found = CalmSteps.joined([s if stays is None else s.kept(stays((s.origin, s.target))) for s in every()])
        for part in range(1, len(self.explorer.space.parts)):
            if len(found.origin) <= _WORTH_A_VIEW:
                break
            stays = may_return(self._view(part), partial(pieces, found.origin, found.target))
            self._look()
            found = found.kept(stays((found.origin, found.target)))
        return found

    def _pieces(self, pending: Flags, taken: StepsTaken) -> Iterator[CalmSteps]:
        """The steps without faults among pending places, some at a time and sorted by origin."""
        size = len(pending) // self._rows
        for row in range(self._rows):
            becomes = self._renaming.rows[:, row] * np.int32(size)
            for low, high in taken.pieces():
                self._look()
                origin = taken.origin(low, high) + np.int32(row * size)
                first, last = int(taken.starts[low]), int(taken.starts[high])
                action, label = taken.action[first:last], taken.label[first:last]
                target = becomes.take(label) + taken.target[first:last]
                at = np.flatnonzero(self._calm.take(action) & pending.take(origin) & pending.take(target))
                gives = self._kinds.take(action.take(at))
                yield CalmSteps(origin.take(at), target.take(at), gives, label.take(at), (at + first).astype(np.uint32))

    def _view(self, part: int) -> View:
        """The local state of a part for each place; of a row's part, counted from the row that may wait."""
        space, words = self.explorer.space, self.explorer.seen.order
        parts = [sorted({space.place[name] for name in row}) for row in space.system.rows]
        seen = []
        for row in range(self._rows):
            place = part
            for number, mine in enumerate(parts):
                if part in mine:
                    place = parts[(number + row) % len(parts)][mine.index(part)]
            seen.append(space.layout.fields[place].read(words).astype(np.int32))
        return np.concatenate(seen)

    def _look(self) -> None:
        """Raise if the limit is met."""
        why = self._limit()
        if why:
            raise LivenessCut(why)

    # --- fair runs ------------------------------------------------------------------------

    def _fair(self, pending: Flags, steps: CalmSteps, enabled: Words) -> Flags:
        """The places from which a fair run stays pending for ever, by steps."""
        every = self._bits.type((1 << (len(self._groups) + 1)) - 1)
        groups = self._bits.type((1 << len(self._groups)) - 1)
        idle = np.tile(~enabled.astype(self._bits) & groups, self._rows)
        alive = pending.copy()
        while True:
            steps = steps.kept(alive.take(steps.origin) & alive.take(steps.target))
            if not len(steps.origin):
                return np.zeros_like(alive)
            reached = _reachable_bits(steps, idle, self._renaming, self._look)
            still: Flags = alive & (reached == every)
            if (still == alive).all():
                return still
            alive = still


class _Renaming:
    """What each swap makes of a row, and of the groups of the state that it leads to: those of the one it comes from.

    `rows` has the place of each row, by swap and row; without interchangeable rows there is one, at 0.
    """

    def __init__(self, swaps: Sequence[Swap], numbers: Mapping[str, int]) -> None:
        self.rows: Places = np.array([swap.rows or (0,) for swap in swaps], dtype=np.int32)
        self._is_one = len(swaps) == 1
        width = len(numbers) + 1
        self._tables = [
            np.array([_table(swap, numbers, low, width) for swap in swaps], dtype=_kind(width)).reshape(-1)
            for low in range(0, width, _DIGIT)
        ]

    def of(self, label: Labels, bits: Bits) -> Bits:
        """The bits of a step's target, in the names of its origin."""
        if self._is_one:
            return bits
        first = label.astype(np.int64) << _DIGIT
        found = self._tables[0].take(first | (bits & _LOW))
        for place, table in enumerate(self._tables[1:], 1):
            found |= table.take(first | ((bits >> (place * _DIGIT)) & _LOW))
        return found


def _table(swap: Swap, numbers: Mapping[str, int], low: int, width: int) -> list[int]:
    """For each value of the bits from `low` on, the bits before the swap."""
    old = {numbers[swap.groups.get(name, name)]: number for name, number in numbers.items()}
    bits = [1 << old.get(number, number) for number in range(low, min(low + _DIGIT, width))]
    return [sum(bit for at, bit in enumerate(bits) if value >> at & 1) for value in range(1 << _DIGIT)]


def _kind(width: int) -> type[np.unsignedinteger[Any]]:
    return np.uint16 if width <= 16 else np.uint32 if width <= 32 else np.uint64


def _reachable_bits(steps: CalmSteps, idle: Bits, renaming: _Renaming, look: Callable[[], None]) -> Bits:
    """For each place, the bits on all paths of at least one step: a least fixpoint. CalmSteps are sorted by origin."""
    starts = np.flatnonzero(np.diff(steps.origin, prepend=np.int32(-1)))
    distinct = steps.origin.take(starts)
    ends = np.append(starts, len(steps.origin))
    told = idle.copy()  # what a step to each place gives, by the place and by all that is known to come after it
    reached = np.zeros_like(idle)
    while True:
        look()
        # Later states are deeper: a piece at a time from the end, so that most of it settles in one pass.
        changed = False
        for low in range(len(distinct) - 1, -1, -_AT_ONCE):
            first = max(0, low - _AT_ONCE + 1)
            begin, end = int(ends[first]), int(ends[low + 1])
            values = renaming.of(steps.label[begin:end], told.take(steps.target[begin:end])) | steps.gives[begin:end]
            new = np.bitwise_or.reduceat(values, starts[first : low + 1] - begin)
            places = distinct[first : low + 1]
            if not changed:
                changed = bool((reached.take(places) != new).any())
            reached[places] = new
            told[places] |= new
        if not changed:
            return reached
