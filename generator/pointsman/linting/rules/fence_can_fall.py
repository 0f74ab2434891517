"""The fence column can fall or repeat, so an old claim may pass for a new one."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if lifecycle.claims is None or lifecycle.claims.fence is None:
        return
    fence = lifecycle.claims.fence
    reasons = [
        f"the queue {q.name} counts attempts in it, which are given back"
        for q in lifecycle.queues
        if q.attempts is not None and q.attempts.column == fence
    ]
    reasons += [f"entering {s.name} sets it" for s in lifecycle.statuses if fence in dict(s.on_entry)]
    reasons += [f"{e.name} carries a value for it" for e in lifecycle.events if fence in dict(e.carries)]
    reasons += [f"{c.name} records a field of its reply in it" for c in lifecycle.calls if fence in dict(c.records)]
    if reasons:
        yield RULE.finding(
            lifecycle.place("claims", "fence", value=True),
            f"the fence {fence} must only ever rise, but {reasons[0]}",
            "Give the fence a column of its own.",
            f"fence:{fence}",
        )


RULE = Rule(
    "fence-can-fall",
    Severity.ERROR,
    "The fence column can fall or repeat, so an old claim may pass for a new one.",
    _check,
)
