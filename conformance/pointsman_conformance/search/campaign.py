"""A whole search: the planned runs, then guided runs on a random source. Each is judged, and failures are shrunk."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from pointsman.spec.laws import JUDGED
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Capability, Driver, DriverError, ImplementationInfo, Played, TamperedError
from pointsman_conformance.core.history import History
from pointsman_conformance.core.once import once_for_each_lifecycle
from pointsman_conformance.core.plan import Plan, Step
from pointsman_conformance.laws.judgement import Breach, LawVerdict, requirement
from pointsman_conformance.processes.stopping import OutOfTimeError, out_of_time_after
from pointsman_conformance.report.account import Covered, Failure, ImplementationAccount, LawStanding, OfLaw
from pointsman_conformance.search.cells import Cell, Survey, survey
from pointsman_conformance.search.coverage import Coverage, covered, met
from pointsman_conformance.search.evidence import beyond_reach
from pointsman_conformance.search.guide import Guide
from pointsman_conformance.search.judging import judge, judged_by, not_applicable
from pointsman_conformance.search.planned import PlannedRun, tours
from pointsman_conformance.search.shrink import MOST, nearly_worn, shrink

MOST_TROUBLE = 20
"""The most different messages about trouble with reaching an implementation that are kept."""
SHARE_OF_TOURS = 0.7
"""The share of a time limit after which guided runs begin, even if planned runs are left."""

LAST_RUN = 5.0
"""Seconds beyond the budget in which the last run may end, or a failure be shrunk."""

_LONG = 12
"""The number of steps above which a failing plan is also tried with rows near their last attempt."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of a campaign. Planned runs are played before guided ones, and do not count as `steps`.

    `steps` limits the steps of guided runs, which have `length` steps each and up to `rows` rows whose status has a
    way out. `seconds` limits the time; then planned runs are left out whose cells were reached already.
    `until_covered`: the search ends when every required cell is reached, those apart at which planned runs of other
    shares aim. `replays` limits the replays for shrinking one failure; `confirmations` is the number of replays that
    show whether a failure is flaky. `tours`: planned runs are played. `until_broken` is a law whose first breach ends
    the search. `share` is (part, parts): this campaign plays every planned run whose number modulo `parts` is `part`.
    `first` are plans that are played before all others.
    """

    steps: int = 6_000
    seconds: float | None = None
    until_covered: bool = False
    length: int = 20
    rows: int = 3
    replays: int = MOST
    confirmations: int = 3
    tours: bool = True
    until_broken: str | None = None
    share: tuple[int, int] = (0, 1)
    first: tuple[PlannedRun, ...] = ()


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """The progress of a campaign. `share` is the share of the required cells that were reached, from 0 to 1."""

    runs: int
    steps: int
    seconds: float
    share: float
    failures: int


Excuse = Callable[[tuple[LawVerdict, ...]], tuple[LawVerdict, ...]]
"""Takes verdicts, and returns them without the known failures."""


@dataclass(frozen=True)
class Campaign:
    """The result of a campaign.

    `judged` are the ids of the laws, `idle` those that do not apply, each with the reason. `met` counts, by
    requirement, how often it was met; `breaches` counts, by law, the runs that broke it. `first` has the names of the
    budget's first plans that were played.
    """

    about: ImplementationInfo
    seed: int
    coverage: Coverage
    judged: tuple[str, ...]
    idle: Mapping[str, str]
    met: Mapping[str, int]
    breaches: Mapping[str, int]
    failures: tuple[Failure, ...]
    runs: int
    steps: int
    seconds: float
    trouble: tuple[str, ...] = ()
    interrupted: bool = False
    first: frozenset[str] = frozenset()
    tampered: str = ""

    @property
    def complete(self) -> bool:
        """True if every required cell was reached, which includes each law that applies, and no interrupt came."""
        return self.coverage.complete and not self.interrupted

    @property
    def gaps(self) -> str:
        """The missing cells and the trouble with the implementation, in words."""
        trouble = f" Trouble: {'; '.join(self.trouble)}." if self.trouble else ""
        return f"Not reached: {self.coverage.in_words()}{trouble}"

    def account(self, spec: str, lifecycle: Lifecycle, driver: str) -> ImplementationAccount:
        """The record for reports. `spec` is the spec's file, `driver` the name of the driver."""
        return ImplementationAccount(
            spec,
            lifecycle,
            self.about,
            driver,
            (self.seed,),
            tuple(self.of_law(law.id) for law in JUDGED if law.id in self.judged),
            self.failures,
            tuple(Covered(sort, many, missing) for sort, (many, missing) in self.coverage.by_sort().items()),
            {**self.idle, **self.coverage.survey.exempt},
            self.runs,
            self.steps,
            self.seconds,
            self.trouble,
            interrupted=self.interrupted,
            tampered=self.tampered,
        )

    def of_law(self, law: str) -> OfLaw:
        """The standing of the implementation on one law."""
        seen = tuple((name, count) for name, count in sorted(self.met.items()) if name.partition("/")[0] == law)
        broken = self.breaches.get(law, 0)
        if law in self.idle and not broken:
            return OfLaw(law, LawStanding.NOT_APPLICABLE, seen, broken, self.idle[law])
        standing = LawStanding.BROKEN if broken else LawStanding.KEPT if seen else LawStanding.NO_EVIDENCE
        return OfLaw(law, standing, seen, broken)


