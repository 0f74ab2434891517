"""Runs campaigns: one implementation, one or more seeds at a time, to one account."""

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
from pointsman_conformance.implementations import reached
from pointsman_conformance.known_failures import Excuses, load
from pointsman_conformance.processes.parallel import Lost, side_by_side
from pointsman_conformance.report.account import Failure, ImplementationAccount, LawStanding, OfLaw, Retold
from pointsman_conformance.report.merging import merged
from pointsman_conformance.search.campaign import Budget, Campaign, CampaignProgress, run
from pointsman_conformance.search.judging import not_applicable
from pointsman_conformance.search.saved import Saved, saved_stories

USUAL_SECONDS = 60.0
"""How long an implementation is judged where nobody says otherwise."""

GUIDED_IN_MEMORY = 6_000
"""Steps of guided runs for an implementation in memory, if there is the time: it is decided in seconds."""

REPLAYS = 60
"""How often a run of a real process is played again at most to make a failure smaller; each may take a second."""

NO_END = 10**9
"""Steps of guided runs where only the time counts."""

BRIEFLY = 3.0
"""Seconds of the second pass where no more is wanted than what must be reached."""

SHARE_ENFORCED = 0.15
"""The share of the time that the second pass gets, in which the database enforces the spec too."""


@dataclass(frozen=True, slots=True)
class CampaignEffort:
    """How hard to try: `jobs` seeds from `seed` on at the same time, `seconds` each; None: the usual.

    `laws` are the only ones that are judged; without any, all. `known` is a file of known failures. `share` is which
    part of the planned runs is played, of how many. `stories` is a folder of the model checker's, played first.
    `until_covered`: `seconds` are the most, and it ends as soon as everything that must be reached was.
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
    lifecycle: Lifecycle, subject: Implementation, effort: CampaignEffort, tell: Callable[[str], None]
) -> ImplementationAccount:
    """Judge `subject`. One that cannot be reached, or whose stage fails, has an account that says so.

    Raises UsageError for what cannot be meant.
    """
    if effort.known is not None:
        load(effort.known)  # says now what is wrong with it
    if effort.stories is not None:
        saved_stories(effort.stories, lifecycle)  # the same
    if effort.jobs == 1:
        return _one(lifecycle, subject, effort, tell)
    return _side_by_side(lifecycle, subject, effort, tell)


def _one(
    lifecycle: Lifecycle, subject: Implementation, effort: CampaignEffort, tell: Callable[[str], None]
) -> ImplementationAccount:
    seconds = effort.seconds or subject.budget or USUAL_SECONDS
    kind = driver_kind(subject.driver)
    twice = DriverNeed.DATABASE in kind.needs and (not effort.laws or "progress" in effort.laws)
    first = seconds * (1 - SHARE_ENFORCED) if twice else seconds
    stories = saved_stories(effort.stories, lifecycle) if effort.stories is not None else ()
    budget = replace(_budget(subject, effort, first), first=tuple(s.tour for s in stories if s.tour is not None))
    excuses = Excuses(load(effort.known) if effort.known is not None else (), datetime.now(UTC).date())
    found = _searched(
        reached(lifecycle, subject, seconds=first),
        lambda driver: run(
            lifecycle, lambda: driver, seed=effort.seed, budget=budget,
            laws=effort.laws or None, progress=_telling(subject, tell), excuse=excuses.take_out,
        ),
    )  # fmt: skip
    if found.campaign is None:
        nothing = _unreached(lifecycle, subject, effort, found.trouble)
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
    if effort.laws:  # whoever asks about some laws does not ask what else was reached
        account = replace(account, coverage=())
    if not twice or campaign.interrupted or account.unseen:
        return account
    second = min(seconds - first, BRIEFLY) if effort.until_covered else seconds - first
    return _with_enforcement(lifecycle, subject, effort, account, second)


@dataclass(frozen=True, slots=True)
class _Searched:
    """What a search came to: None where there was nothing to search on, and then `trouble` may say why."""

    campaign: Campaign | None
    trouble: str
    interrupted: bool


def _searched(stage: AbstractContextManager[Driver], search: Callable[[Driver], Campaign]) -> _Searched:
    """Search on `stage`. What was found stays found, if closing the stage fails or is interrupted."""
    campaign: Campaign | None = None
    trouble, interrupted = "", False
    try:
        with stage as driver:
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


def _budget(subject: Implementation, effort: CampaignEffort, seconds: float) -> Budget:
    usual = Budget(seconds=seconds, share=effort.share, until_covered=effort.until_covered)
    if driver_kind(subject.driver).in_memory:
        return replace(usual, steps=GUIDED_IN_MEMORY)
    return replace(usual, steps=NO_END, replays=REPLAYS)


def _telling(subject: Implementation, tell: Callable[[str], None]) -> Callable[[CampaignProgress], None]:
    def told(progress: CampaignProgress) -> None:
        broken = f", {progress.failures} laws broken" if progress.failures else ""
        tell(
            f"{subject.name}: {progress.runs:,} runs, {progress.steps:,} steps, {progress.seconds:.0f} s, "
            f"{progress.share:.0%} covered{broken}"
        )

    return told


def _unreached(
    lifecycle: Lifecycle, subject: Implementation, effort: CampaignEffort, why: str
) -> ImplementationAccount:
    """An account of nothing: no law was put to the test."""
    roles, kind = subject.played(lifecycle), driver_kind(subject.driver)
    idle = not_applicable(lifecycle, roles, kind.capabilities)
    laws = tuple(
        OfLaw(law.id, LawStanding.NOT_APPLICABLE, why=idle[law.id])
        if law.id in idle
        else OfLaw(law.id, LawStanding.NO_EVIDENCE)
        for law in JUDGED
        if not effort.laws or law.id in effort.laws
    )
    about = ImplementationInfo(subject.name, roles)
    return ImplementationAccount(
        lifecycle.source.file, lifecycle, about, kind.shown, (effort.seed,), laws, trouble=(why,) * bool(why)
    )


def _with_enforcement(
    lifecycle: Lifecycle,
    subject: Implementation,
    effort: CampaignEffort,
    account: ImplementationAccount,
    seconds: float,
) -> ImplementationAccount:
    """The account, and whether the implementation also makes progress where the database enforces the spec."""
    budget = Budget(seconds=seconds, steps=NO_END, tours=False, replays=REPLAYS)
    found = _searched(
        reached(lifecycle, subject, enforced=True, seconds=seconds),
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
        interrupted=found.interrupted,
    )


def _enforced(failure: Failure) -> Failure:
    says = f"With the generated CHECKs and trigger in the database: {failure.breach.says}"
    return replace(failure, breach=replace(failure.breach, says=says))


# --- several at a time ---------------------------------------------------------------


def _side_by_side(
    lifecycle: Lifecycle, subject: Implementation, effort: CampaignEffort, tell: Callable[[str], None]
) -> ImplementationAccount:
    began = time.monotonic()
    alone = [
        replace(effort, jobs=1, seed=effort.seed + number, share=(number, effort.jobs)) for number in range(effort.jobs)
    ]
    found = side_by_side(
        _silently,
        [(lifecycle, subject, each) for each in alone],
        lambda: tell(f"{subject.name}: {effort.jobs} seeds, {time.monotonic() - began:.0f} s"),
    )
    return merged(
        [
            _lost(lifecycle, subject, each, account) if isinstance(account, Lost) else account
            for each, account in zip(alone, found, strict=True)
        ]
    )


def _lost(lifecycle: Lifecycle, subject: Implementation, effort: CampaignEffort, lost: Lost) -> ImplementationAccount:
    why = "" if lost.told else f"The process that played seed {effort.seed} {lost.why}."
    return replace(_unreached(lifecycle, subject, effort, why), interrupted=lost.told)


def _silently(work: tuple[Lifecycle, Implementation, CampaignEffort]) -> ImplementationAccount:
    lifecycle, subject, effort = work
    return _one(lifecycle, subject, effort, lambda _: None)
