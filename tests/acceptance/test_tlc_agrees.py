"""TLC explores the world of every spec and comes to the same states, commands, lengths and verdicts as we do.

`test_spin_agrees.py` holds Spin against ours in the same worlds. Here each has one
row, one worker and one attempt, since TLC takes longer.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.rendering.exports import tla
from pointsman.spec.names import camel
from pointsman.world.system import Const, GuardedCommand, System, Var, Variable, both, eq
from tests.agreeing import CASES, Case, correct, ours
from tests.checkout import TOP
from tests.tlc import TlcResult, check

MARK = "\\* a test"
LARGE = {"leg:create_reversal:partial"}
"""Worlds of specs that have two smaller ones."""

SMALL = tuple(
    {
        (case.spec, case.world): replace(case, rows=1, workers=1, attempts=1)
        for case in CASES
        if case.world not in LARGE
    }.values()
)
FIRST, SECOND = SMALL[::2], SMALL[1::2]
every_case = pytest.mark.parametrize("case", SMALL, ids=str)


def safety(system: System, folder: Path) -> TlcResult:
    return check(tla.render(system, MARK), f"{camel(system.lifecycle)}Safety", folder)


def liveness(system: System, folder: Path) -> TlcResult:
    return check(tla.render(system, MARK), f"{camel(system.lifecycle)}Liveness", folder)


def test_every_spec_is_here_in_two_worlds() -> None:
    specs = sorted(path.stem for path in (TOP / "spec").glob("*.yaml"))
    assert [case.spec for case in FIRST] == [case.spec for case in SECOND] == specs
    assert not set(FIRST) & set(SECOND)


def calmed(system: System) -> System:
    """The system in which faults end at some point: what the module for liveness says."""
    calm = Variable("calm", ("no", "yes"), "faults have ended", "world")
    calming = GuardedCommand("calming", "world", "faults end", eq(Var("calm"), 0), (("calm", Const(1)),))
    actions = tuple(
        replace(action, guard=both(action.guard, eq(Var("calm"), 0))) if action.fault else action
        for action in system.actions
    )
    return replace(system, variables=(calm, *system.variables), actions=(calming, *actions), tidies=(), responses=())


@every_case
def test_tlc_finds_as_many_states_and_commands_and_no_invariant_or_response_falls(case: Case, tmp_path: Path) -> None:
    """One run of the module for liveness, which has the invariants too."""
    system, found = correct(case)
    told = liveness(system, tmp_path)
    twice = ours(calmed(system))
    assert told.distinct == twice.states == 2 * found.states  # before faults end, and after
    # The initial state counts, and so does a step that rests in each state without a command.
    assert told.generated == twice.transitions + 1 + twice.ends
    assert (told.violated, told.temporal, told.deadlock) == (None, False, False)
    assert not found.broken
    assert not any(found.waits)


@pytest.mark.parametrize("case", [case for case in SMALL if case.spec in {"export_file", "job_run"}], ids=str)
def test_the_module_for_safety_has_each_state_once(case: Case, tmp_path: Path) -> None:
    system, found = correct(case)
    told = safety(system, tmp_path)
    assert (told.distinct, told.generated) == (found.states, found.transitions + 1 + found.ends)
    assert (told.violated, told.deadlock) == (None, False)


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_without_a_law_an_invariant_falls_that_falls_for_us_after_as_many_steps(case: Case, tmp_path: Path) -> None:
    system = case.build(case.wrong)
    found = ours(system)
    told = safety(system, tmp_path)
    number = re.fullmatch(r"Invariant_(\d+)", told.violated or "")
    assert number is not None
    assert told.steps == found.broken[int(number[1]) - 1] == min(found.broken.values())


@pytest.mark.parametrize("case", SECOND, ids=str)
def test_without_a_premise_tlc_too_sees_a_row_that_waits_for_ever(case: Case, tmp_path: Path) -> None:
    system = case.build(case.premise)
    assert liveness(system, tmp_path).temporal
    assert any(ours(system).waits)
