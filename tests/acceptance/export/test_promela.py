"""Spin and the naive explorer agree on everything that can be counted or decided."""

from pathlib import Path

import pytest

from pointsman.rendering.exports import promela
from tests.naive_system import dead_ends, explore, holds, shortest_break
from tests.spin import check_response, check_safety
from tests.systems import seeded_system

MARK = "/* a test */"
SEEDS = (2, 4, 6, 9, 10, 11, 13, 15, 19, 23, 25, 27)


@pytest.mark.parametrize("seed", SEEDS)
def test_spin_counts_the_states_and_transitions_of_the_system(seed: int, tmp_path: Path) -> None:
    system = seeded_system(seed)
    explored = explore(system)
    spun = check_safety(promela.safety(system, MARK), tmp_path, defines=["INVARIANT=0"])
    assert (spun.states, spun.transitions, spun.errors) == (len(explored.states), explored.transitions, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_spin_and_we_agree_on_dead_ends(seed: int, tmp_path: Path) -> None:
    system = seeded_system(seed)
    spun = check_safety(promela.safety(system, MARK), tmp_path, defines=["INVARIANT=0", "DEADLOCK"])
    assert spun.deadlock == bool(dead_ends(explore(system)))


@pytest.mark.parametrize("seed", SEEDS)
def test_spin_breaks_an_invariant_after_as_many_commands_or_not_at_all(seed: int, tmp_path: Path) -> None:
    system = seeded_system(seed)
    text, explored = promela.safety(system, MARK), explore(system)
    for number, invariant in enumerate(system.invariants, 1):
        spun = check_safety(text, tmp_path, defines=[f"INVARIANT={number}"], bfs=True)
        assert (spun.depth if spun.broken else None) == shortest_break(explored, invariant)
        assert spun.errors == int(spun.broken)


@pytest.mark.parametrize("seed", SEEDS)
def test_checking_invariants_that_hold_costs_neither_a_state_nor_a_transition(seed: int, tmp_path: Path) -> None:
    system = seeded_system(seed)
    explored = explore(system)
    held = [number for number, each in enumerate(system.invariants, 1) if shortest_break(explored, each) is None]
    for number in held:
        spun = check_safety(promela.safety(system, MARK), tmp_path, defines=[f"INVARIANT={number}"])
        assert (spun.states, spun.transitions, spun.errors) == (len(explored.states), explored.transitions, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_spin_and_we_agree_on_responses(seed: int, tmp_path: Path) -> None:
    system = seeded_system(seed)
    text, explored = promela.liveness(system, MARK), explore(system)
    for number, response in enumerate(system.responses, 1):
        spun = check_response(text, tmp_path, number)
        assert spun.cycle != holds(explored, response)
        assert spun.errors == int(spun.cycle)


def test_the_seeds_have_every_verdict() -> None:
    explored = [explore(seeded_system(seed)) for seed in SEEDS]
    assert {bool(dead_ends(each)) for each in explored} == {True, False}
    for position in range(2):
        assert {holds(each, each.system.responses[position]) for each in explored} == {True, False}
        assert len({shortest_break(each, each.system.invariants[position]) for each in explored}) > 3
    assert any("t_1 = v_" in promela.safety(each.system, MARK) for each in explored), "updates that go round in a ring"
