"""`conform`: drive an implementation of a spec, and say which law of the spec it breaks.

The verb stands on this module. It opens a driver for an `Implementation` and searches on it, one seed or several at a
time; `pointsman_conformance.testing.conforms` hands a driver or a Python class to the same search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pointsman.spec.errors import OptionError, UsageError
from pointsman.spec.finding import Finding, did_you_mean
from pointsman.spec.laws import JUDGED
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance import saving
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds import driver_kind
from pointsman_conformance.drivers.kinds.kind import DriverNeed
from pointsman_conformance.report.account import (
    Covered,
    Failure,
    ImplementationAccount,
    ImplementationVerdict,
    LawStanding,
    OfLaw,
)
from pointsman_conformance.report.findings import findings, undecided
from pointsman_conformance.running import CampaignEffort, account_of
from pointsman_conformance.search.cells import Cell, survey
from pointsman_conformance.search.judging import not_applicable

__all__ = [
    "ConformDemands",
    "ConformOptions",
    "ConformReport",
    "Implementation",
    "conform",
    "demands",
    "write_certificate",
]


@dataclass(frozen=True)
class ConformOptions:
    """How hard `conform` tries, and by what it judges.

    Attributes:
        seed: the seed of the random runs.
        budget: how many seconds the implementation is driven for; None for what the `Implementation` says, else 60.
        jobs: how many seeds are played at a time, from `seed` on, each in a process with a database of its own.
        laws: the ids of the only laws to judge by; without any, all.
        known: a file of known failures, in TOML, as `docs/conform.md` describes it.
        stories: a folder that `pointsman check --stories` filled; those runs are played first.
        until_covered: end as soon as every required cell is reached; `budget` is then the longest time.

    Raises:
        OptionError: `jobs` is below 1, or `budget` is not above 0.
        UsageError: `laws` has an id that no law has.
    """

    seed: int = 1
    budget: float | None = None
    jobs: int = 1
    laws: tuple[str, ...] = ()
    known: str | Path | None = None
    stories: str | Path | None = None
    until_covered: bool = False

    def __post_init__(self) -> None:
        known = [law.id for law in JUDGED]
        for law in self.laws:
            if law not in known:
                hint = did_you_mean(law, known)
                raise UsageError(f"there is no law {law!r}.{hint} `pointsman conform --list` lists them.")
        if self.jobs < 1:
            raise OptionError("jobs", f"{self.jobs} is too few: give 1 or more.")
        if self.budget is not None and not self.budget > 0:
            raise OptionError("budget", f"{self.budget:g} is no time: give seconds above 0.")


@dataclass(frozen=True)
class ConformReport:
    """What `conform` found out about one implementation. The report is true where the implementation `conforms`.

    Attributes:
        account: the record from which the command line makes tables, JSON and certificates; its own attributes are not
            stable.
    """

    account: ImplementationAccount

    @property
    def lifecycle(self) -> Lifecycle:
        """The lifecycle that the implementation was held to."""
        return self.account.lifecycle

    @property
    def name(self) -> str:
        """What reports call the implementation."""
        return self.account.about.name

    @property
    def roles(self) -> frozenset[str]:
        """The actors of the spec that it played."""
        return frozenset(self.account.about.roles)

    @property
    def verdict(self) -> ImplementationVerdict:
        """Conformant, not conformant, tampered with (a write was hidden from the audit), or incomplete.

        Incomplete: nothing was broken, but not everything was put to the test.
        """
        return self.account.verdict

    @property
    def laws(self) -> tuple[OfLaw, ...]:
        """How the implementation stands to each law that it was judged by."""
        return self.account.laws

    @property
    def failures(self) -> tuple[Failure, ...]:
        """For each broken requirement of a law, the smallest run found that breaks it."""
        return self.account.failures

    @property
    def coverage(self) -> tuple[Covered, ...]:
        """What had to be reached, by sort, and what of it was not; empty where only some laws were asked about."""
        return self.account.coverage

    @property
    def known(self) -> tuple[str, ...]:
        """The breaches that were excused, because the file of known failures lists them."""
        return self.account.known

    @property
    def runs(self) -> int:
        """How many runs were played, the planned and the random ones."""
        return self.account.runs

    @property
    def steps(self) -> int:
        """How many steps these runs had together."""
        return self.account.steps

    @property
    def seconds(self) -> float:
        """How long the implementation was driven."""
        return self.account.seconds

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the search; what was found until then is in the report."""
        return self.account.interrupted

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """One error for each failure, at the line of the spec that asks for what was broken."""
        return findings(self.account)

    @cached_property
    def undecided(self) -> tuple[str, ...]:
        """A sentence for everything that keeps an unbroken run from being a pass."""
        return undecided(self.account)

    @property
    def conforms(self) -> bool:
        """Whether the implementation kept every law that it was judged by, and everything was put to the test.

        False where a law is broken, or a listed known failure is out of date; where a law was not put to the test, or
        something that must be reached was not; where the implementation could not be driven; after Ctrl-C; and where
        no law applies at all. With the option `laws`, it speaks of those laws alone.
        """
        kept = any(law.standing is LawStanding.KEPT for law in self.laws)
        return kept and self.verdict is ImplementationVerdict.CONFORMANT and not self.findings and not self.undecided

    def save(self, folder: str | Path) -> ConformReport:
        """Write each failing run into `folder`, for `pointsman replay`, and give the report whose findings name them.

        The folder is made if there is something to write. A file that cannot be written is told in `undecided`.
        """
        return ConformReport(saving.keep(self.account, Path(folder)))

    def __bool__(self) -> bool:
        return self.conforms


