"""Shows beside each broken law what comes of it: in its run, else in a run that the model checker finds.

A law whose breaches do no harm in this lifecycle, by proof, does not apply to it. The proof is of all of them together,
since two that do no harm alone may do so together; what is not proved counts as harm that may be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pointsman.spec.lifecycle import ClaimBy, Lifecycle
from pointsman_conformance.harm.by_check import Together, harm_by_check, together
from pointsman_conformance.harm.in_run import harm_in_run
from pointsman_conformance.laws.reader import read
from pointsman_conformance.report.account import (
    Covered,
    Failure,
    Harm,
    HarmSeen,
    ImplementationAccount,
    LawStanding,
    OfLaw,
)

_UNDER_A_CLAIM = {"stale-claim-sends-nothing": "sends_after_a_pause"}
"""The laws that say only what a copy may send under a claim that it holds, each with the wrong implementation that may
do all that breaks it. Where no row is ever claimed, no run can put them to the test."""

_CLAIM = "claim-is-a-write"


def weighed(account: ImplementationAccount) -> ImplementationAccount:
    """The account with the harm of each failure, and without the failures of laws that turned out not to apply.

    Where nothing was broken, it is the same account, at no cost. A Ctrl-C ends it: the harm of the failures after that
    stays open, and the account counts as interrupted.
    """
    if not account.failures:
        return account
    failures: list[Failure] = []
    interrupted = account.interrupted
    for failure in account.failures:
        try:
            failures.append(replace(failure, harm=_harm(account.lifecycle, failure, asking=not interrupted)))
        except KeyboardInterrupt:
            interrupted = True
            failures.append(failure)
    shown = replace(account, failures=tuple(failures), interrupted=interrupted)
    try:
        return shown if interrupted else _without_harmless(shown)
    except KeyboardInterrupt:
        return replace(shown, interrupted=True)


def _harm(lifecycle: Lifecycle, failure: Failure, *, asking: bool) -> Harm | None:
    """The harm of one failure; without `asking` the checker, None where the run itself shows none."""
    seen = harm_in_run(read(lifecycle, failure.history), failure.law, failure.breach.row)
    if seen is not None:
        return Harm(HarmSeen.RUN, seen)
    wrong = (failure.breach.wrong,) if failure.breach.wrong is not None else ()
    return harm_by_check(lifecycle, failure.law, wrong) if asking else None


# --- laws that turn out not to apply -----------------------------------------------


@dataclass(frozen=True)
class _Harmless:
    """A law that may not apply: its wrong implementation that does all that was done, and a failure if it broke."""

    law: str
    wrong: str
    failure: Failure | None


def _without_harmless(account: ImplementationAccount) -> ImplementationAccount:
    asked = tuple(_candidates(account))
    if not asked:
        return account
    found = together(account.lifecycle, tuple(sorted(one.wrong for one in asked)))
    return _released(account, asked, found) if found.proved else _held(account, asked, found)


def _candidates(account: ImplementationAccount) -> Sequence[_Harmless]:
    """The laws whose every breach is one that `check` knows, and of which neither run nor `check` has shown harm.

    None where the table was tampered with, where known failures were excused (the proof knows nothing of them), and
    where rows are claimed by a lock: most laws then leave nothing to see, and the proof would rest on them.
    """
    claims = account.lifecycle.claims
    if account.tampered or account.known or (claims is not None and claims.by is ClaimBy.LOCK):
        return ()
    broken = [
        _Harmless(failure.law, failure.breach.wrong, failure)
        for failure in account.failures
        if failure.breach.wrong is not None and failure.harm is not None and failure.harm.seen is HarmSeen.UNKNOWN
    ]
    if not any(one.law == _CLAIM for one in broken):
        return broken
    untested = {law.law for law in account.laws if law.standing is LawStanding.NO_EVIDENCE}
    return (*broken, *(_Harmless(law, wrong, None) for law, wrong in _UNDER_A_CLAIM.items() if law in untested))


def _held(account: ImplementationAccount, asked: Sequence[_Harmless], found: Together) -> ImplementationAccount:
    """The account whose failures say what they do together, or why it is not known that they do no harm."""
    names = {one.law for one in asked}
    failures = tuple(
        replace(failure, harm=found.harm) if failure.law in names else failure for failure in account.failures
    )
    return replace(account, failures=failures)


def _released(account: ImplementationAccount, asked: Sequence[_Harmless], found: Together) -> ImplementationAccount:
    """The account without the failures of these laws, which do not apply, nor what has to be reached for them."""
    names = {one.law: found.why(one.wrong) for one in asked}
    cells = {name: names[law] for name in _missing(account) if (law := name.partition("/")[0]) in names}
    return replace(
        account,
        failures=tuple(failure for failure in account.failures if failure.law not in names),
        laws=tuple(_not_applicable(law, names[law.law]) if law.law in names else law for law in account.laws),
        coverage=tuple(_reduced(sort, frozenset(cells)) for sort in account.coverage),
        exempt={**account.exempt, **names, **cells},
    )


def _not_applicable(law: OfLaw, why: str) -> OfLaw:
    return replace(law, standing=LawStanding.NOT_APPLICABLE, why=why)


def _missing(account: ImplementationAccount) -> list[str]:
    return [name for sort in account.coverage if sort.sort == _OF_LAWS for name in sort.missing]


def _reduced(sort: Covered, cells: frozenset[str]) -> Covered:
    if sort.sort != _OF_LAWS:
        return sort
    left = tuple(name for name in sort.missing if name not in cells)
    return replace(sort, required=sort.required - (len(sort.missing) - len(left)), missing=left)


_OF_LAWS = "laws"
"""The sort of the cells that are requirements of laws."""
