"""Spin explores the world of every spec and comes to the same states, steps, lengths and verdicts as we do.

Nothing is reduced on either side: ours is `Reduction.NONE`, and Spin runs
without partial order reduction.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pointsman.checking.explore import Explorer, Reduction
from pointsman.checking.liveness import Liveness
from pointsman.loading.load import load
from pointsman.rendering.exports import promela
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build
from pointsman.world.scope import Scope, world_named
from pointsman.world.system import System
from tests.checkout import TOP
from tests.spin import check_response, check_safety

MARK = "/* a test */"


@dataclass(frozen=True)
class Case:
    """A spec in a scope, a wrong implementation that breaks something there, a premise without which a row waits."""

    spec: str
    world: str
    wrong: str
    premise: str
    rows: int = 1
    workers: int = 1
    attempts: int = 1

    def __str__(self) -> str:
        return f"{self.spec}-{self.world}-{self.rows}{self.workers}{self.attempts}"

    def build(self, *without: str) -> System:
        """The world, without what is named."""
        lifecycle = read(self.spec)
        scope = Scope(self.rows, self.workers, self.attempts, world_named(lifecycle, self.world))
        return build(lifecycle, scope, without)


@functools.cache
def read(spec: str) -> Lifecycle:
    return load(TOP / "spec" / f"{spec}.yaml")


CASES = (
    Case("ach_debit", "leg:stop_first", "gives_up_blind", "requests-end"),
    Case("ach_debit", "leg:send_second", "forgets_the_receipt", "reports-come-to-an-end"),
    Case("export_file", "default", "forgets_the_receipt", "requests-end", workers=2, attempts=2),
    Case("export_file", "arrivals", "done_without_receipt", "worker-goes-on"),
    Case("job_run", "leg:create_job", "claims_by_reading", "requests-end"),
    Case("job_run", "leg:delete_job", "bump_rewrites_amount", "time-passes", workers=2, attempts=2),
    Case("job_run", "leg:delete_job", "timeout_means_failed", "due-rows-are-claimed", rows=2),
    Case("payout", "leg:create_payout", "fresh_key_each_attempt", "worker-goes-on"),
    Case("payout", "arrivals", "gives_up_blind", "requests-end"),
    Case("refund", "leg:create_refund", "fresh_key_each_attempt", "requests-end"),
    Case("refund", "leg:cancel_refund", "keeps_key_in_memory", "reports-come-to-an-end"),
    Case("seller_transfer", "leg:create_transfer", "fresh_key_each_attempt", "due-rows-are-claimed"),
    Case("seller_transfer", "leg:create_reversal", "gives_up_blind", "requests-end"),
    Case("seller_transfer", "leg:create_reversal:partial", "done_without_receipt", "time-passes"),
    Case("subscription", "leg:create_subscription", "gives_up_blind", "requests-end"),
    Case("subscription", "leg:end_subscription", "compares_status_only", "worker-goes-on", workers=2, attempts=2),
)
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@dataclass(frozen=True)
class Ours:
    """What our own exploration came to; `broken` has the least depth of each invariant that fell, by its number."""

    states: int
    transitions: int
    broken: Mapping[int, int]
    waits: tuple[bool, ...]


def ours(system: System) -> Ours:
    explorer = Explorer(system, Reduction.NONE)
    found = explorer.explore()
    assert found.complete
    liveness = Liveness(explorer)
    return Ours(
        states=len(explorer.seen),
        transitions=found.transitions,
        broken={number: met.depth for number, met in found.broken.items()},
        waits=tuple(liveness.breach(response) is not None for response in system.responses),
    )


def test_every_spec_is_here_in_two_scopes() -> None:
    chosen = [case.spec for case in CASES]
    assert {path.stem: min(chosen.count(path.stem), 2) for path in (TOP / "spec").glob("*.yaml")} == dict.fromkeys(
        chosen, 2
    )


@functools.cache
def correct(case: Case) -> tuple[System, Ours]:
    """The world with everything in it, which two tests compare."""
    system = case.build()
    return system, ours(system)


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
