"""Merges the accounts of one implementation from several seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from pointsman_conformance.report.account import Covered, Failure, ImplementationAccount, LawStanding, OfLaw, Retold

_T = TypeVar("_T")


def merged(accounts: Sequence[ImplementationAccount]) -> ImplementationAccount:
    """One account from one or more of the same implementation, spec and driver.

    A law is broken if any account has it broken; the smallest failure of each law is kept. A cell is missing if no
    account reached it. `seconds` is the longest time, since the accounts were made at the same time. An account
    without a run adds its trouble only.
    """
    played = [account for account in accounts if account.runs] or accounts[:1]
    first = played[0]
    return replace(
        first,
        seeds=tuple(seed for account in accounts for seed in account.seeds),
        laws=tuple(_law(same) for same in zip(*(account.laws for account in played), strict=True)),
        failures=_smallest(failure for account in accounts for failure in account.failures),
        coverage=tuple(_covered(same) for same in zip(*_all_there(a.coverage for a in accounts), strict=True)),
        runs=sum(account.runs for account in accounts),
        steps=sum(account.steps for account in accounts),
        seconds=max(account.seconds for account in accounts),
        trouble=_each(words for account in accounts for words in account.trouble),
        known=_each(words for account in accounts for words in account.known),
        stale=_stale(accounts),
        interrupted=any(account.interrupted for account in accounts),
        tampered=next((account.tampered for account in accounts if account.tampered), ""),
        stories=tuple(_story(same) for same in zip(*_all_there(a.stories for a in accounts), strict=True)),
    )


def _all_there(lists: Iterable[tuple[_T, ...]]) -> Iterator[tuple[_T, ...]]:
    """`lists` without the empty ones, which come from accounts without a run."""
    return (each for each in lists if each)


def _law(same: Sequence[OfLaw]) -> OfLaw:
    met: Counter[str] = Counter()
    for law in same:
        met.update(dict(law.met))
    standings = {law.standing for law in same}
    worst = (LawStanding.BROKEN, LawStanding.KEPT, LawStanding.NO_EVIDENCE, LawStanding.NOT_APPLICABLE)
    standing = next(each for each in worst if each in standings)
    return replace(same[0], standing=standing, met=tuple(met.items()), breaches=sum(law.breaches for law in same))


def _smallest(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    found: dict[str, Failure] = {}
    for failure in failures:
        other = found.get(failure.law)
        if other is None or _rank(failure) < _rank(other):
            found[failure.law] = failure
    return tuple(found.values())


def _rank(failure: Failure) -> tuple[bool, bool, int]:
    """First those that no wrong implementation of `check` covers: a law with such a breach applies in any case."""
    return failure.breach.wrong is not None, failure.flaky is not None, len(failure.plan)


def _covered(same: Sequence[Covered]) -> Covered:
    missing = set(same[0].missing).intersection(*(sort.missing for sort in same[1:]))
    return replace(same[0], missing=tuple(cell for cell in same[0].missing if cell in missing))


def _story(same: Sequence[Retold]) -> Retold:
    """One story: it was played if any account played it, since each account plays a share."""
    return replace(same[0], played=any(story.played for story in same))


def _stale(accounts: Sequence[ImplementationAccount]) -> tuple[str, ...]:
    """The sentences that all accounts have: a known failure is stale only if no seed met it."""
    return tuple(words for words in accounts[0].stale if all(words in account.stale for account in accounts))


def _each(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
