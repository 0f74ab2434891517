"""A Hypothesis state machine for a spec, made at run time. The only importer of hypothesis.

The guide chooses each step; Hypothesis draws the numbers for the choice, remembers failures and shrinks them.
One rule is enough, because the guide knows which steps each status enables. A run is judged as a whole, at its end.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.control import current_build_context
from hypothesis.database import ExampleDatabase
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

import pointsman
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver
from pointsman_conformance.core.plan import Plan, Settle, Step
from pointsman_conformance.laws.judgement import requirement
from pointsman_conformance.report.account import Failure
from pointsman_conformance.search.cells import survey
from pointsman_conformance.search.coverage import Coverage
from pointsman_conformance.search.failure_text import told
from pointsman_conformance.search.guide import Guide
from pointsman_conformance.search.judging import judge


class LawBrokenError(AssertionError):
    """A run of the implementation broke a law. `failure` is the run, as it was recorded."""

    def __init__(self, lifecycle: Lifecycle, failure: Failure) -> None:
        super().__init__(told(lifecycle, failure))
        self.failure = failure


@dataclass(frozen=True, slots=True)
class HypothesisEffort:
    """The work of Hypothesis: the number of runs, the steps and rows of each, and whether it shrinks."""

    runs: int = 200
    steps: int = 20
    rows: int = 3
    shrinks: bool = True
    derandomize: bool = False
    database: ExampleDatabase | None = None


class Machine(RuleBasedStateMachine):
    """The base class of all machines. `state_machine` makes the subclasses to use."""

    lifecycle: ClassVar[Lifecycle]
    driver: ClassVar[Driver]
    guide: ClassVar[Guide]
    judged: ClassVar[Collection[str] | None] = None
    runs: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.plan: list[Step] = []
        self.driver.begin(f"example {self.runs}")
        self.guide.begin()

    def play(self, step: Step) -> None:
        """Play one step and give the result to the guide."""
        self.plan.append(step)
        self.guide.saw(step, self.driver.play(step))

    def teardown(self) -> None:
        """End the run and judge it, unless it ended by an exception, as when Hypothesis cuts a run short."""
        if sys.exc_info()[0] is None:
            self.play(Settle())
            self.judge(tuple(self.plan))
        super().teardown()

    def judge(self, plan: Plan) -> None:
        """Raise LawBrokenError for the first law that the run broke."""
        history = self.driver.history()
        for verdict in judge(self.lifecycle, history, self.judged):
            for breach in verdict.breaches:
                failure = Failure(verdict.law, requirement(verdict.law, breach.element), breach, plan, history)
                raise LawBrokenError(self.lifecycle, failure)

    def _repr_step(self, rule: Any, data: Any, result: Any) -> str:  # noqa: ARG002 - Hypothesis' signature
        """No text: the message of a failure lists its steps."""
        return ""


class _Drawn:
    """A source of numbers that Hypothesis draws, and shrinks towards 0."""

    def below(self, n: int) -> int:
        """A whole number from 0 to `n` - 1."""
        return drawn_below(n)


_DRAWN = _Drawn()

_HIGH = 1 << 40
"""The smallest number drawn: near 0 Hypothesis prefers small numbers; from here on it draws all alike."""


def drawn_below(n: int) -> int:
    """A number from Hypothesis, from 0 to `n` - 1, drawn in the middle of a rule.

    A strategy would take four times as long. The function is private to Hypothesis, so it is used here only.
    """
    return int(current_build_context().data.draw_integer(_HIGH, _HIGH + n - 1)) - _HIGH


def state_machine(
    lifecycle: Lifecycle,
    make_driver: Callable[[], Driver],
    *,
    laws: Collection[str] | None = None,
    effort: HypothesisEffort | None = None,
) -> type[Machine]:
    """A machine for `lifecycle` on one driver, which all its runs share. With `laws`, only these are judged.

    ``state_machine(...).TestCase`` is a unittest case that closes the driver when it is done; `check` runs one at once.
    All settings are set here: the profile that Hypothesis loads on a CI server would play the same runs every time.
    """
    effort = effort or HypothesisEffort()
    driver = make_driver()
    about = driver.about
    # The coverage is never updated: what is drawn may depend on what was drawn before, and on nothing else.
    coverage = Coverage(survey(lifecycle, about.roles, about.capabilities))
    made = {
        "__doc__": f"Runs of {lifecycle.name} for {about.name}.",
        "__module__": __name__,
        "lifecycle": lifecycle,
        "driver": driver,
        "guide": Guide(lifecycle, about, coverage, rows=effort.rows),
        "judged": laws,
        "step": rule()(_step),
        "_hypothesis_internal_add_digest": _digest(lifecycle, driver),
    }
    machine: type[Machine] = type(f"Of_{lifecycle.name}", (Machine,), made)
    machine.TestCase.settings = settings_of(effort)
    machine.TestCase.tearDownClass = classmethod(lambda _: driver.close())  # type: ignore[assignment]  # unittest's hook
    return machine


def _step(self: Machine) -> None:
    self.play(self.guide.step(_DRAWN, self.driver))


def settings_of(effort: HypothesisEffort) -> settings:
    """The settings for `effort`, with none left to a profile of Hypothesis."""
    phases = [Phase.reuse, Phase.generate, *([Phase.shrink] if effort.shrinks else [])]
    return settings(
        max_examples=effort.runs,
        stateful_step_count=effort.steps,
        phases=phases,
        deadline=None,
        derandomize=effort.derandomize,
        database=None if effort.derandomize else effort.database,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )


def check(
    lifecycle: Lifecycle,
    make_driver: Callable[[], Driver],
    *,
    laws: Collection[str] | None = None,
    effort: HypothesisEffort | None = None,
) -> None:
    """Run a machine. Raises LawBrokenError with the smallest run that Hypothesis found."""
    machine = state_machine(lifecycle, make_driver, laws=laws, effort=effort)
    try:
        run_state_machine_as_test(machine, settings=settings_of(effort or HypothesisEffort()))
    finally:
        machine.driver.close()


def _digest(lifecycle: Lifecycle, driver: Driver) -> bytes:
    """A hash of spec, implementation and kit, which separates this machine's failures in Hypothesis' database."""
    about = driver.about
    parts = (lifecycle.source.digest, lifecycle.name, about.name, *sorted(about.roles), pointsman.__version__)
    return hashlib.sha256("\0".join(parts).encode()).digest()
