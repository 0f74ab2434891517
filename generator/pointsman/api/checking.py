"""`check`: every run of the system around a table, and which properties hold in all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pointsman.checking.forecast import Forecast, in_short
from pointsman.checking.running import PropertyOutcome, Task, TaskProgress, Unfinished, run, was_interrupted
from pointsman.checking.verdict import PropertyStanding, Verdict
from pointsman.spec.errors import OptionError, UsageError
from pointsman.spec.finding import Finding, did_you_mean
from pointsman.spec.lifecycle import Lifecycle
from pointsman.verdicts.account import SpecAccount
from pointsman.verdicts.findings import findings, undecided
from pointsman.world.build import expanded
from pointsman.world.scope import ARRIVALS, DEFAULT, PARTIAL, Scope, sizes, smallest, world_named, worlds_of
from pointsman.world.story import Story

if TYPE_CHECKING:
    from pointsman.checking.laws import Dropped

_USUAL = (DEFAULT.name, PARTIAL.name, ARRIVALS.name)
"""The worlds that are explored where neither the options nor the spec name others."""


@dataclass(frozen=True)
class CheckOptions:
    """What `check` explores, and how far. What is not decided within the limits is unknown.

    Attributes:
        worlds: names of worlds, or ``("all",)``; without any, those that the spec names, else ``default``, ``partial``
            and ``arrivals`` as far as the spec has them.
        rows: rows of each world, from 1 to 3; None for what the spec says, else 1.
        workers: workers of each queue, from 1 to 4; None for what the spec says, else 2.
        attempts: attempts that are explored, from 1 to 6; None for what the spec says, else 2.
        without: names of laws, wrong implementations and premises that are not assumed.
        laws: also drop each law and premise by itself. This takes minutes, and `without` must be empty.
        reduce: explore one state of each group of equivalent states. False explores every state: slower, same verdicts.
        max_states: states of each world; None for no limit.
        max_depth: steps of each run; None for no limit.
        max_memory: MiB that the states of each world may take; None for no limit.
        timeout: seconds for everything together; None for no limit.
        jobs: how many worlds are explored at a time, each in a process of its own.

    Raises:
        OptionError: a limit is not above 0, or `laws` comes with `without`.
        UsageError: `without` has a name that no law, wrong implementation or premise has.
    """

    worlds: tuple[str, ...] = ()
    rows: int | None = None
    workers: int | None = None
    attempts: int | None = None
    without: tuple[str, ...] = ()
    laws: bool = False
    reduce: bool = True
    max_states: int | None = None
    max_depth: int | None = None
    max_memory: int | None = None
    timeout: float | None = None
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.laws and self.without:
            raise OptionError("laws", "drops each law by itself: leave `without` empty.")
        given: object = self.worlds  # as a caller without a type checker may give it
        if isinstance(given, str):
            raise OptionError("worlds", f"{given!r} is a text: give a tuple of names, such as ({given!r},).")
        for option in ("max_states", "max_depth", "max_memory", "timeout", "jobs"):
            value = getattr(self, option)
            if value is not None and not value > 0:
                raise OptionError(option, f"{value:g} is no limit: give a number above 0.")
        expanded(self.without)


@dataclass(frozen=True)
class WorldReport:
    """One world: how large it is, how much of it was explored, and what was judged in it.

    Attributes:
        name: the name of the world, as `docs/check.md` lists them.
        rows: how many rows it has.
        workers: how many workers each queue has.
        attempts: how many attempts were explored.
        states: how many states were seen.
        transitions: how many steps between states were seen.
        depth: the length of the longest run that was explored, in steps.
        seconds: how long the exploration took.
        verdicts: one verdict for each property that this world can judge.
        cut: why the world was not explored to its end; empty where it was.
    """

    name: str
    rows: int
    workers: int
    attempts: int
    states: int
    transitions: int
    depth: int
    seconds: float
    verdicts: tuple[Verdict, ...]
    cut: str


@dataclass(frozen=True)
class CheckReport:
    """What `check` found out about one spec. The report is true where the spec `holds`.

    Attributes:
        account: the record from which the command line makes tables, JSON and saved stories; its own attributes are not
            stable.
    """

    account: SpecAccount

    @property
    def lifecycle(self) -> Lifecycle:
        """The lifecycle that was checked."""
        return self.account.lifecycle

    @property
    def without(self) -> tuple[str, ...]:
        """The laws, wrong implementations and premises that were not assumed."""
        return self.account.without

    @cached_property
    def worlds(self) -> tuple[WorldReport, ...]:
        """The worlds in the order in which they were explored, also those that were not looked at."""
        return tuple(_world(scope, outcome) for scope, outcome in self.account.worlds)

    @property
    def verdicts(self) -> Mapping[str, Mapping[str, Verdict]]:
        """For each property, the verdict of each world that can judge it, by the world's name."""
        return self.account.judged

    @cached_property
    def properties(self) -> Mapping[str, PropertyStanding]:
        """How each property came out over all worlds. One that the spec states and no world judged is unknown.

        Violated in one world is violated, and unknown in one world is unknown; vacuous is a property that had nothing
        to hold for in any world.
        """
        own = {prop.name: PropertyStanding.UNKNOWN for prop in self.lifecycle.properties}
        judged = {prop: _over_worlds(verdicts.values()) for prop, verdicts in self.verdicts.items()}
        return own | judged

    @property
    def vacuous(self) -> tuple[str, ...]:
        """The properties that had nothing to hold for in any world, though the spec could give them something.

        Where no status is transient, the built-in properties about waiting have nothing to hold for: that is no gap.
        """
        return self.account.vacuous

    @property
    def stories(self) -> tuple[Story, ...]:
        """The shortest run that breaks each violated property, for each part of the spec that it is about."""
        return tuple(fall.verdict.story for fall in self.account.falls if fall.verdict.story is not None)

    @property
    def laws(self) -> tuple[Dropped, ...]:
        """What follows when each law and premise is dropped by itself; empty unless the option `laws` asked for it."""
        return self.account.laws.dropped if self.account.laws is not None else ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """One error for each property that is violated and each part of the spec that it is about."""
        return findings(self.account)

    @cached_property
    def undecided(self) -> tuple[str, ...]:
        """A sentence for everything that is not known: worlds that were cut, unknown and vacuous properties."""
        return undecided(self.account)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the exploration; what was found until then is in the report."""
        laws = self.account.laws
        return any(was_interrupted(outcome) for _, outcome in self.account.worlds) or (
            laws is not None and laws.interrupted
        )

    @property
    def holds(self) -> bool:
        """Whether every property holds in every world that was explored, and nothing is left open.

        False where a property is violated, unknown, or vacuous as `vacuous` has it; where a property of the spec was
        not judged; where a world was not looked at or not explored to its end; after Ctrl-C; and where no property
        holds at all. It says nothing of worlds that were not explored: `worlds` names those that were.
        """
        if self.undecided or self.findings or self.interrupted:
            return False
        whole = all(not world.cut for world in self.worlds)
        standings = set(self.properties.values())
        open_ones = {PropertyStanding.VIOLATED, PropertyStanding.UNKNOWN} & standings
        return whole and not open_ones and not self.vacuous and PropertyStanding.HOLDS in standings

    def standing(self, prop: str) -> PropertyStanding:
        """How one property came out over all worlds, as in `properties`.

        Raises:
            UsageError: no world judges a property of that name, and the spec states none.
        """
        if prop not in self.properties:
            hint = did_you_mean(prop, self.properties)
            raise UsageError(f"no property {prop!r} was judged.{hint} There are: {', '.join(self.properties)}.")
        return self.properties[prop]

    def __bool__(self) -> bool:
        return self.holds


def check(
    lifecycle: Lifecycle, options: CheckOptions | None = None, *, tell: Callable[[str], None] | None = None
) -> CheckReport:
    """Explore the system that a spec describes: rows, workers, crashes, lost replies, late webhooks.

    Args:
        lifecycle: what `load` gave.
        options: which worlds, how large, what is not assumed, and the limits; None is the usual, without limits.
        tell: is told now and then, in a sentence, how far the exploration is.

    Returns:
        The report. Ask `report.holds`; `report.stories` are the counterexamples, and `docs/check.md` says what a
        verdict is worth. Ctrl-C does not raise: the report is `interrupted`, and has what was found until then.

    Raises:
        UsageError: the spec has no such world, a size is out of its range, or a name in `without` is not known.

    Example::

        report = check(load("spec/orders.yaml"), CheckOptions(timeout=60, jobs=2))
        for story in report.stories:
            print(story.prop, story.says, [step.says for step in story.deeds])
        assert report.holds
    """
    (report,) = check_each((lifecycle,), options or CheckOptions(), tell)
    return report


def check_each(
    lifecycles: Sequence[Lifecycle], options: CheckOptions, tell: Callable[[str], None] | None = None
) -> tuple[CheckReport, ...]:
    """Check several specs with one limit of time and one set of processes.

    Args, errors and Ctrl-C are as for `check`. The reports come in the order of the lifecycles.
    """
    began = time.monotonic()
    explored = [(lifecycle, scopes(lifecycle, options)) for lifecycle in lifecycles]
    tasks = [_task(lifecycle, scope, options) for lifecycle, worlds in explored for scope in worlds]
    outcomes = iter(run(tasks, options.jobs, options.timeout, _telling(tell, began)))
    reports = tuple(
        CheckReport(
            SpecAccount(
                lifecycle.source.file, lifecycle, options.without, tuple((scope, next(outcomes)) for scope in worlds)
            )
        )
        for lifecycle, worlds in explored
    )
    return tuple(_with_laws(reports, options, tell, began)) if options.laws else reports


def scopes(lifecycle: Lifecycle, options: CheckOptions) -> tuple[Scope, ...]:
    """The worlds that `check` would explore: what the options say, else what the spec says, else what fits the world.

    Raises:
        UsageError: the spec has no such world, or a size is out of its range.
    """
    asked = (options.rows, options.workers, options.attempts)
    rows, workers, attempts = sizes(lifecycle, *asked)
    Scope(rows, workers, attempts)  # refuses what is too large, whichever worlds there are
    named = options.worlds or (lifecycle.bounds.worlds if lifecycle.bounds else ())
    worlds = worlds_of(lifecycle)
    if named and "all" not in named:
        worlds = tuple(world_named(lifecycle, name) for name in dict.fromkeys(named))
        if asked != (None, None, None):
            return tuple(Scope(rows, workers, attempts, world) for world in worlds)
    elif not named:
        worlds = tuple(world for world in worlds if world.name in _USUAL)
    return tuple(smallest(world, rows, workers, attempts) for world in worlds)


def _task(lifecycle: Lifecycle, scope: Scope, options: CheckOptions) -> Task:
    return Task(
        lifecycle,
        scope,
        options.without,
        reduce=options.reduce,
        states=options.max_states,
        depth=options.max_depth,
        bytes=_bytes(options),
    )


def _bytes(options: CheckOptions) -> int | None:
    return None if options.max_memory is None else options.max_memory << 20


def _telling(tell: Callable[[str], None] | None, began: float) -> TaskProgress | None:
    if tell is None:
        return None

    def told(task: Task, depth: int, states: int, expected: Forecast | None) -> None:
        pace = states / max(time.monotonic() - began, 0.001)
        name = f"{task.lifecycle.name}, {task.scope.world.name}"
        if expected is not None:
            tell(f"{name}: {states:,} states, {in_short(expected)}")
            return
        tell(f"{name}: {depth:,} steps, {states:,} states, {pace:,.0f} a second")

    return told


def _with_laws(
    reports: Sequence[CheckReport], options: CheckOptions, tell: Callable[[str], None] | None, began: float
) -> Iterator[CheckReport]:
    """The reports with what each dropped law leads to, as far as there is time and Ctrl-C was not pressed."""
    from pointsman.checking.explore import Limits  # noqa: PLC0415 - brings numpy, which no process may inherit
    from pointsman.checking.judging import LawJudgement, judge  # noqa: PLC0415 - the same

    def told(one: Dropped) -> None:
        if tell is not None:
            tell(f"{one.law}: {one.wrong}")

    limits = Limits(options.max_states, options.max_depth, options.timeout, _bytes(options))
    until = None if options.timeout is None else began + options.timeout
    interrupted = any(report.interrupted for report in reports)
    for report in reports:
        if interrupted:
            judged = LawJudgement((), "interrupted", interrupted=True)
        elif until is not None and time.monotonic() > until:
            judged = LawJudgement((), "the time was over")
        else:
            judged = judge(report.lifecycle, limits, options.jobs, until, told)
        interrupted = interrupted or judged.interrupted
        yield CheckReport(replace(report.account, laws=judged))


# --- the parts of a report -----------------------------------------------------------


def _world(scope: Scope, outcome: PropertyOutcome) -> WorldReport:
    size = (scope.world.name, scope.rows, scope.workers, scope.attempts)
    if isinstance(outcome, Unfinished):
        return WorldReport(*size, 0, 0, 0, 0.0, (), outcome.why)
    found = (int(outcome.states), int(outcome.transitions), int(outcome.depth), float(outcome.seconds))
    return WorldReport(*size, *found, outcome.verdicts, outcome.cut)


def _over_worlds(verdicts: Iterable[Verdict]) -> PropertyStanding:
    """One standing of several: the worst, where holding anywhere outweighs having nothing to hold for."""
    found = {verdict.standing for verdict in verdicts}
    worst = (PropertyStanding.VIOLATED, PropertyStanding.UNKNOWN, PropertyStanding.HOLDS)
    return next((standing for standing in worst if standing in found), PropertyStanding.VACUOUS)
