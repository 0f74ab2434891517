"""Fair runs that keep something pending for ever, once faults have ended.

The states that a healthy world can be in are those of the whole world: faults
that end need no bit of their own, only edges that are left out. Among the states
in which the property is pending, the greatest set is computed in which every
state can go on, and can come, for each fair group, to a step of the group or to
a state where the group is disabled. It is empty exactly where no fair run stays
pending for ever. Cycles are sets of edges here, not of states, and a run may stay
where it is only where no fair group is enabled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.cycles import Cycles, Edges, Lasso
from pointsman.checking.explore import Explorer, Reduction, watched
from pointsman.checking.program import Flags
from pointsman.checking.seen import Indexes, Words
from pointsman.world.system import LeadsTo


class Liveness:
    """Judges response properties on one complete exploration without swaps. Groups are numbered as in the system.

    Raises:
        ValueError: the exploration swaps interchangeable workers or rows, or is not complete.
    """

    def __init__(self, explorer: Explorer) -> None:
        if explorer.reduction is Reduction.FULL:
            raise ValueError("cycles of states that stand for swapped ones are no cycles")
        self._explorer = explorer
        system = explorer.space.system
        names = list(dict.fromkeys(action.fair for action in system.actions if action.fair is not None))
        if len(names) > 63:
            raise ValueError("more than 63 fair groups")
        self._groups = names
        numbers = {name: number for number, name in enumerate(names)}
        # Once faults have ended, a fault serves no group, and is no reason to wait for one.
        served = [None if action.fault is not None else action.fair for action in system.actions]
        self._group: Words = np.array([0 if fair is None else 1 << numbers[fair] for fair in served], dtype=np.uint64)
        self._calm: Flags = np.array([action.fault is None for action in system.actions], dtype=np.bool_)

    def breach(self, response: LeadsTo) -> Lasso | None:
        """The nearest run that breaks `response`, or None where there is none."""
        explorer = self._explorer
        # Every step is taken once here, so that every local state is known and the layout does not change below.
        pending = watched(explorer.space, response.pending).values(explorer.seen.order)
        if response.trigger is not None:
            pending &= self._after(
                pending & watched(explorer.space, response.trigger).values(explorer.seen.order), pending
            )
        if not pending.any():
            return None
        edges, enabled = self._edges(pending)
        stays = np.flatnonzero(pending & (enabled == 0))
        rest = Lasso(int(stays[0]), ()) if len(stays) else None
        fair = self._fair(pending, edges, enabled)
        # A fair state may only lead to the cycle: no cycle is nearer than the first of them.
        if not fair.any() or (rest is not None and rest.entry <= int(np.argmax(fair))):
            return rest
        cycle = Cycles(edges, self._group, enabled, len(self._groups)).nearest(fair)
        return cycle if rest is None or cycle.entry < rest.entry else rest

    def _after(self, start: Flags, pending: Flags) -> Flags:
        """True for each state that a run can reach from a trigger through pending states only."""
        explorer = self._explorer
        reached = start.copy()
        frontier = np.flatnonzero(start)
        while len(frontier):
            found: list[Indexes] = []
            for part in _pieces(frontier):
                words = explorer.seen.order[part]
                for table in explorer.space.tables:
                    moves = table.moves(words, table.rows(words))
                    found.append(self._indexes(moves.target))
            targets = np.concatenate(found)
            fresh = targets[pending[targets] & ~reached[targets]]
            met = np.zeros_like(pending)
            met[fresh] = True
            frontier = np.flatnonzero(met)
            reached[frontier] = True
        return reached

    def _edges(self, pending: Flags) -> tuple[Edges, Words]:
        """The steps without faults among pending states, and for each state the groups that are enabled there."""
        explorer = self._explorer
        enabled = np.zeros(len(pending), dtype=np.uint64)
        origins: list[Indexes] = []
        targets: list[Indexes] = []
        actions: list[Indexes] = []
        for part in _pieces(np.flatnonzero(pending)):
            words = explorer.seen.order[part]
            for table in explorer.space.tables:
                rows = table.rows(words)
                enabled[part] |= table.groups_enabled(rows, self._group)
                moves = table.moves(words, rows)
                calm = self._calm[moves.action]
                at = self._indexes(moves.target[calm])
                kept = pending[at]
                origins.append(part[moves.origin[calm][kept]].astype(np.int32))
                targets.append(at[kept])
                actions.append(moves.action[calm][kept])
        origin = np.concatenate(origins) if origins else np.empty(0, dtype=np.int32)
        order = np.argsort(origin, kind="stable")
        starts = np.searchsorted(origin[order], np.arange(len(pending) + 1))
        target = np.concatenate(targets) if targets else np.empty(0, dtype=np.int32)
        action = np.concatenate(actions) if actions else np.empty(0, dtype=np.int32)
        return Edges(origin[order], target[order], action[order], starts.astype(np.int64)), enabled

    def _indexes(self, targets: Words) -> Indexes:
        found = self._explorer.seen.find(targets)
        others = np.flatnonzero(found < 0)
        if len(others):
            found[others] = self._explorer.seen.find(self._explorer.canonical(targets[others]))
        if (found < 0).any():
            raise ValueError("a step leads to a state that was not explored")
        return found

    def _fair(self, pending: Flags, edges: Edges, enabled: Words) -> Flags:
        """The states from which a fair run stays pending for ever, by steps."""
        all_groups = np.uint64((1 << len(self._groups)) - 1)
        moving = np.uint64(1 << 63)
        every = all_groups | moving
        bits = self._group[edges.action] | moving
        alive = pending.copy()
        origin, target, gives = edges.origin, edges.target, bits
        idle = ~enabled & all_groups
        while True:
            kept = alive[origin] & alive[target]
            origin, target, gives = origin[kept], target[kept], gives[kept]
            if not len(origin):
                return np.zeros_like(alive)
            reached = _reachable_bits(origin, target, gives | idle[target], len(alive))
            still: Flags = alive & (reached == every)
            if (still == alive).all():
                return still
            alive = still


def _pieces(indexes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [indexes[low : low + (1 << 16)] for low in range(0, len(indexes), 1 << 16)]


def _reachable_bits(origin: Indexes, target: Indexes, gives: Words, size: int) -> Words:
    """For each state, the bits on all paths of at least one step: a least fixpoint. Edges are sorted by origin."""
    reached = np.zeros(size, dtype=np.uint64)
    starts = np.flatnonzero(np.diff(origin, prepend=-1))
    distinct = origin[starts]
    while True:
        # Later states are deeper: a piece at a time from the end, so that most of it settles in one pass.
        before = reached[distinct].copy()
        for low in range(len(distinct) - 1, -1, -(1 << 13)):
            first = max(0, low - (1 << 13) + 1)
            begin = int(starts[first])
            end = int(starts[low + 1]) if low + 1 < len(starts) else len(origin)
            values = gives[begin:end] | reached[target[begin:end]]
            reached[distinct[first : low + 1]] = np.bitwise_or.reduceat(values, starts[first : low + 1] - begin)
        if (reached[distinct] == before).all():
            return reached
