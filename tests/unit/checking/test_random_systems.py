"""The checker and the plain explorer agree on random systems, and every run that the checker shows is one."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from pointsman.checking.explore import Exploration, Explorer, FirstSeen, Limits, Reduction
from pointsman.checking.liveness import Liveness
from pointsman.checking.states import Pace
from pointsman.world.system import TRUE, LeadsTo, System, value_of
from tests import naive_system
from tests.naive_system import Explored
from tests.replayed import is_broken_by, state_of, way_to
from tests.systems import seeded_system

SEEDS = range(250)
HERDS = [range(low, low + 25) for low in SEEDS[::25]]
"""The seeds, in groups that are one test each."""
every_herd = pytest.mark.parametrize("herd", HERDS, ids=lambda herd: f"{herd[0]}-{herd[-1]}")


@dataclass(frozen=True)
class Both:
    """A random system, explored by both. `counts` is how often each command was taken, before anything looks back."""

    system: System
    plain: Explored
    explorer: Explorer
    found: Exploration
    counts: list[int]


def explored(system: System, reduction: Reduction = Reduction.NONE) -> tuple[Explorer, Exploration]:
    explorer = Explorer(system, reduction)
    found = explorer.explore()
    assert found.complete
    return explorer, found


@cache
def both(seed: int) -> Both:
    system = seeded_system(seed)
    explorer, found = explored(system)
    counts = np.sum([table.action_counts() for table in explorer.space.tables], axis=0).tolist()
    return Both(system, naive_system.explore(system), explorer, found, counts)


def each(herd: range) -> Iterator[tuple[System, Explored, Explorer, Exploration]]:
    for seed in herd:
        one = both(seed)
        yield one.system, one.plain, one.explorer, one.found


def depth_of(met: FirstSeen | None) -> int | None:
    return met.depth if met is not None else None


@every_herd
def test_the_same_states_are_met_at_the_same_depths_by_as_many_steps(herd: range) -> None:
    for system, plain, explorer, found in each(herd):
        states = [tuple(state_of(explorer, index).values()) for index in range(len(explorer.seen))]
        assert (set(states), len(states)) == (set(plain.states), len(plain.states))
        assert found.transitions == plain.transitions
        bounds = [*found.levels, len(states)]
        for depth, (low, high) in enumerate(pairwise(bounds)):
            assert {plain.depth[state] for state in states[low:high]} == {depth}
        assert states[0] == tuple(system.initial.values())


@every_herd
def test_each_command_is_counted_as_often_as_it_is_enabled(herd: range) -> None:
    for seed in herd:
        one = both(seed)
        taken = [edge.action for edges in one.plain.edges.values() for edge in edges]
        assert one.counts == [taken.count(action) for action in one.system.actions]


@every_herd
def test_invariants_fall_and_witnesses_are_found_at_the_least_depth_and_by_real_runs(herd: range) -> None:
    for system, plain, explorer, found in each(herd):
        for number, invariant in enumerate(system.invariants):
            assert depth_of(found.broken.get(number)) == naive_system.shortest_break(plain, invariant)
        for number, witness in enumerate(system.witnesses):
            assert depth_of(found.seen_wanted.get(number)) == naive_system.shortest_witness(plain, witness)
        truths = [(system.invariants[number].bad, met) for number, met in found.broken.items()]
        truths += [(system.witnesses[number].wanted, met) for number, met in found.seen_wanted.items()]
        for truth, met in truths:
            played = way_to(explorer, found, met.index)
            assert len(played.steps) == met.depth
            assert value_of(truth, played.end)


@every_herd
def test_dead_ends_are_told_apart_by_whether_something_waits_there(herd: range) -> None:
    for system, plain, explorer, found in each(herd):
        waiting = plain.where(system.responses[0].pending)  # the second has a trigger
        ends = naive_system.dead_ends(plain)
        assert found.ends == len(ends - waiting)
        stuck = [plain.depth[state] for state in ends & waiting]
        assert depth_of(found.stuck) == min(stuck, default=None)
        if found.stuck is not None:
            assert tuple(state_of(explorer, found.stuck.index).values()) in ends & waiting


@every_herd
def test_responses_come_out_alike_and_what_breaks_them_is_a_fair_run(herd: range) -> None:
    for system, plain, explorer, found in each(herd):
        tidy, found_tidy = explored(system, Reduction.TIDY)
        for response in system.responses:
            lasso = Liveness(explorer).breach(response)
            assert (lasso is None) == naive_system.holds(plain, response)
            assert Liveness(tidy).breach(response) == lasso  # there is nothing to tidy
            assert found_tidy.transitions == found.transitions
            if lasso is not None:
                is_broken_by(explorer, found, response, lasso)
                assert _can_have_been_asked(plain, response, tuple(state_of(explorer, lasso.entry).values()))


def _can_have_been_asked(plain: Explored, response: LeadsTo, entry: tuple[int, ...]) -> bool:
    """Whether a run gets there from a state where the trigger holds, with the response pending all the way."""
    pending = plain.where(response.pending)
    reached = pending & plain.where(response.trigger or TRUE)
    waiting = list(reached)
    for state in waiting:  # it grows while we walk it
        new = {edge.target for edge in plain.edges[state]} & pending - reached
        reached |= new
        waiting += new
    return entry in reached


@every_herd
def test_a_run_that_breaks_a_response_is_entered_as_early_as_any(herd: range) -> None:
    for system, plain, explorer, found in each(herd):
        for response in system.responses:
            lasso = Liveness(explorer).breach(response)
            if lasso is not None:
                stuck = naive_system.stuck(plain, response)
                assert len(explorer.path(found, lasso.entry)) == min(plain.depth[state] for state in stuck)


def test_the_seeds_have_every_verdict() -> None:
    seen: set[tuple[str, bool]] = set()
    for _, _, explorer, found in each(SEEDS):
        lassos = [Liveness(explorer).breach(response) for response in explorer.space.system.responses]
        seen |= {(f"response {number}", lasso is None) for number, lasso in enumerate(lassos)}
        seen |= {("rests", not lasso.loop) for lasso in lassos if lasso is not None}
        seen |= {("falls", bool(found.broken)), ("shown", bool(found.seen_wanted)), ("stuck", found.stuck is not None)}
    names = {name for name, _ in seen}
    assert seen == {(name, verdict) for name in names for verdict in (True, False)}


# --- many states --------------------------------------------------------------------------

PACES = {
    "sorted": Pace(hashed=0),
    "a target at a time": Pace(hashed=0, batch=1),
    "small batches": Pace(hashed=4, batch=5),
    "two threads": Pace(hashed=0, batch=5, threads=2, shared=0),
}
"""Small worlds are explored as large ones are: states sorted from the first levels on, in batches, merged."""


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.checking.states._PIECE", 3)
    monkeypatch.setattr("pointsman.checking.explore.CHUNK", 4)
    monkeypatch.setattr("pointsman.checking.explore.SMALL", 2)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("pace", PACES.values(), ids=PACES)
def test_states_levels_and_verdicts_are_the_same_where_states_are_sorted(pace: Pace) -> None:
    for seed in SEEDS[::5]:
        one = both(seed)
        explorer = Explorer(one.system, Reduction.NONE, pace)
        found = explorer.explore()
        assert found.complete
        assert (found.levels, found.transitions, found.ends) == (
            one.found.levels,
            one.found.transitions,
            one.found.ends,
        )
        states = [tuple(state_of(explorer, index).values()) for index in range(len(explorer.seen))]
        for depth, (low, high) in enumerate(pairwise([*found.levels, len(states)])):
            assert set(states[low:high]) == {state for state in one.plain.states if one.plain.depth[state] == depth}
            assert len(set(states[low:high])) == high - low
        for mine, usual in ((found.broken, one.found.broken), (found.seen_wanted, one.found.seen_wanted)):
            assert {number: met.depth for number, met in mine.items()} == {n: met.depth for n, met in usual.items()}
            assert all(len(way_to(explorer, found, met.index).steps) == met.depth for met in mine.values())
        assert depth_of(found.stuck) == depth_of(one.found.stuck)
        for response in one.system.responses:
            lasso = Liveness(explorer).breach(response)
            assert (lasso is None) == naive_system.holds(one.plain, response)
            if lasso is not None:
                is_broken_by(explorer, found, response, lasso)


@pytest.mark.usefixtures("large")
def test_one_and_two_threads_meet_the_same_states_in_the_same_order() -> None:
    for seed in SEEDS[::5]:
        alone, together = (
            Explorer(both(seed).system, Reduction.NONE, PACES[name]) for name in ("sorted", "two threads")
        )
        found, again = alone.explore(), together.explore()
        assert alone.seen.order.tobytes() == together.seen.order.tobytes()
        assert (found.levels, found.broken, found.seen_wanted) == (again.levels, again.broken, again.seen_wanted)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("pace", PACES.values(), ids=PACES)
def test_a_limit_cuts_a_level_short_where_states_are_sorted(pace: Pace) -> None:
    cut = 0
    for seed in SEEDS[::10]:
        one = both(seed)
        size = len(one.plain.states)
        for limits in (Limits(bytes=8 * size), Limits(states=size // 2), Limits(states=size)):
            explorer = Explorer(one.system, Reduction.NONE, pace)
            found = explorer.explore(limits)
            states = {tuple(state_of(explorer, index).values()) for index in range(len(explorer.seen))}
            assert len(states) == len(explorer.seen)
            assert states <= set(one.plain.states)
            assert found.complete == (limits.states == size)
            assert found.complete or found.cut.startswith("the limit of ")
            assert not found.complete or states == set(one.plain.states)
            cut += not found.complete and len(states) < size
    assert cut > 20, "hardly a limit was met before the end"


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("pace", PACES.values(), ids=PACES)
def test_a_ctrl_c_amid_a_level_keeps_what_was_found(pace: Pace, monkeypatch: pytest.MonkeyPatch) -> None:
    targets = Explorer._targets
    for seed in SEEDS[::10]:
        one, calls = both(seed), 0

        def interrupted(explorer: Explorer, start: int, stop: int) -> object:
            nonlocal calls
            calls += 1
            if calls == 4:
                raise KeyboardInterrupt
            return targets(explorer, start, stop)

        monkeypatch.setattr(Explorer, "_targets", interrupted)
        explorer = Explorer(one.system, Reduction.NONE, pace)
        found = explorer.explore()
        monkeypatch.setattr(Explorer, "_targets", targets)
        assert found.interrupted == (calls >= 4)
        states = {tuple(state_of(explorer, index).values()) for index in range(len(explorer.seen))}
        assert len(states) == len(explorer.seen)
        assert states <= set(one.plain.states)
        assert all(one.plain.depth[state] <= found.depth + 1 for state in states)
        for met in found.broken.values():
            assert len(way_to(explorer, found, met.index).steps) == met.depth
