"""Runs campaigns: one implementation, one or more seeds at a time, to one account."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from pointsman.lifecycle import Lifecycle
from pointsman_conformance.reaching import BOOK, Subject, reached
from pointsman_conformance.report.account import Account
from pointsman_conformance.report.merging import merged
from pointsman_conformance.search.campaign import Budget, Progress, run

USUAL_SECONDS = 60.0
"""How long an implementation is judged where nobody says otherwise."""

GUIDED_IN_MEMORY = 20_000
"""Steps of guided runs for an implementation in memory, if there is the time: seconds, and then it has seen most."""

SHARE_ENFORCED = 0.15
"""The share of the time that the second pass gets, in which the database enforces the spec too."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try: `jobs` seeds from `seed` on at the same time, `seconds` each; None: the usual.

    `laws` are the only ones that are judged; without any, all. `known` is a file of known failures.
    """

    seed: int = 1
    jobs: int = 1
    seconds: float | None = None
    laws: tuple[str, ...] = ()
    known: Path | None = None


def account_of(lifecycle: Lifecycle, subject: Subject, effort: Effort, tell: Callable[[str], None]) -> Account:
    """Judge `subject`. Raises DriverError and UsageError where it cannot be reached at all."""
    if effort.jobs == 1:
        return _one(lifecycle, subject, effort, tell)
    return _side_by_side(lifecycle, subject, effort, tell)


def _one(lifecycle: Lifecycle, subject: Subject, effort: Effort, tell: Callable[[str], None]) -> Account:
    def told(progress: Progress) -> None:
        broken = f", {progress.failures} laws broken" if progress.failures else ""
        tell(
            f"{subject.name}: {progress.runs:,} runs, {progress.steps:,} steps, {progress.seconds:.0f} s, "
            f"{progress.share:.0%} covered{broken}"
        )

    seconds = effort.seconds or subject.budget or USUAL_SECONDS
    first, second = (
        (seconds, 0.0) if subject.driver == BOOK else (seconds * (1 - SHARE_ENFORCED), seconds * SHARE_ENFORCED)
    )
    steps = GUIDED_IN_MEMORY if subject.driver == BOOK else 10**9
    with reached(lifecycle, subject) as driver:
        campaign = run(
            lifecycle, lambda: driver, seed=effort.seed, budget=Budget(steps=steps, seconds=first),
            laws=effort.laws or None, progress=told,
        )  # fmt: skip
    account = campaign.account(lifecycle.source.file, lifecycle, subject.shown_driver)
    if not second or campaign.interrupted or (effort.laws and "progress" not in effort.laws):
        return account
    return _with_enforcement(lifecycle, subject, effort, account, second)


def _with_enforcement(
    lifecycle: Lifecycle, subject: Subject, effort: Effort, account: Account, seconds: float
) -> Account:
    """The account, and whether the implementation also makes progress where the database enforces the spec."""
    with reached(lifecycle, subject, enforced=True) as driver:
        budget = Budget(seconds=seconds, steps=10**9, tours=False)
        campaign = run(lifecycle, lambda: driver, seed=effort.seed, budget=budget, laws=["progress"])
    failures = tuple(
        replace(
            failure,
            breach=replace(
                failure.breach, says=f"With the generated CHECKs and trigger in the database: {failure.breach.says}"
            ),
        )
        for failure in campaign.failures
    )
    known = {failure.law for failure in account.failures}
    return replace(
        account,
        failures=(*account.failures, *(failure for failure in failures if failure.law not in known)),
        runs=account.runs + campaign.runs,
        steps=account.steps + campaign.steps,
        seconds=account.seconds + campaign.seconds,
        interrupted=campaign.interrupted,
    )


# --- several at a time ---------------------------------------------------------------


def _side_by_side(lifecycle: Lifecycle, subject: Subject, effort: Effort, tell: Callable[[str], None]) -> Account:
    began = time.monotonic()
    alone = [replace(effort, jobs=1, seed=effort.seed + number) for number in range(effort.jobs)]
    with ProcessPoolExecutor(effort.jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_silently, lifecycle, subject, each) for each in alone]
        with contextlib.suppress(KeyboardInterrupt):  # those who work were told too, and end with what they have
            _wait(futures, lambda: tell(f"{subject.name}: {effort.jobs} seeds, {time.monotonic() - began:.0f} s"))
        return merged([future.result() for future in futures])


def _silently(lifecycle: Lifecycle, subject: Subject, effort: Effort) -> Account:
    return _one(lifecycle, subject, effort, lambda _: None)


def _wait(futures: list[Future[Account]], tell: Callable[[], None]) -> None:
    left = set(futures)
    while left:
        _, left = wait(left, timeout=0.2)
        tell()
