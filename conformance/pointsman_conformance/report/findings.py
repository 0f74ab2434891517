"""Breaches as findings at lines of the spec, and untested parts as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.finding import Finding, Severity
from pointsman_conformance.report.account import Failure, Harm, HarmSeen, ImplementationAccount, LawStanding

_MOST = 6
"""The most unreached cells that one sentence names; the record names all."""


def findings(account: ImplementationAccount) -> tuple[Finding, ...]:
    """A finding for each failure, at its requirement's place, for a hidden write, and for each stale known failure."""
    stale = (
        Finding("known-failure-stale", Severity.ERROR, words, account.lifecycle.place(),
                "Take the line out of the file of known failures, or renew it.", words)
        for words in account.stale
    )  # fmt: skip
    return (*_tampered(account), *(_finding(account, failure) for failure in account.failures), *stale)


def _tampered(account: ImplementationAccount) -> Iterator[Finding]:
    if account.tampered:
        told = "Write to the table as the role that the kit gives, and leave the audit's trigger alone."
        yield Finding("tampered", Severity.ERROR, account.tampered, account.lifecycle.place(), told, "tampered")


def _finding(account: ImplementationAccount, failure: Failure) -> Finding:
    facts = {"requirement": failure.requirement, "steps": str(len(failure.plan))}
    if failure.breach.row is not None:
        facts["row"] = failure.breach.row
    if failure.flaky is not None:
        facts["flaky"] = f"{failure.flaky[0]} of {failure.flaky[1]} replays"
    if failure.saved is not None:
        facts["replay"] = failure.saved
    if failure.harm is not None:
        facts["harm"] = harm_in_words(failure.harm)
    return Finding(
        failure.law,
        Severity.ERROR,
        failure.breach.says,
        account.lifecycle.place(*failure.breach.element.path),
        _help(failure),
        failure.requirement,
        tuple(facts.items()),
    )


def _help(failure: Failure) -> str:
    again = f" `pointsman replay {failure.saved}` plays the run again." if failure.saved else ""
    flaky = ""
    if failure.flaky is not None:
        flaky = f" It failed in {failure.flaky[0]} of {failure.flaky[1]} replays: the recorded run is the evidence."
    harm = f"{harm_in_words(failure.harm)} " if failure.harm is not None else ""
    asks = f"Requirement {failure.requirement}; `pointsman explain {failure.law}` says what the law asks."
    return f"{harm}{asks}{again}{flaky}"


def harm_in_words(harm: Harm) -> str:
    """One sentence: the harm, and where it was seen."""
    if harm.seen is HarmSeen.RUN:
        return f"Harm in this run: {harm.says}."
    if harm.seen is HarmSeen.UNKNOWN:
        return f"Harm: unknown. It was not seen in this run; {harm.says}."
    count = harm.story.length if harm.story is not None else 0
    steps = f" in {count} step{'' if count == 1 else 's'}" if count else ""
    return f"Harm, which `check` finds{steps}: {harm.prop}: {harm.says}."


def undecided(account: ImplementationAccount) -> tuple[str, ...]:
    """A sentence for each reason why a run without a breach is no pass."""
    return tuple(_undecided(account))


def _undecided(account: ImplementationAccount) -> Iterator[str]:
    name = account.about.name
    yield from (f"{name}: {' '.join(words.splitlines())}" for words in account.trouble)
    if account.unseen:
        yield f"{name}: nothing was put to the test. `pointsman doctor` looks at how it is connected."
        return
    if not account.judged_at_all:
        yield f"{name}: none of the laws that were asked for applies to these roles, so nothing was put to the test."
    unmet = [law.law for law in account.laws if law.standing is LawStanding.NO_EVIDENCE]
    if unmet:
        yield f"{name}: never put to the test: {', '.join(unmet)}."
    for sort in account.coverage if not account.failures else ():  # a failure is told without them
        if sort.missing and sort.sort != "laws":  # those are named above
            more = f" and {len(sort.missing) - _MOST} more" if len(sort.missing) > _MOST else ""
            yield f"{name}: {sort.sort} not reached: {', '.join(sort.missing[:_MOST])}{more}."
