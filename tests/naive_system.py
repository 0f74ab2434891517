"""Explores a transition system in the plainest way: the yardstick for the faster checker.

States are tuples of values in the order of `System.variables`. Nothing is
reduced, nothing is compiled; every answer comes from `System.enabled` and
`System.after`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from pointsman.world.system import TRUE, Expr, GuardedCommand, Invariant, LeadsTo, System, Witness, value_of

State = tuple[int, ...]


@dataclass(frozen=True)
class Edge:
    """A command that is enabled in one state, and the state that it leads to."""

    action: GuardedCommand
    target: State


@dataclass(frozen=True)
class Explored:
    """All that can be reached.

    `edges` has the states in the order in which a breadth-first search meets
    them, and `depth` how many commands the shortest way there has.
    """

    system: System
    edges: Mapping[State, tuple[Edge, ...]]
    depth: Mapping[State, int]

    @property
    def states(self) -> Collection[State]:
        """The states, the initial one first."""
        return self.edges.keys()

    @cached_property
    def transitions(self) -> int:
        """The number of pairs of a state and a command that is enabled there."""
        return sum(map(len, self.edges.values()))

    def named(self, state: State) -> dict[str, int]:
        """The values of `state` by their variables' names."""
        return named(self.system, state)

    def where(self, truth: Expr) -> set[State]:
        """The states in which `truth` is not 0."""
        return {state for state in self.states if value_of(truth, self.named(state))}


def explore(system: System) -> Explored:
    """Everything that `system` can reach, breadth first."""
    initial = tuple(system.initial.values())
    edges: dict[State, tuple[Edge, ...]] = {}
    depth = {initial: 0}
    waiting = [initial]
    for state in waiting:  # it grows while we walk it
        edges[state] = tuple(_edges(system, state))
        for edge in edges[state]:
            if edge.target not in depth:
                depth[edge.target] = depth[state] + 1
                waiting.append(edge.target)
    return Explored(system, edges, depth)


def named(system: System, state: State) -> dict[str, int]:
    """The values of `state` by their variables' names."""
    return dict(zip(system.variable, state, strict=True))


def shortest(explored: Explored, truth: Expr) -> int | None:
    """The number of steps of the shortest run to a state where `truth` is not 0; None if there is no such run."""
    return min((explored.depth[state] for state in explored.where(truth)), default=None)


def shortest_break(explored: Explored, invariant: Invariant) -> int | None:
    """The number of steps of the shortest run that breaks `invariant`; None if it holds."""
    return shortest(explored, invariant.bad)


def shortest_witness(explored: Explored, witness: Witness) -> int | None:
    """The number of steps of the shortest run that reaches `witness`; None if there is none."""
    return shortest(explored, witness.wanted)


def dead_ends(explored: Explored) -> set[State]:
    """The states in which no command is enabled."""
    return {state for state, edges in explored.edges.items() if not edges}


def never_taken(explored: Explored) -> set[str]:
    """The names of the commands that are enabled nowhere."""
    taken = {edge.action.name for edges in explored.edges.values() for edge in edges}
    return {action.name for action in explored.system.actions} - taken


# --- liveness ------------------------------------------------------------------


def holds(explored: Explored, response: LeadsTo) -> bool:
    """Whether no fair run without end keeps `response.pending` for ever once faults have ended.

    With a trigger, only runs count that keep it from a state on where the
    trigger holds too: trigger leads to not pending. Faults may strike between.
    """
    return not stuck(explored, response)


def stuck(explored: Explored, response: LeadsTo) -> set[State]:
    """The states in which a run that breaks `response` can stay for ever."""
    pending = explored.where(response.pending)
    kept = _kept(explored, pending & explored.where(response.trigger or TRUE), pending)
    graph: nx.DiGraph[State] = nx.DiGraph()
    graph.add_nodes_from(kept)
    graph.add_edges_from(
        (state, edge.target) for state in kept for edge in _calm(explored, state) if edge.target in kept
    )
    found: set[State] = set()
    return found.union(*(part for part in nx.strongly_connected_components(graph) if _is_fair(explored, part)))


def _kept(explored: Explored, met: set[State], pending: set[State]) -> set[State]:
    """The states that can be reached from `met` without leaving `pending`."""
    found = set(met)
    waiting = list(met)
    for state in waiting:  # it grows while we walk it
        new = {edge.target for edge in explored.edges[state]} & pending - found
        found |= new
        waiting += new
    return found


def _calm(explored: Explored, state: State) -> list[Edge]:
    """The edges out of `state` that are no faults."""
    return [edge for edge in explored.edges[state] if edge.action.fault is None]


def _is_fair(explored: Explored, part: set[State]) -> bool:
    """Whether a run can visit exactly the states of `part` for ever, without faults, and be fair.

    Weak fairness asks of each group that it is again and again disabled, or
    happens again and again. So a run that visits every state and takes every
    edge of a strongly connected part does best, and one that takes no step any
    more is the run that does so in a part without edges.
    """
    groups = {action.fair for action in explored.system.actions if action.fair is not None}
    calm = {state: _calm(explored, state) for state in part}
    return all(
        any(all(edge.action.fair != group for edge in edges) for edges in calm.values())
        or any(edge.action.fair == group and edge.target in part for edges in calm.values() for edge in edges)
        for group in groups
    )


def _edges(system: System, state: State) -> Iterator[Edge]:
    values = named(system, state)
    for action in system.enabled(values):
        yield Edge(action, tuple(system.after(action, values).values()))
