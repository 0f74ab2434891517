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

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.explore import Explorer, watched
from pointsman.checking.seen import Indexes, Words
from pointsman.world.system import Response, System

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Lasso:
    """A run that breaks a response: to `entry` by the shortest way, then these steps for ever (none: it stays there)."""

    entry: int
    loop: tuple[tuple[int, int], ...]
    through: int | None = None


@dataclass(frozen=True)
class _Edges:
    """The steps among pending states, sorted by origin: `starts` is where each state's begin."""

    origin: Indexes
    target: Indexes
    action: Indexes
    starts: NDArray[np.int64]


class Liveness:
    """Answers about one complete exploration without swaps. Groups are numbered in the order of the system."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        system = explorer.space.system
        names = list(dict.fromkeys(action.fair for action in system.actions if action.fair is not None))
        if len(names) > 63:
            raise ValueError("more than 63 fair groups")
        self._groups = names
        numbers = {name: number for number, name in enumerate(names)}
        self._group: Words = np.array(
            [1 << numbers[action.fair] if action.fair is not None else 0 for action in system.actions], dtype=np.uint64
        )
        self._calm: Flags = np.array([action.fault is None for action in system.actions], dtype=np.bool_)

    def breach(self, response: Response) -> Lasso | None:
        """A run that breaks `response`, or None where there is none."""
        explorer = self._explorer
        # The layout must not change below: every step is taken once, so that every local state is known.
        pending = watched(explorer.space, response.pending).values(explorer.seen.order)
        if response.trigger is not None:
            pending &= self._after(pending & watched(explorer.space, response.trigger).values(explorer.seen.order), pending)
        if not pending.any():
            return None
        edges, enabled = self._edges(pending)
        stays = np.flatnonzero(pending & (enabled == 0))
        fair = self._fair(pending, edges, enabled)
        candidates = [int(stays[0])] if len(stays) else []
        where = np.flatnonzero(fair)
        if len(where):
            candidates.append(int(where[0]))
        if not candidates:
            return None
        if len(stays) and candidates[0] == min(candidates):
            return Lasso(candidates[0], ())
        return self._lasso(fair, edges, enabled)

    def _after(self, start: Flags, pending: Flags) -> Flags:
        """The pending states that a run can be in which has been pending ever since the trigger."""
        explorer = self._explorer
        reached = start.copy()
        frontier = np.flatnonzero(start)
        while len(frontier):
            found: list[Indexes] = []
            for part in _pieces(frontier):
                words = explorer.seen.order[part]
                for table in explorer.space.tables:
                    moves = table.moves(words, table.rows(words))
                    found.append(explorer.seen.find(explorer.canonical(moves.target)))
            targets = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int32)
            frontier = targets[pending[targets] & ~reached[targets]].astype(np.int64)
            reached[frontier] = True
        return reached

    def _edges(self, pending: Flags) -> tuple[_Edges, Words]:
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
                at = explorer.seen.find(explorer.canonical(moves.target[calm]))
                kept = pending[at]
                origins.append(part[moves.origin[calm][kept]].astype(np.int32))
                targets.append(at[kept])
                actions.append(moves.action[calm][kept])
        origin = np.concatenate(origins) if origins else np.empty(0, dtype=np.int32)
        order = np.argsort(origin, kind="stable")
        starts = np.searchsorted(origin[order], np.arange(len(pending) + 1))
        target = np.concatenate(targets) if targets else np.empty(0, dtype=np.int32)
        action = np.concatenate(actions) if actions else np.empty(0, dtype=np.int32)
        return _Edges(origin[order], target[order], action[order], starts.astype(np.int64)), enabled

    def _fair(self, pending: Flags, edges: _Edges, enabled: Words) -> Flags:
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
            still = alive & (reached == every)
            if (still == alive).all():
                return still
            alive = still

    # --- a run to show ---------------------------------------------------------------

    def _lasso(self, fair: Flags, edges: _Edges, enabled: Words) -> Lasso:
        """The nearest state of a fair cycle, and the cycle."""
        component = self._nearest_component(fair, edges, enabled)
        entry = min(component)
        loop = self._round(entry, component, edges, enabled)
        return Lasso(entry, tuple(loop))

    def _out(self, state: int, edges: _Edges, inside: set[int]) -> list[tuple[int, int]]:
        low, high = int(edges.starts[state]), int(edges.starts[state + 1])
        steps = zip(edges.action[low:high].tolist(), edges.target[low:high].tolist(), strict=True)
        return [(action, target) for action, target in steps if target in inside]

    def _nearest_component(self, fair: Flags, edges: _Edges, enabled: Words) -> set[int]:
        """Of the strongly connected components in which every group is served, the one with the nearest state."""
        inside = set(np.flatnonzero(fair).tolist())
        served = [
            component
            for component in _components(sorted(inside), lambda state: [t for _, t in self._out(state, edges, inside)])
            if self._serves(component, edges, enabled)
        ]
        return min(served, key=min)

    def _serves(self, component: set[int], edges: _Edges, enabled: Words) -> bool:
        bits, moves = 0, False
        for state in component:
            bits |= ~int(enabled[state])
            for action, _ in self._out(state, edges, component):
                moves = True
                bits |= int(self._group[action])
        wanted = (1 << len(self._groups)) - 1
        return moves and bits & wanted == wanted

    def _round(self, entry: int, component: set[int], edges: _Edges, enabled: Words) -> list[tuple[int, int]]:
        """Steps from `entry` through the component that serve every group and come back."""
        wanted = (1 << len(self._groups)) - 1
        way: list[tuple[int, int]] = []
        here, served = entry, ~int(enabled[entry]) & wanted
        while served != wanted:
            more = self._walk(here, component, edges, lambda action, state, served=served: bool((int(self._group[action]) | ~int(enabled[state])) & wanted & ~served))  # type: ignore[misc]  # the default keeps this round's value  # fmt: skip
            for action, state in more:
                served |= (int(self._group[action]) | ~int(enabled[state])) & wanted
            way += more
            here = way[-1][1]
        if here != entry or not way:
            way += self._walk(here, component, edges, lambda _, state: state == entry)
        return way

    def _walk(self, start: int, component: set[int], edges: _Edges, wanted) -> list[tuple[int, int]]:  # type: ignore[no-untyped-def]  # see _round
        """The shortest walk of at least one step whose last step is wanted."""
        before: dict[int, tuple[int, int]] = {}
        queue = deque([start])
        while queue:
            state = queue.popleft()
            for action, target in self._out(state, edges, component):
                if wanted(action, target):
                    way = [(action, target)]
                    while state != start:
                        previous, by = before[state]
                        way.append((by, state))
                        state = previous
                    return way[::-1]
                if target not in before and target != start:
                    before[target] = (state, action)
                    queue.append(target)
        raise AssertionError("a strongly connected component is not connected")


def _pieces(indexes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [indexes[low : low + (1 << 14)] for low in range(0, len(indexes), 1 << 14)]


def _reachable_bits(origin: Indexes, target: Indexes, gives: Words, size: int) -> Words:
    """For each state, the bits that some path of one step or more gives: a least fixpoint over edges sorted by origin."""
    reached = np.zeros(size, dtype=np.uint64)
    distinct, starts = np.unique(origin, return_index=True)
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


def _components(states, out) -> list[set[int]]:  # type: ignore[no-untyped-def]  # typed below
    """Strongly connected components, by Tarjan's algorithm without recursion."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    found: list[set[int]] = []
    for root in states:
        if root in index:
            continue
        work = [(root, iter(out(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            state, children = work[-1]
            for child in children:
                if child not in index:
                    index[child] = low[child] = len(index)
                    stack.append(child)
                    on_stack.add(child)
                    work.append((child, iter(out(child))))
                    break
                if child in on_stack:
                    low[state] = min(low[state], index[child])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[state])
                if low[state] == index[state]:
                    component: set[int] = set()
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.add(member)
                        if member == state:
                            break
                    found.append(component)
    return found


def groups_of(system: System) -> tuple[str, ...]:
    """The fair groups of a system, in the order in which they are numbered."""
    return tuple(dict.fromkeys(action.fair for action in system.actions if action.fair is not None))
