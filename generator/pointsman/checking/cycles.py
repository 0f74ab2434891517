"""Picks the fair cycle to show as a counterexample: the nearest one, and a walk once around it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.seen import Indexes, Words

CycleStep = tuple[int, int]
"""A command's number and the index of the state that it leads to."""


@dataclass(frozen=True)
class Lasso:
    """A run that breaks a response: the shortest way to `entry`, then these steps for ever (none: it stays there)."""

    entry: int
    loop: tuple[CycleStep, ...]


@dataclass(frozen=True)
class Edges:
    """Steps among states, sorted by origin: those of state `i` stand from `starts[i]` to `starts[i + 1]`."""

    origin: Indexes
    target: Indexes
    action: Indexes
    starts: NDArray[np.int64]

    def targets(self, inside: NDArray[np.bool_]) -> Callable[[int], list[int]]:
        """For each state, where its steps lead that stay `inside`."""
        kept = inside[self.origin] & inside[self.target]
        targets = self.target[kept].tolist()
        starts = np.concatenate(([0], np.cumsum(kept)))[self.starts].tolist()
        return lambda state: targets[starts[state] : starts[state + 1]]

    def out(self, state: int, inside: set[int]) -> list[CycleStep]:
        """The steps out of a state that stay inside."""
        low, high = int(self.starts[state]), int(self.starts[state + 1])
        steps = zip(self.action[low:high].tolist(), self.target[low:high].tolist(), strict=True)
        return [(action, target) for action, target in steps if target in inside]


@dataclass(frozen=True)
class Cycles:
    """Cycles among edges. `group` has the fairness groups of each command as bits, `enabled` those of each state."""

    edges: Edges
    group: Words
    enabled: Words
    groups: int

    @property
    def wanted(self) -> int:
        """Every group, as bits."""
        return (1 << self.groups) - 1

    def nearest(self, fair: NDArray[np.bool_]) -> Lasso:
        """Of the cycles among `fair` states in which every group is served, one that has the state of least depth."""
        inside = set(np.flatnonzero(fair).tolist())
        every = components(sorted(inside), self.edges.targets(fair))
        component = next(one for one in sorted(every, key=min) if self._serves(one))
        entry = min(component)
        return Lasso(entry, tuple(self._round(entry, component)))

    def _served(self, action: int, state: int) -> int:
        """The groups that are served by a step: its own, and those that are disabled where it leads."""
        return (int(self.group[action]) | ~int(self.enabled[state])) & self.wanted

    def _serves(self, component: set[int]) -> bool:
        """True if the component has a step, and for every group a step of it or a state where it is disabled."""
        steps = [step for state in component for step in self.edges.out(state, component)]
        bits = 0
        for action, target in steps:
            bits |= self._served(action, target)
        return bool(steps) and bits == self.wanted

    def _round(self, entry: int, component: set[int]) -> list[CycleStep]:
        """Steps from `entry` through the component that serve every group and come back."""
        way: list[CycleStep] = []
        here, served = entry, 0
        while served != self.wanted:
            more = self._walk(here, component, self._not_yet(served))
            for step in more:
                served |= self._served(*step)
            way += more
            here = way[-1][1]
        if here != entry or not way:
            way += self._walk(here, component, lambda step: step[1] == entry)
        return way

    def _not_yet(self, served: int) -> Callable[[CycleStep], bool]:
        """Whether a step serves a group that is not yet served."""
        return lambda step: bool(self._served(*step) & ~served)

    def _walk(self, start: int, component: set[int], wanted: Callable[[CycleStep], bool]) -> list[CycleStep]:
        """The shortest walk of at least one step whose last step is wanted."""
        before: dict[int, CycleStep] = {}
        queue = deque([start])
        while queue:
            state = queue.popleft()
            for action, target in self.edges.out(state, component):
                if wanted((action, target)):
                    return [*_back(before, start, state), (action, target)]
                if target not in before and target != start:
                    before[target] = (action, state)
                    queue.append(target)
        raise AssertionError("a strongly connected component is not connected")


def _back(before: dict[int, CycleStep], start: int, state: int) -> list[CycleStep]:
    way: list[CycleStep] = []
    while state != start:
        action, previous = before[state]
        way.append((action, state))
        state = previous
    return way[::-1]


class _Search:
    """Tarjan's algorithm, without recursion."""

    def __init__(self, out: Callable[[int], Iterable[int]]) -> None:
        self._out = out
        self._index: dict[int, int] = {}
        self._low: dict[int, int] = {}
        self._stack: list[int] = []
        self._on_stack: set[int] = set()

    def from_(self, root: int) -> Iterator[set[int]]:
        """The components that are found from `root` and were not found before."""
        if root in self._index:
            return
        work = [(root, self._enter(root))]
        while work:
            state, children = work[-1]
            child = next(children, None)
            if child is None:
                work.pop()
                if work:
                    parent = work[-1][0]
                    self._low[parent] = min(self._low[parent], self._low[state])
                if self._low[state] == self._index[state]:
                    yield self._leave(state)
            elif child not in self._index:
                work.append((child, self._enter(child)))
            elif child in self._on_stack:
                self._low[state] = min(self._low[state], self._index[child])

    def _enter(self, state: int) -> Iterator[int]:
        self._index[state] = self._low[state] = len(self._index)
        self._stack.append(state)
        self._on_stack.add(state)
        return iter(self._out(state))

    def _leave(self, root: int) -> set[int]:
        component: set[int] = set()
        while root not in component:
            member = self._stack.pop()
            self._on_stack.discard(member)
            component.add(member)
        return component


def components(states: Iterable[int], out: Callable[[int], Iterable[int]]) -> list[set[int]]:
    """The strongly connected components of what can be reached from `states`."""
    search = _Search(out)
    return [component for state in states for component in search.from_(state)]