def conform(
    lifecycle: Lifecycle,
    implementation: Implementation,
    options: ConformOptions | None = None,
    *,
    tell: Callable[[str], None] | None = None,
) -> ConformReport:
    """Drive an implementation through planned and random runs with faults, and judge it by the laws of the spec.

    Args:
        lifecycle: what `pointsman.load` gave, with a `table:` and `actors:`.
        implementation: which actors it plays, and how it is started: a command that knows nothing of the kit (driver
            ``black-box``), one that speaks JSON lines (``pipe``) or HTTP (``http``), or the kit's own (``book``). All
            but ``book`` get a PostgreSQL of their own and need the extra ``pointsman[conform]``.
        options: how hard to try; None is a minute, from seed 1.
        tell: is told now and then, in a sentence, how far the search is.

    Returns:
        The report. Ask `report.conforms`. An implementation that cannot be started has a report that says why. Ctrl-C
        does not raise: the report is `interrupted`, and has what was found until then.

    Raises:
        UsageError: the spec has no table or no such role, the driver lacks what it needs, or a file of the options
            cannot be read.

    Example::

        worker = Implementation(name="refunds", driver="black-box", roles=("refund_worker",), command=("./worker",))
        report = conform(load("spec/orders.yaml"), worker, ConformOptions(budget=30))
        for finding in report.findings:
            print(finding.code, finding.message)
        assert report.conforms
    """
    chosen = options or ConformOptions()
    if chosen.jobs > 1 and implementation.tap is not None:
        raise OptionError("tap", "writes down one conversation: use it with jobs=1.")
    _refuse_lacking(implementation)
    effort = CampaignEffort(
        seed=chosen.seed,
        jobs=chosen.jobs,
        seconds=chosen.budget,
        laws=chosen.laws,
        known=Path(chosen.known) if chosen.known is not None else None,
        stories=Path(chosen.stories) if chosen.stories is not None else None,
        until_covered=chosen.until_covered,
    )
    return ConformReport(account_of(lifecycle, implementation, effort, tell or _silent))


def _refuse_lacking(implementation: Implementation) -> None:
    """Raise UsageError where the implementation lacks what its driver cannot work without."""
    kind = driver_kind(implementation.driver)
    if DriverNeed.COMMAND in kind.needs and not implementation.command:
        raise UsageError(f"the driver {kind.word} needs the command that starts the implementation.")
    if DriverNeed.URL in kind.needs and not implementation.url:
        raise UsageError(f"the driver {kind.word} needs the URL at which the implementation listens.")


def _silent(words: str) -> None:
    """Drop the words: the caller of `conform` gave no function to tell."""


# --- what the verb needs beside ------------------------------------------------------


@dataclass(frozen=True)
class ConformDemands:
    """What an implementation will be asked for.

    Attributes:
        laws: the ids of the laws that apply to it.
        not_applicable: the ids of the other laws, each with the reason.
        cells: what must be reached: statuses, transitions, faults and so on.
    """

    laws: tuple[str, ...]
    not_applicable: Mapping[str, str]
    cells: tuple[Cell, ...]


def demands(lifecycle: Lifecycle, implementation: Implementation) -> ConformDemands:
    """What `conform` would judge the implementation by, and what it would have to reach. Nothing is run."""
    roles, kind = implementation.played(lifecycle), driver_kind(implementation.driver)
    able = kind.capabilities
    if not kind.in_memory:
        able -= {Capability.SLOW_ANSWERS}
        able |= {Capability.SLOW_ANSWERS} if implementation.slow_answer else set()
    idle = not_applicable(lifecycle, roles, able)
    laws = tuple(law.id for law in JUDGED if law.id not in idle)
    return ConformDemands(laws, idle, tuple(sorted(survey(lifecycle, roles, able, laws).required)))


def write_certificate(reports: Iterable[ConformReport], file: str | Path) -> tuple[str, ...]:
    """Write what was proved, as JSON, whole or not at all; the result has a sentence where it could not be written."""
    accounts: Sequence[ImplementationAccount] = [report.account for report in reports]
    return saving.keep_certificate(accounts, Path(file))