def run(  # noqa: PLR0913 - what is said once, by name
    lifecycle: Lifecycle,
    make_driver: Callable[[], Driver],
    *,
    seed: int = 0,
    budget: Budget | None = None,
    laws: Collection[str] | None = None,
    progress: Callable[[CampaignProgress], None] | None = None,
    excuse: Excuse = tuple,
) -> Campaign:
    """Search for runs of the implementation that break a law of `laws`, or of all that apply.

    `excuse` takes known failures out of the verdicts of each run. On a deterministic driver the same seed plays the
    same runs. A keyboard interrupt or a failing test bed ends the search with the results so far.

    Raises:
        DriverError: the test bed fails before the first step was played.
    """
    driver = make_driver()
    try:
        return _Search(lifecycle, driver, seed, budget or Budget(), laws, progress, excuse).run()
    finally:
        driver.close()


def play(driver: Driver, plan: Plan, case: str = "replay") -> tuple[History, tuple[Played, ...]]:
    """Play a plan on a fresh test bed: the history, and the result of each step."""
    driver.begin(case)
    played = tuple(driver.play(step) for step in plan)
    return driver.history(), played


# What a search computes before its first run, from the spec, the roles and the driver's capabilities. Searches of one
# process with other seeds, or for other implementations, have the same.


@once_for_each_lifecycle
def _idle(lifecycle: Lifecycle, roles: frozenset[str], can: frozenset[Capability]) -> Mapping[str, str]:
    return {**beyond_reach(lifecycle, roles), **not_applicable(lifecycle, roles, can)}


@once_for_each_lifecycle
def _surveyed(lifecycle: Lifecycle, roles: frozenset[str], can: frozenset[Capability], laws: tuple[str, ...]) -> Survey:
    return survey(lifecycle, roles, can, laws)


@once_for_each_lifecycle
def _planned(lifecycle: Lifecycle, roles: frozenset[str], can: frozenset[Capability]) -> tuple[PlannedRun, ...]:
    return tours(lifecycle, ImplementationInfo("", roles, capabilities=can))


