"""A whole search: the tours, then guided runs on a random source, each judged; what breaks a law is made small."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from pointsman.spec.laws import JUDGED
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver, DriverError, ImplementationInfo, Played
from pointsman_conformance.core.history import History
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
"""So many different sentences about an implementation that could not be reached are kept."""
SHARE_OF_TOURS = 0.7
"""Where the time is limited, the share of it after which guided runs begin, whether or not all tours were played."""

LAST_RUN = 5.0
"""Seconds beyond the budget that are left to the last run, or to making a failure smaller."""

_LONG = 12
"""A failing plan of more steps may be about attempts that were used up."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is played. The tours are played first, whatever the steps.

    Where `seconds` limit the time, tours that would show little that is new are left out.

    `steps` counts those of guided runs, of `length` steps each and up to `rows` rows that can still go on.
    `until_covered`: no more than is needed to reach every required cell; those at which the tours of other shares aim
    are theirs to reach. `replays` is what making one failure small may take, `confirmations` how often a failure is
    played again to see whether it is flaky. `until_broken` is a law whose first breach ends the search. `share` is
    which part of the tours is played, of how many: others may play the rest at the same time.
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
    """Where a campaign is. `share` is that of the required cells which have been reached, from 0 to 1."""

    runs: int
    steps: int
    seconds: float
    share: float
    failures: int


Excuse = Callable[[tuple[LawVerdict, ...]], tuple[LawVerdict, ...]]
"""Takes known failures out of verdicts."""


@dataclass(frozen=True)
class Campaign:
    """What a campaign came to. `met` counts each requirement, `breaches` how many runs broke each law.

    `first` names those of the budget's first plans that were played.
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

    @property
    def complete(self) -> bool:
        """Whether every required cell was reached and every law that applies was put to the test."""
        return self.coverage.complete and not self.interrupted

    @property
    def gaps(self) -> str:
        """What was not reached, and what kept the kit from looking, in words."""
        trouble = f" Trouble: {'; '.join(self.trouble)}." if self.trouble else ""
        return f"Not reached: {self.coverage.in_words()}{trouble}"

    def account(self, spec: str, lifecycle: Lifecycle, driver: str) -> ImplementationAccount:
        """The record that reports are made from. `spec` is its file, `driver` how the implementation was reached."""
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
        )

    def of_law(self, law: str) -> OfLaw:
        """How the implementation stands to a law."""
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
    """Search for a run of the implementation that breaks a law; of `laws` (all that apply) alone, if given.

    `excuse` takes out of the verdicts of each run what is known and need not be found again. The same seed plays the
    same runs on a driver that is deterministic. A keyboard interrupt ends the search, and so does a stage that fails:
    what was found by then is the result. Raises DriverError where the stage fails before anything was done on it.
    """
    driver = make_driver()
    try:
        return _Search(lifecycle, driver, seed, budget or Budget(), laws, progress, excuse).run()
    finally:
        driver.close()


def play(driver: Driver, plan: Plan, case: str = "replay") -> tuple[History, tuple[Played, ...]]:
    """Play a plan on a fresh stage."""
    driver.begin(case)
    played = tuple(driver.play(step) for step in plan)
    return driver.history(), played


class Chance:
    """A random source for a guide."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)  # noqa: S311 - a search, no secret

    def below(self, n: int) -> int:
        """A whole number from 0 to `n` - 1."""
        return int(self._random.random() * n)


class _OverError(Exception):
    """The budget is used up, or what was looked for was found."""


@dataclass
class _Tally:
    """What was counted so far."""

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
        self._idle = {**beyond_reach(lifecycle, roles), **not_applicable(lifecycle, roles, can)}
        self._laws = judged_by(laws)
        self._coverage = Coverage(self._survey(driver.about))
        self._tally = _Tally()
        self._theirs: frozenset[Cell] = frozenset()

    def _survey(self, about: ImplementationInfo) -> Survey:
        applying = [law for law in self._laws if law not in self._idle]
        return survey(self._lifecycle, about.roles, about.capabilities, applying)

    def run(self) -> Campaign:
        interrupted, seconds = False, self._budget.seconds
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
        every = tours(self._lifecycle, self._driver.about) if self._budget.tours else ()
        others = (tour for number, tour in enumerate(every) if number % parts != part)
        self._theirs = frozenset(cell for tour in others for cell in tour.aims)
        for tour in islice(every, part, None, parts):
            if self._is_enough():
                return
            if not self._may_skip(tour):
                self._tour(tour)

    def _may_skip(self, tour: PlannedRun) -> bool:
        """Where time is short: what was reached already, and everything once guided runs are due."""
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
        """Everything was reached, if no more is wanted; or all that is judged was broken already."""
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
        """Say that a run was cut short; not of one that was under way when the time was up, as one always is."""
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
            self._tally.met.update(dict(verdict.met))
            if verdict.breaches:
                self._tally.breaches[verdict.law] += 1
                if verdict.law not in self._tally.failures:
                    self._tally.failures[verdict.law] = _failure(verdict.law, verdict.breaches[0], plan, history)
                    new.append(verdict)
        for verdict in new:  # what is found stays found, however making it smaller ends
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
        """Make the failure as small as it gets. One that does not come again keeps what was recorded of it."""
        failure = self._tally.failures[law]
        again = [self._breach(law, failure.plan) is not None for _ in range(self._budget.confirmations)]
        if not all(again):
            self._tally.failures[law] = replace(failure, flaky=(sum(again), len(again)))
            return
        first = (nearly_worn(self._lifecycle),) if len(failure.plan) > _LONG else ()
        shrink(failure.plan, lambda plan: self._fails(law, plan), self._budget.replays, first)

    def _fails(self, law: str, plan: Plan) -> bool:
        """Whether the plan breaks the law; if so, it is the smaller failure."""
        found = self._breach(law, plan)
        if found is not None:
            self._tally.failures[law] = _failure(law, found[0], plan, found[1])
        return found is not None

    def _breach(self, law: str, plan: Plan) -> tuple[Breach, History] | None:
        history, _ = play(self._driver, plan)
        breaches = [breach for verdict in self._judge(history, [law]) for breach in verdict.breaches]
        return (breaches[0], history) if breaches else None


def _failure(law: str, breach: Breach, plan: Plan, history: History) -> Failure:
    return Failure(law, requirement(law, breach.element), breach, plan, history)
