"""Judges one implementation by campaigns, with one or more seeds at a time, and gives one account."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pointsman.spec.laws import JUDGED
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver, DriverError, ImplementationInfo
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds import driver_kind
from pointsman_conformance.drivers.kinds.kind import DriverNeed
from pointsman_conformance.harm.weighing import weighed
from pointsman_conformance.implementations import not_tested, reached
from pointsman_conformance.known_failures import Excuses, load
from pointsman_conformance.processes.parallel import Lost, side_by_side
from pointsman_conformance.report.account import Failure, ImplementationAccount, LawStanding, OfLaw, Retold
from pointsman_conformance.report.merging import merged
from pointsman_conformance.search.campaign import Budget, Campaign, CampaignProgress, run
from pointsman_conformance.search.judging import not_applicable
from pointsman_conformance.search.saved import Saved, saved_stories

USUAL_SECONDS = 60.0
"""Seconds for which an implementation is judged if neither the command line nor pointsman.toml names a time."""

GUIDED_IN_MEMORY = 6_000
"""The most steps of guided runs for an implementation in memory. They take seconds."""

REPLAYS = 60
"""The most replays of a real process to make a failure smaller. Each may take a second."""

NO_END = 10**9
"""The most steps of guided runs that only the time ends."""

BRIEFLY = 3.0
"""The most seconds of the second pass of a campaign that ends when everything required was reached."""

SHARE_ENFORCED = 0.15
"""The share of the time for the second pass, in which the database enforces the spec too."""


@dataclass(frozen=True, slots=True)
class CampaignEffort:
    """How hard to try.

    Attributes:
        seed: the first seed.
        jobs: how many seeds, from `seed` on, are played at the same time.
        seconds: the time for each seed; None for the implementation's budget, or else `USUAL_SECONDS`.
        laws: the only laws that are judged; empty for all.
        known: a file of known failures.
        share: (part, parts): which part of the planned runs is played, from 0, and how many parts there are.
        stories: a folder that `pointsman check --stories` wrote. Its stories are played first.
        until_covered: end as soon as everything that must be reached was reached; `seconds` are then the most.
    """

    seed: int = 1
    jobs: int = 1
    seconds: float | None = None
    laws: tuple[str, ...] = ()
    known: Path | None = None
    share: tuple[int, int] = (0, 1)
    stories: Path | None = None
    until_covered: bool = False


def account_of(
    lifecycle: Lifecycle, implementation: Implementation, effort: CampaignEffort, tell: Callable[[str], None]
) -> ImplementationAccount:
    """Judge `implementation`. If it cannot be started, or the test bed fails, the account says so.

    `tell` gets a line of progress now and then. Raises UsageError for a mistake in what the user gave.
    """
    if effort.known is not None:
        load(effort.known)  # raises before the search starts
    if effort.stories is not None:
        saved_stories(effort.stories, lifecycle)  # raises before the search starts
    how = _one if effort.jobs == 1 else _side_by_side
    account = weighed(how(lifecycle, implementation, effort, tell))
    return replace(account, not_tested=not_tested(implementation))


def _one(
    lifecycle: Lifecycle, implementation: Implementation, effort: CampaignEffort, tell: Callable[[str], None]
) -> ImplementationAccount:
    seconds = effort.seconds or implementation.budget or USUAL_SECONDS
    kind = driver_kind(implementation.driver)
    twice = DriverNeed.DATABASE in kind.needs and (not effort.laws or "progress" in effort.laws)
    first = seconds * (1 - SHARE_ENFORCED) if twice else seconds
    stories = saved_stories(effort.stories, lifecycle) if effort.stories is not None else ()
    budget = replace(_budget(implementation, effort, first), first=tuple(s.tour for s in stories if s.tour is not None))
    excuses = Excuses(load(effort.known) if effort.known is not None else (), datetime.now(UTC).date())
    found = _searched(
        reached(lifecycle, implementation, seconds=first),
        lambda driver: run(
            lifecycle, lambda: driver, seed=effort.seed, budget=budget,
            laws=effort.laws or None, progress=_telling(implementation, tell), excuse=excuses.take_out,
        ),
    )  # fmt: skip
    if found.campaign is None:
        nothing = _unreached(lifecycle, implementation, effort, found.trouble)
        untold = tuple(Retold(story.name, played=False, left_out=story.left_out) for story in stories)
        return replace(nothing, stories=untold, interrupted=found.interrupted)
    campaign = replace(found.campaign, interrupted=found.interrupted)
    account = replace(
        campaign.account(lifecycle.source.file, lifecycle, kind.shown),
        known=excuses.known,
        stale=excuses.stale,
        stories=tuple(_retold(story, campaign) for story in stories),
    )
    unplayed = _unplayed(budget, campaign)
    if unplayed:
        words = f"The search ended before these stories were played: {', '.join(unplayed)}."
        account = replace(account, trouble=(*account.trouble, words))
    if effort.laws:  # a search for some laws need not reach the cells of the others
        account = replace(account, coverage=())
    if not twice or campaign.interrupted or account.unseen:
        return account
    second = min(seconds - first, BRIEFLY) if effort.until_covered else seconds - first
    return _with_enforcement(lifecycle, implementation, effort, account, second)


@dataclass(frozen=True, slots=True)
class _Searched:
    """The result of a search: no campaign if the driver could not be opened, and then `trouble` may say why."""

    campaign: Campaign | None
    trouble: str
    interrupted: bool


def _searched(opened: AbstractContextManager[Driver], search: Callable[[Driver], Campaign]) -> _Searched:
    """Search on the driver that `opened` yields. The campaign is kept if closing the driver fails or is interrupted."""
    campaign: Campaign | None = None
    trouble, interrupted = "", False
    try:
        with opened as driver:
            campaign = search(driver)
    except DriverError as problem:
        trouble = str(problem)
    except KeyboardInterrupt:
        interrupted = True
    return _Searched(campaign, trouble, interrupted or (campaign is not None and campaign.interrupted))


def _retold(story: Saved, campaign: Campaign) -> Retold:
    return Retold(story.name, story.tour is not None and story.tour.name in campaign.first, story.left_out)


def _unplayed(budget: Budget, campaign: Campaign) -> list[str]:
    """The stories of this share that were not played."""
    part, parts = budget.share
    return [tour.name for tour in budget.first[part::parts] if tour.name not in campaign.first]


def _budget(implementation: Implementation, effort: CampaignEffort, seconds: float) -> Budget:
    usual = Budget(seconds=seconds, share=effort.share, until_covered=effort.until_covered)
    if driver_kind(implementation.driver).in_memory:
        return replace(usual, steps=GUIDED_IN_MEMORY)
    return replace(usual, steps=NO_END, replays=REPLAYS)


def _telling(implementation: Implementation, tell: Callable[[str], None]) -> Callable[[CampaignProgress], None]:
    def told(progress: CampaignProgress) -> None:
        broken = f", {progress.failures} laws broken" if progress.failures else ""
        tell(
            f"{implementation.name}: {progress.runs:,} runs, {progress.steps:,} steps, {progress.seconds:.0f} s, "
            f"{progress.share:.0%} covered{broken}"
        )

    return told


def _unreached(
    lifecycle: Lifecycle, implementation: Implementation, effort: CampaignEffort, why: str
) -> ImplementationAccount:
    """The account of an implementation that could not be started: no law was put to the test."""
    roles, kind = implementation.played(lifecycle), driver_kind(implementation.driver)
    idle = not_applicable(lifecycle, roles, kind.capabilities)
    laws = tuple(
        OfLaw(law.id, LawStanding.NOT_APPLICABLE, why=idle[law.id])
        if law.id in idle
        else OfLaw(law.id, LawStanding.NO_EVIDENCE)
        for law in JUDGED
        if not effort.laws or law.id in effort.laws
    )
    about = ImplementationInfo(implementation.name, roles)
    return ImplementationAccount(
        lifecycle.source.file, lifecycle, about, kind.shown, (effort.seed,), laws, trouble=(why,) * bool(why)
    )


def _with_enforcement(
    lifecycle: Lifecycle,
    implementation: Implementation,
    effort: CampaignEffort,
    account: ImplementationAccount,
    seconds: float,
) -> ImplementationAccount:
    """The account with a second campaign: does the implementation make progress when the database enforces the spec?"""
    budget = Budget(seconds=seconds, steps=NO_END, tours=False, replays=REPLAYS)
    found = _searched(
        reached(lifecycle, implementation, enforced=True, seconds=seconds),
        lambda driver: run(lifecycle, lambda: driver, seed=effort.seed, budget=budget, laws=["progress"]),
    )
    campaign = found.campaign
    if campaign is None:
        told = (f"With enforcement: {found.trouble}",) * bool(found.trouble)
        return replace(account, trouble=(*account.trouble, *told), interrupted=found.interrupted)
    broken = {failure.law for failure in account.failures}
    failures = tuple(_enforced(failure) for failure in campaign.failures if failure.law not in broken)
    worse = {failure.law for failure in failures}
    return replace(
        account,
        failures=(*account.failures, *failures),
        laws=tuple(replace(law, standing=LawStanding.BROKEN) if law.law in worse else law for law in account.laws),
        runs=account.runs + campaign.runs,
        steps=account.steps + campaign.steps,
        seconds=account.seconds + campaign.seconds,
        trouble=(*account.trouble, *(f"With enforcement: {words}" for words in campaign.trouble)),
        tampered=account.tampered or campaign.tampered,
        interrupted=found.interrupted,
    )


def _enforced(failure: Failure) -> Failure:
    says = f"With the generated CHECKs and trigger in the database: {failure.breach.says}"
    return replace(failure, breach=replace(failure.breach, says=says))


# --- several at a time ---------------------------------------------------------------


def _side_by_side(
    lifecycle: Lifecycle, implementation: Implementation, effort: CampaignEffort, tell: Callable[[str], None]
) -> ImplementationAccount:
    began = time.monotonic()
    alone = [
        replace(effort, jobs=1, seed=effort.seed + number, share=(number, effort.jobs)) for number in range(effort.jobs)
    ]
    found = side_by_side(
        _silently,
        [(lifecycle, implementation, each) for each in alone],
        lambda: tell(f"{implementation.name}: {effort.jobs} seeds, {time.monotonic() - began:.0f} s"),
    )
    return merged(
        [
            _lost(lifecycle, implementation, each, account) if isinstance(account, Lost) else account
            for each, account in zip(alone, found, strict=True)
        ]
    )


def _lost(
    lifecycle: Lifecycle, implementation: Implementation, effort: CampaignEffort, lost: Lost
) -> ImplementationAccount:
    why = "" if lost.told else f"The process that played seed {effort.seed} {lost.why}."
    return replace(_unreached(lifecycle, implementation, effort, why), interrupted=lost.told)


def _silently(work: tuple[Lifecycle, Implementation, CampaignEffort]) -> ImplementationAccount:
    lifecycle, implementation, effort = work
    return _one(lifecycle, implementation, effort, lambda _: None)