class Chance:
    """A random source for a guide."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)  # noqa: S311 - a search, no secret

    def below(self, n: int) -> int:
        """A whole number from 0 to `n` - 1."""
        return int(self._random.random() * n)


class _OverError(Exception):
    """Ends a search: the time is used up, or the law `until_broken` was broken."""


@dataclass
class _Tally:
    """The counts and findings of a search so far."""

    met: Counter[str] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)
    failures: dict[str, Failure] = field(default_factory=dict)
    trouble: dict[str, None] = field(default_factory=dict)
    runs: int = 0
    steps: int = 0
    guided: int = 0
    first: set[str] = field(default_factory=set)


class _Search:
    def __init__(  # noqa: PLR0913, PLR0917 - what `run` is told
        self,
        lifecycle: Lifecycle,
        driver: Driver,
        seed: int,
        budget: Budget,
        laws: Collection[str] | None,
        progress: Callable[[CampaignProgress], None] | None,
        excuse: Excuse,
    ) -> None:
        self._lifecycle, self._driver, self._seed, self._budget = lifecycle, driver, seed, budget
        self._progress, self._excuse, self._began = progress, excuse, time.monotonic()
        roles, can = driver.about.roles, driver.about.capabilities
        self._idle = _idle(lifecycle, roles, can)
        self._laws = judged_by(laws)
        self._coverage = Coverage(self._survey(driver.about))
        self._tally = _Tally()
        self._theirs: frozenset[Cell] = frozenset()

    def _survey(self, about: ImplementationInfo) -> Survey:
        applying = tuple(law for law in self._laws if law not in self._idle)
        return _surveyed(self._lifecycle, about.roles, about.capabilities, applying)

    def run(self) -> Campaign:
        interrupted, seconds, tampered = False, self._budget.seconds, ""
        try:
            with out_of_time_after(seconds and seconds + LAST_RUN):
                self._first()
                self._tours()
                self._guided()
        except _OverError:
            pass
        except OutOfTimeError:
            self._note_last_run()
        except KeyboardInterrupt:
            interrupted = True
        except TamperedError as problem:
            tampered = str(problem)
        except DriverError as problem:
            if not self._tally.steps:
                raise
            self._note(f"The search ended early. {problem}")
        tally = self._tally
        return Campaign(
            self._driver.about,
            self._seed,
            self._coverage,
            self._laws,
            self._idle,
            dict(tally.met),
            dict(tally.breaches),
            tuple(tally.failures[law] for law in self._laws if law in tally.failures),
            tally.runs,
            tally.steps,
            time.monotonic() - self._began,
            tuple(tally.trouble),
            interrupted,
            frozenset(tally.first),
            tampered,
        )

    # --- runs ----------------------------------------------------------------------

    def _first(self) -> None:
        part, parts = self._budget.share
        for tour in islice(self._budget.first, part, None, parts):
            self._tour(tour)
            self._tally.first.add(tour.name)

    def _tour(self, tour: PlannedRun) -> None:
        self._driver.begin(tour.name)
        self._end(tour.plan, tuple(self._step(step) for step in tour.plan))

    def _tours(self) -> None:
        part, parts = self._budget.share
        about = self._driver.about
        every = _planned(self._lifecycle, about.roles, about.capabilities) if self._budget.tours else ()
        others = (tour for number, tour in enumerate(every) if number % parts != part)
        self._theirs = frozenset(cell for tour in others for cell in tour.aims)
        for tour in islice(every, part, None, parts):
            if self._is_enough():
                return
            if not self._may_skip(tour):
                self._tour(tour)

    def _may_skip(self, tour: PlannedRun) -> bool:
        """True if time is limited, and the run's cells were reached already or it is time for guided runs."""
        seconds = self._budget.seconds
        if seconds is None:
            return False
        late = time.monotonic() - self._began > seconds * SHARE_OF_TOURS
        return late or (bool(tour.aims) and all(self._coverage.counts.get(cell) for cell in tour.aims))

    def _guided(self) -> None:
        guide = Guide(self._lifecycle, self._driver.about, self._coverage, rows=self._budget.rows)
        number = 0
        while self._tally.guided < self._budget.steps and not self._is_enough():
            self._one(guide, Chance(f"{self._seed} {number}"), number)
            number += 1

    def _is_enough(self) -> bool:
        """True if `until_covered` is met, or every law that applies was broken already."""
        reached = self._budget.until_covered and self._theirs.issuperset(self._coverage.missing)
        judged = set(self._laws) - self._idle.keys()
        return reached or judged <= self._tally.failures.keys()

    def _one(self, guide: Guide, source: Chance, number: int) -> None:
        guide.begin()
        self._driver.begin(f"run {self._seed} {number}")
        plan: list[Step] = []
        played: list[Played] = []
        for _ in range(self._budget.length):
            plan.append(guide.step(source, self._driver))
            played.append(self._step(plan[-1]))
            guide.saw(plan[-1], played[-1])
        plan.append(guide.last(source))
        played.append(self._step(plan[-1]))
        self._tally.guided += len(plan)
        self._end(tuple(plan), tuple(played))

    def _step(self, step: Step) -> Played:
        if self._budget.seconds is not None and time.monotonic() - self._began > self._budget.seconds:
            raise _OverError
        played = self._driver.play(step)
        self._tally.steps += 1
        if played.trouble is not None:
            self._note(played.trouble)
        return played

    def _note(self, trouble: str) -> None:
        if len(self._tally.trouble) < MOST_TROUBLE:
            self._tally.trouble[trouble] = None

    def _note_last_run(self) -> None:
        """Note that no run came to its end in time. A last run cut short after others is usual, and not noted."""
        if not self._tally.runs:
            self._note(f"No run came to its end within {time.monotonic() - self._began:.0f} s.")

    # --- what a run came to -----------------------------------------------------------

    def _end(self, plan: Plan, played: tuple[Played, ...]) -> None:
        history = self._driver.history()
        verdicts = self._judge(history)
        self._tally.runs += 1
        self._coverage.add(covered(self._lifecycle, history, plan, played, self._driver.key))
        self._coverage.add(met(verdicts))
        new: list[LawVerdict] = []
        for verdict in verdicts:
            if verdict.met:
                self._tally.met.update(dict(verdict.met))
            if verdict.breaches:
                self._tally.breaches[verdict.law] += 1
                breach = _worst(verdict.breaches)
                if _is_news(breach, self._tally.failures.get(verdict.law)):
                    self._tally.failures[verdict.law] = _failure(verdict.law, breach, plan, history)
                    new.append(verdict)
        for verdict in new:  # the failure is kept even if shrinking it is cut short
            self._make_small(verdict.law)
        if self._progress is not None:
            self._progress(self._now())
        if self._budget.until_broken in self._tally.failures:
            raise _OverError

    def _now(self) -> CampaignProgress:
        seconds = time.monotonic() - self._began
        tally = self._tally
        return CampaignProgress(tally.runs, tally.steps, seconds, self._coverage.share, len(tally.failures))

    def _judge(self, history: History, only: Collection[str] | None = None) -> tuple[LawVerdict, ...]:
        return self._excuse(judge(self._lifecycle, history, self._laws if only is None else only))

    # --- failures ------------------------------------------------------------------------

    def _make_small(self, law: str) -> None:
        """Shrink the failure of `law`. A flaky failure keeps its first plan and history."""
        failure = self._tally.failures[law]
        again = [self._breach(law, failure.plan) is not None for _ in range(self._budget.confirmations)]
        if not all(again):
            self._tally.failures[law] = replace(failure, flaky=(sum(again), len(again)))
            return
        first = (nearly_worn(self._lifecycle),) if len(failure.plan) > _LONG else ()
        shrink(failure.plan, lambda plan: self._fails(law, plan), self._budget.replays, first)

    def _fails(self, law: str, plan: Plan) -> bool:
        """True if the plan breaks the law. The plan then replaces the failure's."""
        found = self._breach(law, plan)
        if found is not None:
            self._tally.failures[law] = _failure(law, found[0], plan, found[1])
        return found is not None

    def _breach(self, law: str, plan: Plan) -> tuple[Breach, History] | None:
        history, _ = play(self._driver, plan)
        known = self._tally.failures[law].breach.wrong
        breaches = [breach for verdict in self._judge(history, [law]) for breach in verdict.breaches]
        same = [breach for breach in breaches if breach.wrong == known or breach.wrong is None]
        return (_worst(same), history) if same else None


def _worst(breaches: Sequence[Breach]) -> Breach:
    """The first breach that no wrong implementation of `check` covers, else the first."""
    return next((breach for breach in breaches if breach.wrong is None), breaches[0])


def _is_news(breach: Breach, known: Failure | None) -> bool:
    """True for a law's first breach, and for the first that is more than what `check` can prove to do no harm."""
    return known is None or (known.breach.wrong is not None and breach.wrong is None)


def _failure(law: str, breach: Breach, plan: Plan, history: History) -> Failure:
    return Failure(law, requirement(law, breach.element), breach, plan, history)
