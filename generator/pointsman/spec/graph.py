"""The lifecycle as a graph. The only importer of networkx.

Every question here is answered in time linear in the number of statuses and
transitions, once, on first use: specs with thousands of statuses are linted at
every keystroke of an editor. These few answers need two short walks, so networkx,
whose import takes longer than all the rules, is imported for `Graph.digraph` only.
`tests/property/test_graph.py` compares them with networkx's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from pointsman.spec.lifecycle import Lifecycle, StatusKind

if TYPE_CHECKING:
    import networkx as nx


class Graph:
    """The statuses of a lifecycle as nodes, its transitions as edges."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._order = {status.name: position for position, status in enumerate(lifecycle.statuses)}

    @cached_property
    def digraph(self) -> nx.MultiDiGraph[str]:
        """For all of networkx's algorithms: a node for each status, an edge for each transition."""
        import networkx as nx  # noqa: PLC0415 - see the top of this module

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        graph.add_nodes_from(self._order)
        graph.add_edges_from(transition.pair for transition in self._lifecycle.transitions)
        return graph

    @cached_property
    def initials(self) -> tuple[str, ...]:
        """The statuses that rows may start in."""
        return tuple(status.name for status in self._lifecycle.statuses if status.initial)

    @cached_property
    def reachable(self) -> frozenset[str]:
        """The statuses that a row can come to be in, the initial ones included."""
        return self.reached_from(self.initials)

    @cached_property
    def ends(self) -> frozenset[str]:
        """The statuses in which a row may stay: terminal and resting ones."""
        return frozenset(s.name for s in self._lifecycle.statuses if s.kind is not StatusKind.TRANSIENT)

    def reached_from(self, sources: Iterable[str]) -> frozenset[str]:
        """Every status that some way leads to from one of `sources`, these included."""
        return _closure(self._successors, sources)

    def reaching(self, targets: Iterable[str]) -> frozenset[str]:
        """Every status from which some way leads to one of `targets`, these included."""
        return _closure(self._predecessors, targets)

    @cached_property
    def exits(self) -> Mapping[str, frozenset[str]]:
        """The other statuses that one transition leads to, for each status."""
        found = {name: frozenset(after) - {name} for name, after in self._successors.items()}
        return MappingProxyType(found)

    @cached_property
    def components(self) -> tuple[tuple[str, ...], ...]:
        """The largest groups of statuses that lead to each other; groups and members in the order of the spec."""
        groups = (tuple(sorted(group, key=self._order.__getitem__)) for group in _components(self._successors))
        return tuple(sorted(groups, key=lambda group: self._order[group[0]]))

    @cached_property
    def traps(self) -> tuple[tuple[str, ...], ...]:
        """Groups of two statuses or more that a row circles in for ever: no way out, and nowhere to stay."""
        return tuple(
            group
            for group in self.components
            if len(group) > 1
            and self.ends.isdisjoint(group)
            and all(self.exits[name] <= frozenset(group) for name in group)
        )

    @cached_property
    def _successors(self) -> Mapping[str, list[str]]:
        after: dict[str, list[str]] = {name: [] for name in self._order}
        for source, target in dict.fromkeys(transition.pair for transition in self._lifecycle.transitions):
            after[source].append(target)
        return after

    @cached_property
    def _predecessors(self) -> Mapping[str, list[str]]:
        before: dict[str, list[str]] = {name: [] for name in self._order}
        for source, targets in self._successors.items():
            for target in targets:
                before[target].append(source)
        return before


def _closure(following: Mapping[str, list[str]], sources: Iterable[str]) -> frozenset[str]:
    """The nodes on all ways that start at `sources`."""
    left = list(sources)
    found = set(left)
    while left:
        new = [name for name in following[left.pop()] if name not in found]
        found.update(new)
        left.extend(new)
    return frozenset(found)


def _components(following: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """The strongly connected components, by Tarjan's algorithm without recursion: a lifecycle may be a long chain."""
    number: dict[str, int] = {}  # by node, when it was met
    lowest: dict[str, int] = {}  # by node, the first node on the stack that it is known to lead to
    stack: list[str] = []
    finished: set[str] = set()
    for root in following:
        way = [] if root in number else [(root, iter(following[root]))]
        while way:
            name, targets = way[-1]
            if name not in number:
                number[name] = lowest[name] = len(number)
                stack.append(name)
            new = next((target for target in targets if target not in number), None)
            if new is not None:
                way.append((new, iter(following[new])))
                continue
            way.pop()
            on_stack = [target for target in following[name] if target not in finished]
            lowest[name] = min([number[name], *(lowest[target] for target in on_stack)])
            if lowest[name] == number[name]:
                group = [stack.pop()]
                while group[-1] != name:
                    group.append(stack.pop())
                finished.update(group)
                yield group
