"""The graph's own short walks, against networkx."""

from __future__ import annotations

import itertools

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.spec.graph import Graph
from pointsman.spec.lifecycle import Lifecycle, Status, Transition


@st.composite
def _lifecycles(draw: st.DrawFn) -> Lifecycle:
    """Statuses and any transitions between them, also two between the same and one from a status to itself."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 9)))]
    some = st.sampled_from(names)
    pairs = draw(st.lists(st.tuples(some, some), max_size=24))
    statuses = tuple(Status(name, name, initial=draw(st.booleans())) for name in names)
    return Lifecycle("any", statuses, tuple(Transition(*pair, event="go") for pair in pairs))


@settings(max_examples=500, deadline=None)
@given(_lifecycles(), st.data())
def test_the_graph_answers_as_networkx_does(lifecycle: Lifecycle, data: st.DataObject) -> None:
    graph = Graph(lifecycle)
    digraph = graph.digraph
    names = [status.name for status in lifecycle.statuses]
    some = data.draw(st.lists(st.sampled_from(names), unique=True))

    def ahead(of: nx.MultiDiGraph[str]) -> set[str]:
        return set(some).union(*(nx.descendants(of, name) for name in some))

    assert graph.reached_from(some) == ahead(digraph)
    assert graph.reaching(some) == ahead(digraph.reverse())
    assert graph.exits == {name: set(digraph.successors(name)) - {name} for name in names}
    components = sorted(sorted(group) for group in nx.strongly_connected_components(digraph))
    assert [list(group) for group in graph.components] == components


def test_a_chain_longer_than_the_stack_of_calls_is_walked() -> None:
    names = [f"s{n}" for n in range(5_000)]
    forwards = [Transition(a, b, event="go") for a, b in itertools.pairwise(names)]
    circle = Lifecycle(
        "long", tuple(Status(name, name) for name in names), (*forwards, Transition(names[-1], names[0], event="go"))
    )
    assert Graph(circle).components == (tuple(names),)
    chain = Lifecycle("long", circle.statuses, tuple(forwards))
    assert Graph(chain).components == tuple((name,) for name in names)
