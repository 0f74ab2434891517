"""Measures the runs that three ways of searching need to find a planted bug, and the time of a guided step.

    python bench/search.py [SEEDS [LIMIT]]

Fifty seeds, unless given, and two thousand runs after which a search gives up. Each seed plants one bug in an
implementation of the seller transfer: after a certain chain of a row's creation and four transitions its guard lets an
event through that the spec refuses, which makes six steps. It is looked for with Hypothesis and one rule per
transition, on rows from a bundle; with the kit's machine, where the guide chooses and Hypothesis supplies the numbers;
and with the same guide on a plain random source. Every run has twenty steps, and none is judged: the bug itself
records that it was reached. The figures are medians of runs; a search that found nothing counts as its limit.

Then the time of a step without the implementation's: of a machine with one rule that does nothing, and of the kit's.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pointsman.loading.load import load
from pointsman_conformance.core.driver import Played
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.plan import Advance, Create, Happen, Step
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.machine import HypothesisEffort, state_machine
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.search.campaign import Chance
from pointsman_conformance.search.cells import survey
from pointsman_conformance.search.coverage import Coverage, covered
from pointsman_conformance.search.guide import Guide
from pointsman_conformance.search.setup_steps import Bringing
from pointsman_conformance.search.ways import Way

SPEC = load(Path(__file__).parents[1] / "spec" / "seller_transfer.yaml")
STEPS = 20
LIMIT = int(sys.argv[2]) if len(sys.argv) > 2 and __name__ == "__main__" else 2_000
"""Runs after which a search gives up."""

_LONG = ("pending", "failed", "completed", "reversal_pending")
CHAINS = ((*_LONG, "reversed"), (*_LONG, "permanently_failed"))
EVENT = "refund_requested"
"""The event that the broken guard lets through at the end of the chain."""


@dataclass
class Bug:
    """The planted bug: the chain that triggers it, how far each row has come in it; reached in this run, or in any."""

    chain: tuple[str, ...]
    paths: dict[str, list[str]] = field(default_factory=dict)
    found: bool = False
    ever: bool = False


class Searched(InProcess):
    """The driver of the implementation with the bug. It records every row's transitions."""

    def __init__(self, bug: Bug) -> None:
        self.bug, self.spent = bug, 0.0
        super().__init__(SPEC, _broken(bug), name="planted")

    def begin(self, case: str) -> None:
        self.bug.paths.clear()
        self.bug.found = False
        began = time.process_time()
        super().begin(case)
        self.spent += time.process_time() - began

    def play(self, step: Step) -> Played:
        began = time.process_time()
        played = super().play(step)
        for label, row in super().rows().items():
            path, status = self.bug.paths.setdefault(self.key(label), []), str(row["status"])
            if not path or path[-1] != status:
                path.append(status)
        self.spent += time.process_time() - began
        return played

    def rows(self) -> Mapping[str, Columns]:
        began = time.process_time()
        found = super().rows()
        self.spent += time.process_time() - began
        return found


def _broken(bug: Bug) -> type[ReferenceImplementation]:
    class Planted(ReferenceImplementation):
        def receive(self, actor, row, event, fields):  # type: ignore[no-untyped-def]  # as the book has it
            if event == EVENT and bug.paths.get(row.key) == list(bug.chain):
                bug.found = bug.ever = True
            return super().receive(actor, row, event, fields)

    return Planted


class FoundError(AssertionError):
    """The bug was reached."""


# --- one rule per transition ------------------------------------------------------------


def by_rules(bug: Bug, seed: int) -> int:
    """Runs that Hypothesis needs with a rule for each transition."""
    driver = Searched(bug)
    count = [0]
    rows = Bundle("rows")

    def begin(self: RuleBasedStateMachine) -> None:
        count[0] += not bug.ever
        driver.begin("")
        self.made = 0  # type: ignore[attr-defined]  # ours

    def create(self: RuleBasedStateMachine, status: str) -> str:
        self.made += 1  # type: ignore[attr-defined]  # ours
        driver.play(Create(str(self.made), status))  # type: ignore[attr-defined]  # ours
        return str(self.made)  # type: ignore[attr-defined]  # ours

    def time_passes(_: RuleBasedStateMachine) -> None:
        driver.play(Advance(700.0))

    made: dict[str, object] = {
        "begin": initialize()(begin),
        "create": rule(target=rows, status=st.sampled_from([s.name for s in SPEC.statuses if s.initial]))(create),
        "time_passes": rule()(time_passes),
    }
    for number in range(len(SPEC.transitions)):
        name = f"take_{number}"
        made[name] = rule(row=rows)(_taking(name, number, bug, driver))
    machine = type("ByRules", (RuleBasedStateMachine,), made)
    _searched(hypothesis.seed(seed)(machine))
    return count[0] if bug.ever else LIMIT


def _taking(name: str, number: int, bug: Bug, driver: Searched) -> Callable[..., None]:
    by = Bringing(SPEC)
    way = _best([each for each in by.ways.all if each.number == number])

    def take(_: RuleBasedStateMachine, row: str) -> None:
        for place, step in enumerate(by.bring(way, row)):
            driver.play(_as_new(step, len(bug.paths.get(row, ())), place))
        if bug.found:
            raise FoundError

    take.__name__ = name
    return take


def _best(ways: list[Way]) -> Way:
    return min(ways, key=lambda way: ("work", "happen", "hook").index(way.route))


