"""The yardstick is measured by hand, on systems that fit on a hand."""

import pytest
from hypothesis import given

from pointsman.world.system import (
    TRUE,
    Const,
    Expr,
    GuardedCommand,
    Invariant,
    LeadsTo,
    System,
    Var,
    Variable,
    Witness,
    both,
    eq,
    ne,
    value_of,
)
from tests.naive_system import (
    dead_ends,
    explore,
    holds,
    never_taken,
    shortest_break,
    shortest_witness,
    stuck,
)
from tests.systems import seeded_system, systems

X = Var("x")


def step(source: int, target: int, *, fair: str | None = None, fault: str | None = None) -> GuardedCommand:
    """A command that moves x from one value to another."""
    name = f"move_{source}_{target}_{fair}_{fault}"
    return GuardedCommand(name, "worker", name, eq(X, source), (("x", Const(target)),), fair, fault)


def walk(*actions: GuardedCommand, size: int = 4) -> System:
    """A system of one variable x."""
    values = tuple(f"value {value}" for value in range(size))
    return System("hand", "hand", (Variable("x", values, "x", "row 1"),), actions)


def leads(pending: Expr, trigger: Expr | None = None) -> LeadsTo:
    return LeadsTo("settles", pending, "it never settles", trigger)


def test_every_state_is_found_at_its_shortest_distance() -> None:
    explored = explore(walk(step(0, 1), step(1, 2), step(0, 2), step(2, 2)))
    assert list(explored.states) == [(0,), (1,), (2,)]
    assert dict(explored.depth) == {(0,): 0, (1,): 1, (2,): 1}
    assert explored.transitions == 4
    assert dead_ends(explored) == set()


def test_a_state_without_commands_is_a_dead_end() -> None:
    assert dead_ends(explore(walk(step(0, 1)))) == {(1,)}


def test_a_command_that_is_enabled_nowhere_is_told() -> None:
    assert never_taken(explore(walk(step(0, 1), step(3, 0)))) == {"move_3_0_None_None"}


def test_all_updates_read_the_state_before() -> None:
    swap = GuardedCommand("swap", "worker", "swaps", TRUE, (("x", Var("y")), ("y", X)))
    two = ("0", "1")
    system = System("hand", "hand", (Variable("x", two, "x", "a"), Variable("y", two, "y", "a", initial=1)), (swap,))
    assert list(explore(system).states) == [(0, 1), (1, 0)]


def test_an_invariant_is_broken_after_the_fewest_commands() -> None:
    explored = explore(walk(step(0, 1), step(1, 2), step(2, 3), step(0, 3)))
    assert shortest_break(explored, Invariant("p", eq(X, 3), "it is 3")) == 1
    assert shortest_break(explored, Invariant("p", eq(X, 0), "it is 0")) == 0
    assert shortest_break(explore(walk(step(0, 1))), Invariant("p", eq(X, 3), "it is 3")) is None


def test_a_witness_is_found_after_the_fewest_commands() -> None:
    explored = explore(walk(step(0, 1), step(1, 2)))
    assert shortest_witness(explored, Witness("p", eq(X, 2), "it is 2")) == 2
    assert shortest_witness(explored, Witness("p", eq(X, 3), "it is 3")) is None


def test_a_run_may_stop_where_no_command_is_fair() -> None:
    explored = explore(walk(step(0, 1)))
    assert stuck(explored, leads(eq(X, 0))) == {(0,)}


def test_a_fair_command_happens() -> None:
    assert holds(explore(walk(step(0, 1, fair="g"))), leads(eq(X, 0)))


def test_a_run_may_go_round_past_a_command_that_is_only_now_and_then_enabled() -> None:
    explored = explore(walk(step(0, 1), step(1, 0), step(1, 2, fair="g")))
    assert stuck(explored, leads(ne(X, 2))) == {(0,), (1,)}


def test_a_run_may_not_go_round_past_a_group_that_is_always_enabled() -> None:
    explored = explore(walk(step(0, 1), step(1, 0), step(1, 2, fair="g"), step(0, 3, fair="g")))
    assert holds(explored, leads(both(ne(X, 2), ne(X, 3))))


def test_a_group_is_served_by_any_of_its_commands() -> None:
    explored = explore(walk(step(0, 1, fair="g"), step(1, 0, fair="g"), step(1, 2, fair="g")))
    assert stuck(explored, leads(ne(X, 2))) == {(0,), (1,)}


def test_a_command_that_changes_nothing_still_happens() -> None:
    explored = explore(walk(step(0, 0, fair="g"), step(0, 1, fair="g")))
    assert stuck(explored, leads(eq(X, 0))) == {(0,)}


def test_groups_are_judged_each_on_its_own() -> None:
    explored = explore(walk(step(0, 1, fair="g"), step(1, 0, fair="g"), step(0, 2, fair="h"), step(1, 2, fair="h")))
    assert holds(explored, leads(ne(X, 2)))


def test_faults_end_so_they_keep_nothing_pending_for_ever() -> None:
    explored = explore(walk(step(0, 1, fair="g"), step(1, 0, fault="crash"), step(1, 2, fair="g")))
    assert holds(explored, leads(ne(X, 2)))


def test_a_fault_can_lead_to_where_a_run_is_stuck() -> None:
    explored = explore(walk(step(0, 1, fair="g"), step(0, 2, fault="crash")))
    assert stuck(explored, leads(ne(X, 1))) == {(2,)}


def test_a_fault_does_not_count_as_progress() -> None:
    explored = explore(walk(step(0, 1, fair="g", fault="crash")))
    assert stuck(explored, leads(eq(X, 0))) == {(0,)}


@pytest.mark.parametrize(("trigger", "verdict"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_trigger_must_come_before_and_stay_unanswered(trigger: int, verdict: bool) -> None:
    # x is answered at 1; the trigger at 0 is answered on the way, and at 1 at once.
    explored = explore(walk(step(0, 1, fair="g"), step(1, 2, fair="g"), step(2, 3, fair="g")))
    assert holds(explored, leads(ne(X, 1), eq(X, trigger))) is verdict


def test_faults_may_strike_between_the_trigger_and_the_end() -> None:
    explored = explore(walk(step(0, 1, fault="crash"), step(0, 2, fair="g")))
    assert not holds(explored, leads(ne(X, 2), eq(X, 0)))


@given(systems())
def test_random_systems_stay_in_their_domains(system: System) -> None:
    explored = explore(system)
    assert all(0 <= value < v.size for s in explored.states for v, value in zip(system.variables, s, strict=True))
    assert all(value_of(edge.action.guard, explored.named(s)) for s, edges in explored.edges.items() for edge in edges)


def test_random_systems_differ_in_every_verdict() -> None:
    found = [explore(seeded_system(seed)) for seed in range(60)]
    for position in range(2):
        assert {holds(each, each.system.responses[position]) for each in found} == {True, False}
        assert len({shortest_break(each, each.system.invariants[position]) for each in found}) > 3
    assert {bool(dead_ends(each)) for each in found} == {True, False}
    assert max(len(each.states) for each in found) > 100
