"""Shows beside each broken law what comes of it: in its run, else in a run that the model checker finds."""

from __future__ import annotations

from dataclasses import replace

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.harm.by_check import harm_by_check
from pointsman_conformance.harm.in_run import harm_in_run
from pointsman_conformance.laws.reader import read
from pointsman_conformance.report.account import Failure, Harm, HarmSeen, ImplementationAccount


def weighed(account: ImplementationAccount) -> ImplementationAccount:
    """The account with the harm of each failure. Where nothing was broken, it is the same account at no cost.

    A Ctrl-C ends it: the harm of the failures after that stays open, and the account counts as interrupted.
    """
    failures: list[Failure] = []
    interrupted = account.interrupted
    for failure in account.failures:
        try:
            failures.append(replace(failure, harm=_harm(account.lifecycle, failure, asking=not interrupted)))
        except KeyboardInterrupt:
            interrupted = True
            failures.append(failure)
    return replace(account, failures=tuple(failures), interrupted=interrupted) if failures else account


def _harm(lifecycle: Lifecycle, failure: Failure, *, asking: bool) -> Harm | None:
    """The harm of one failure; without `asking` the checker, None where the run itself shows none."""
    seen = harm_in_run(read(lifecycle, failure.history), failure.law, failure.breach.row)
    if seen is not None:
        return Harm(HarmSeen.RUN, seen)
    return harm_by_check(lifecycle, failure.law) if asking else None
