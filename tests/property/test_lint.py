"""Lint over random lifecycles, and the graph against brute force."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings

from pointsman.linting.lint import lint
from pointsman.linting.rules import CODES
from pointsman.spec.graph import Graph
from pointsman.spec.lifecycle import Lifecycle, Queue, Status, StatusKind, Transition
from tests.lifecycles import ladder, lifecycles


@settings(max_examples=300, deadline=None)
@given(lifecycles())
def test_lint_has_something_sensible_to_say_of_every_lifecycle(lifecycle: Lifecycle) -> None:
    for finding in lint(lifecycle):
        assert finding.code in CODES
        assert finding.subject
        assert finding.help.endswith(".")
        assert "\n" not in finding.message


@settings(max_examples=200, deadline=None)
@given(lifecycles(max_statuses=6))
def test_reachable_trap_and_reaching_are_what_walking_shows(lifecycle: Lifecycle) -> None:
    graph = Graph(lifecycle)
    reach = {status.name: _walk(lifecycle, status.name) for status in lifecycle.statuses}
    initial = {status.name for status in lifecycle.statuses if status.initial}
    assert graph.reachable == {name for first in initial for name in reach[first]}
    for status in lifecycle.statuses:
        assert graph.reaching([status.name]) == {name for name in reach if status.name in reach[name]}
        assert graph.reached_from([status.name]) == reach[status.name]
    caught = {name for group in graph.traps for name in group}
    ends = {status.name for status in lifecycle.statuses if status.kind is not StatusKind.TRANSIENT}
    for name, found in reach.items():
        # In a trap: no place to stay ahead, somewhere else to go, and no way to leave the circle.
        circling = len(found) > 1 and not found & ends and all(name in reach[other] for other in found)
        assert (name in caught) is circling


def _walk(lifecycle: Lifecycle, start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for transition in lifecycle.moves[waiting.pop()]:
            if transition.target not in found:
                found.add(transition.target)
                waiting.append(transition.target)
    return found


def _crowded(size: int) -> Lifecycle:
    """Three transitions out of each status, everything in one queue, and an owner for all of it."""
    base = ladder(size)
    more = tuple(
        Transition(t.source, base.statuses[min(n // 2 + 50, size - 1)].name, event="jump", path=("transitions", n))
        for n, t in enumerate(base.transitions)
        if n % 2 == 0
    )
    polled = tuple(status.name for status in base.statuses[:-1])
    return replace(base, transitions=base.transitions + more, queues=(Queue("all", polled),))


def _star(size: int) -> Lifecycle:
    """One status from which one event leads to all the others."""
    hub = Status("hub", "hub", initial=True)
    ends = tuple(Status(f"end_{n}", f"end_{n}", terminal=True) for n in range(size - 1))
    moves = tuple(Transition("hub", end.name, event="go") for end in ends for _ in range(3))
    return Lifecycle("star", (hub, *ends), moves)


@pytest.mark.parametrize("shape", [_crowded, _star])
def test_the_time_to_lint_grows_with_the_spec_and_not_faster(shape: Callable[[int], Lifecycle]) -> None:
    lint(shape(10))  # imports

    def seconds(size: int) -> float:
        lifecycle = shape(size)
        begun = time.process_time()
        lint(lifecycle)
        return time.process_time() - begun

    small, large = (min(seconds(size) for _ in range(3)) for size in (1_000, 5_000))
    assert large < 5.0
    # Five times the spec; quadratic would be twenty-five times the time.
    assert large < 12 * small + 0.2


@settings(max_examples=100, deadline=None)
@given(lifecycles(min_statuses=2))
def test_lint_says_the_same_each_time(lifecycle: Lifecycle) -> None:
    assert lint(lifecycle) == lint(lifecycle)
