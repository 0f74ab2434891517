"""Spin explores the world of every spec and comes to the same states, steps, lengths and verdicts as we do.

Nothing is reduced on either side: ours is `Reduction.NONE`, and Spin runs
without partial order reduction.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.rendering.exports import promela
from pointsman.world.system import System
from tests.agreeing import CASES, Case, correct, ours
from tests.checkout import TOP
from tests.spin import check_response, check_safety

MARK = "/* a test */"


every_case = pytest.mark.parametrize("case", CASES, ids=str)


def test_every_spec_is_here_in_two_scopes() -> None:
    chosen = [case.spec for case in CASES]
    assert {path.stem: min(chosen.count(path.stem), 2) for path in (TOP / "spec").glob("*.yaml")} == dict.fromkeys(
        chosen, 2
    )


@every_case
def test_spin_finds_as_many_states_and_transitions_and_nothing_wrong(case: Case, tmp_path: Path) -> None:
    system, found = correct(case)
    spun = check_safety(promela.safety(system, MARK), tmp_path)
    assert (spun.states, spun.transitions, spun.errors) == (found.states, found.transitions, 0)
    assert not found.broken


@every_case
def test_spin_sees_every_row_resolved(case: Case, tmp_path: Path) -> None:
    system, found = correct(case)
    assert system.responses
    assert found.waits == tuple(False for _ in system.responses) == _waits(system, tmp_path)


@every_case
def test_without_a_law_the_same_invariants_fall_after_as_many_steps(case: Case, tmp_path: Path) -> None:
    system = case.build(case.wrong)
    found = ours(system)
    assert found.broken
    for number, length in found.broken.items():
        alone = replace(system, invariants=(system.invariants[number],))
        spun = check_safety(promela.safety(alone, MARK), tmp_path, bfs=True)
        assert (spun.broken, spun.depth) == (True, length), system.invariants[number].says
    held = tuple(each for number, each in enumerate(system.invariants) if number not in found.broken)
    spun = check_safety(promela.safety(replace(system, invariants=held), MARK), tmp_path)
    assert (spun.states, spun.transitions, spun.errors) == (found.states, found.transitions, 0)


@every_case
def test_without_a_premise_spin_too_sees_a_row_that_waits_for_ever(case: Case, tmp_path: Path) -> None:
    system = case.build(case.premise)
    waits = ours(system).waits
    assert waits == _waits(system, tmp_path)
    assert any(waits)


def _waits(system: System, folder: Path) -> tuple[bool, ...]:
    """For each response, whether Spin finds a fair run that breaks it."""
    text = promela.liveness(system, MARK)
    return tuple(check_response(text, folder, number).cycle for number in range(1, len(system.responses) + 1))
