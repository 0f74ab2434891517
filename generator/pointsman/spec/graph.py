"""The lifecycle as a graph. The only importer of networkx.

Every question here is answered in time linear in the number of statuses and
transitions, once, on first use: specs with thousands of statuses are linted at
every keystroke of an editor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType

import networkx as nx

from pointsman.spec.lifecycle import Lifecycle, StatusKind


class Graph:
    """The statuses of a lifecycle as nodes, its transitions as edges."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._order = {status.name: position for position, status in enumerate(lifecycle.statuses)}

    @cached_property
    def digraph(self) -> nx.MultiDiGraph[str]:
        """A node for each status, an edge for each transition."""
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
        return frozenset(status for layer in nx.bfs_layers(self.digraph, list(sources)) for status in layer)

    def reaching(self, targets: Iterable[str]) -> frozenset[str]:
        """Every status from which some way leads to one of `targets`, these included."""
        backwards = self.digraph.reverse(copy=False)
        return frozenset(status for layer in nx.bfs_layers(backwards, list(targets)) for status in layer)

    @cached_property
    def exits(self) -> Mapping[str, frozenset[str]]:
        """The other statuses that one transition leads to, for each status."""
        found = {name: frozenset(self.digraph.successors(name)) - {name} for name in self._order}
        return MappingProxyType(found)

    @cached_property
    def components(self) -> tuple[tuple[str, ...], ...]:
        """The largest groups of statuses that lead to each other; groups and members in the order of the spec."""
        groups = (
            tuple(sorted(group, key=self._order.__getitem__))
            for group in nx.strongly_connected_components(self.digraph)
        )
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