def _as_new(step: Step, *numbers: int) -> Step:
    """The step, with an event made new instead of repeated."""
    if isinstance(step, Happen):
        return Happen(step.row, step.event, step.actor, f"{step.id}-{numbers}", step.fields)
    return step


# --- the guide ---------------------------------------------------------------------------------


def by_the_machine(bug: Bug, seed: int) -> int:
    """Runs that the kit's machine needs."""
    machine = state_machine(SPEC, lambda: Searched(bug), effort=HypothesisEffort(steps=STEPS))
    count = [0]

    class Watched(machine):  # type: ignore[misc, valid-type]  # made at run time
        def __init__(self) -> None:
            super().__init__()
            count[0] += not bug.ever

        def play(self, step: Step) -> None:
            super().play(step)
            if bug.found:
                raise FoundError

        def teardown(self) -> None:
            """Judge nothing."""

    _searched(hypothesis.seed(seed)(Watched))
    return count[0] if bug.ever else LIMIT


def _searched(machine: type[RuleBasedStateMachine]) -> None:
    with contextlib.suppress(FoundError):
        run_state_machine_as_test(machine, settings=_settings(LIMIT))


def _settings(runs: int) -> settings:
    return settings(
        max_examples=runs, stateful_step_count=STEPS, phases=[Phase.generate], deadline=None, database=None,
        derandomize=False, suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip


def by_chance(bug: Bug, seed: int) -> int:
    """Runs that the guide needs on a random source; its coverage goes on from run to run."""
    driver = Searched(bug)
    coverage = Coverage(survey(SPEC, driver.about.roles, driver.about.capabilities))
    guide = Guide(SPEC, driver.about, coverage)
    for number in range(1, LIMIT + 1):
        source = Chance(f"{seed} {number}")
        guide.begin()
        driver.begin("")
        plan: list[Step] = []
        played: list[Played] = []
        for _ in range(STEPS):
            plan.append(guide.step(source, driver))
            played.append(driver.play(plan[-1]))
            guide.saw(plan[-1], played[-1])
            if bug.found:
                return number
        coverage.add(covered(SPEC, driver.history(), tuple(plan), played, driver.key))
    return LIMIT


# --- what a step costs ----------------------------------------------------------------------


def overhead(runs: int = 60, rounds: int = 24) -> tuple[float, float]:
    """Microseconds of processor time of a step without the implementation's: a bare machine's, and the kit's.

    Medians of many short rounds in turns, so that other load on the computer slows both alike; the first round of
    each, in which tables are made, does not count.
    """
    bare, guided = _bare(), _guided()
    measured = [(_per_step(bare, runs), _per_step(guided, runs)) for _ in range(rounds + 1)][1:]
    return statistics.median(each for each, _ in measured) * 1e6, statistics.median(each for _, each in measured) * 1e6


@dataclass
class Timed:
    """A machine that counts its steps, and its driver, whose time is subtracted."""

    machine: type[RuleBasedStateMachine]
    steps: list[int]
    driver: Searched | None = None

    @property
    def spent(self) -> float:
        """Seconds in the implementation and its driver so far."""
        return self.driver.spent if self.driver is not None else 0.0


def _per_step(timed: Timed, runs: int) -> float:
    spent, steps, began = timed.spent, timed.steps[0], time.process_time()
    run_state_machine_as_test(timed.machine, settings=_settings(runs))
    return (time.process_time() - began - (timed.spent - spent)) / (timed.steps[0] - steps)


def _bare() -> Timed:
    steps = [0]

    class Bare(RuleBasedStateMachine):
        @rule(n=st.integers(0, 99))
        def nothing(self, n: int) -> None:
            steps[0] += n >= 0

    return Timed(Bare, steps)


def _guided() -> Timed:
    driver = Searched(Bug(("nowhere",)))
    machine = state_machine(SPEC, lambda: driver, effort=HypothesisEffort(steps=STEPS))
    steps = [0]

    class Guided(machine):  # type: ignore[misc, valid-type]  # made at run time
        def play(self, step: Step) -> None:
            steps[0] += 1
            super().play(step)

        def teardown(self) -> None:
            """Judge nothing."""

    return Timed(Guided, steps, driver)


QUICK = 5
"""With at most so many seeds, the run only shows that the program works, and takes short measurements."""

SEARCHES: tuple[tuple[str, Callable[[Bug, int], int]], ...] = (
    ("one rule per transition, Hypothesis", by_rules),
    ("guided, Hypothesis", by_the_machine),
    ("guided, random source", by_chance),
)


def main(seeds: int) -> None:
    medians = []
    for name, search in SEARCHES:
        began = time.perf_counter()
        runs = [search(Bug(CHAINS[seed % len(CHAINS)]), seed) for seed in range(seeds)]
        medians.append(statistics.median(runs))
        missed = sum(run == LIMIT for run in runs)
        print(
            f"{name}: median {medians[-1]:,.0f} runs, from {min(runs):,} to {max(runs):,}"
            f"{f', {missed} found nothing' if missed else ''}; {time.perf_counter() - began:.1f} s for {seeds} seeds"
        )
    print(f"guided by Hypothesis: {medians[0] / medians[1]:.1f} times fewer runs (aim: 3)")
    print(f"guided on a random source: {medians[0] / medians[2]:.1f} times fewer runs (aim: 5)")
    bare, guided = overhead() if seeds > QUICK else overhead(10, 1)
    print(
        f"a step beside the implementation: {bare:.0f} us bare, {guided:.0f} us guided, "
        f"{guided / bare:.2f} times (aim: 1.5)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
