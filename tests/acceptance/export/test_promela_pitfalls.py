"""Where Spin's answer is easily something else than one thinks."""

import subprocess
from pathlib import Path

import pytest

from pointsman.rendering.exports import promela
from pointsman.world.system import (
    TRUE,
    Choose,
    Const,
    Equal,
    Expr,
    GuardedCommand,
    Invariant,
    LeadsTo,
    Plus,
    System,
    Var,
    Variable,
    eq,
    ne,
    some,
)
from tests.naive_system import explore, holds
from tests.spin import check_response, check_safety
from tests.toolchains import c_compiler, need

MARK = "/* a test */"
X, Y = Var("x"), Var("y")
WORDS = ("none", "one", "two", "three")


def world(*actions: GuardedCommand, pending: Expr = TRUE, trigger: Expr | None = None) -> System:
    variables = (Variable("x", WORDS, "the x", "row 1"), Variable("y", WORDS[:2], "the y", "world"))
    response = LeadsTo("settles", pending, "it stays", trigger)
    return System("walk", "by hand", variables, actions, (Invariant("p", eq(X, 2), "it is two"),), (response,))


def step(name: str, source: int, target: int, fair: str | None = None, fault: str | None = None) -> GuardedCommand:
    return GuardedCommand(name, "worker", "acts", eq(X, source), (("x", Const(target)),), fair, fault)


def test_a_variable_that_nothing_reads_is_part_of_the_state_with_o2_only(tmp_path: Path) -> None:
    written = GuardedCommand("write", "worker", "writes", eq(X, 0), (("y", Const(1)),))
    system = world(written, step("go", 0, 1))
    text = promela.safety(system, MARK)
    assert check_safety(text, tmp_path).states == len(explore(system).states) == 4
    subprocess.run([need("spin"), "-a", "model.pml"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([c_compiler(), "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"], cwd=tmp_path, check=True)
    done = subprocess.run(["./pan"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "4 states, stored" not in done.stdout


def test_commands_with_one_guard_all_happen_for_each_is_an_option_of_its_own(tmp_path: Path) -> None:
    system = world(step("a", 0, 1), step("b", 0, 2), step("c", 0, 3), step("d", 0, 1))
    spun = check_safety(promela.safety(system, MARK), tmp_path, defines=["INVARIANT=0"])
    assert (spun.states, spun.transitions) == (4, 4)


def test_a_state_without_commands_is_a_place_to_rest_unless_one_asks(tmp_path: Path) -> None:
    text = promela.safety(world(step("a", 0, 1)), MARK)
    assert check_safety(text, tmp_path).errors == 0
    assert check_safety(text, tmp_path, defines=["DEADLOCK"]).deadlock


def test_an_invariant_is_chosen_by_its_number(tmp_path: Path) -> None:
    text = promela.safety(world(step("a", 0, 2)), MARK)
    assert check_safety(text, tmp_path).broken
    assert check_safety(text, tmp_path, defines=["INVARIANT=1"]).broken
    assert not check_safety(text, tmp_path, defines=["INVARIANT=2"]).broken


def test_an_update_in_a_ring_adds_no_state_and_leaves_breadth_first_search_possible(tmp_path: Path) -> None:
    swap = GuardedCommand("swap", "worker", "swaps", TRUE, (("x", Y), ("y", Choose(eq(X, 1), Const(1), Const(0)))))
    system = world(swap, step("a", 0, 1))
    for bfs in (False, True):
        spun = check_safety(promela.safety(system, MARK), tmp_path, bfs=bfs)
        assert spun.states == len(explore(system).states)


def test_fairness_of_one_process_is_not_that_of_its_commands(tmp_path: Path) -> None:
    # One group goes round, the other leads out: as one process, Spin would go round for ever.
    system = world(
        step("a", 0, 1, "g"), step("b", 1, 0, "g"), step("c", 0, 2, "h"), step("d", 1, 2, "h"), pending=ne(X, 2)
    )
    text = promela.liveness(system, MARK)
    assert holds(explore(system), system.responses[0])
    assert not check_response(text, tmp_path, 1).cycle
    between = "  od\n}\n\n/* fair: h */\nactive proctype group_2() {\n  do\n"
    assert between in text
    assert check_response(text.replace(between, ""), tmp_path, 1).cycle


def test_a_command_without_fairness_may_never_happen(tmp_path: Path) -> None:
    text = promela.liveness(world(step("a", 0, 1), pending=eq(X, 0)), MARK)
    assert check_response(text, tmp_path, 1).cycle


def test_without_fairness_even_a_fair_command_may_never_happen(tmp_path: Path) -> None:
    text = promela.liveness(world(step("a", 0, 1, "g"), pending=eq(X, 0)), MARK)
    assert not check_response(text, tmp_path, 1).cycle
    assert check_response(text, tmp_path, 1, fair=False).cycle


def test_faults_end(tmp_path: Path) -> None:
    text = promela.liveness(world(step("a", 0, 1, "g"), step("b", 1, 0, fault="crash"), pending=ne(X, 3)), MARK)
    assert check_response(text, tmp_path, 1).cycle
    flapping = world(step("a", 0, 1, "g"), step("b", 1, 0, fault="crash"), step("c", 1, 2, "g"), pending=ne(X, 2))
    assert not check_response(promela.liveness(flapping, MARK), tmp_path, 1).cycle


@pytest.mark.parametrize("trigger", range(4))
def test_a_trigger_counts_only_while_what_it_asks_for_is_missing(trigger: int, tmp_path: Path) -> None:
    steps = (step("a", 0, 1, "g"), step("b", 1, 2, "g"), step("c", 2, 3, "g"))
    system = world(*steps, pending=ne(X, 1), trigger=eq(X, trigger))
    spun = check_response(promela.liveness(system, MARK), tmp_path, 1)
    assert spun.cycle != holds(explore(system), system.responses[0])
    assert spun.cycle == (trigger >= 2)


@pytest.mark.parametrize("number", [1, 2])
def test_each_response_is_a_claim_and_one_is_checked_in_a_run(number: int, tmp_path: Path) -> None:
    system = world(step("a", 0, 1, "g"), pending=eq(X, 0))
    both = System(
        "walk", "by hand", system.variables, system.actions, (), (*system.responses, LeadsTo("q", TRUE, "it is"))
    )
    assert check_response(promela.liveness(both, MARK), tmp_path, number).cycle == (number == 2)


def test_a_claim_may_be_long_and_conditional_where_a_formula_may_not(tmp_path: Path) -> None:
    parts = [Equal(Choose(eq(Y, number % 2), X, Const(3)), Plus(Const(number), -number)) for number in range(400)]
    system = world(step("a", 0, 1, "g"), pending=some(*parts))
    assert not check_response(promela.liveness(system, MARK), tmp_path, 1).cycle


@pytest.mark.parametrize("groups", [1, 4, 5, 8, 9, 80])
def test_a_verifier_for_as_many_groups_as_there_are_is_asked_for(groups: int, tmp_path: Path) -> None:
    actions = [step(f"a{number}", 0, 1, f"g{number}") for number in range(groups)]
    system = world(*actions, step("b", 1, 2, "last"), pending=ne(X, 2))
    assert not check_response(promela.liveness(system, MARK), tmp_path, 1).cycle
