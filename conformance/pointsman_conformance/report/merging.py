"""Several accounts of one implementation, from several seeds, as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from pointsman_conformance.report.account import Covered, Failure, ImplementationAccount, LawStanding, OfLaw, Retold

_T = TypeVar("_T")


def merged(accounts: Sequence[ImplementationAccount]) -> ImplementationAccount:
    """One account (of one or more) of the same implementation, spec and driver.

    A law that any of them saw broken is broken; of each law's failures the smallest is kept. A cell is missing
    if none of them reached it. `seconds` are those of the longest, since they ran at the same time. Of one that
    never came to play there is only its trouble.
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
        stories=tuple(_story(same) for same in zip(*_all_there(a.stories for a in accounts), strict=True)),
    )


def _all_there(lists: Iterable[tuple[_T, ...]]) -> Iterator[tuple[_T, ...]]:
    """Without the empty ones: who could not be reached has nothing to say."""
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
        if other is None or (other.flaky is not None, len(other.plan)) > (failure.flaky is not None, len(failure.plan)):
            found[failure.law] = failure
    return tuple(found.values())


def _covered(same: Sequence[Covered]) -> Covered:
    missing = set(same[0].missing).intersection(*(sort.missing for sort in same[1:]))
    return replace(same[0], missing=tuple(cell for cell in same[0].missing if cell in missing))


def _story(same: Sequence[Retold]) -> Retold:
    """Each played its share."""
    return replace(same[0], played=any(story.played for story in same))


def _stale(accounts: Sequence[ImplementationAccount]) -> tuple[str, ...]:
    """What is wrong with the list of known failures for all of them: another seed may have met what one did not."""
    return tuple(words for words in accounts[0].stale if all(words in account.stale for account in accounts))


def _each(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
