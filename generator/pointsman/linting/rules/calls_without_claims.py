"""A queue makes a call, and nothing says how its worker claims a row."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    calling = [queue for queue in lifecycle.queues if queue.call is not None]
    if calling and lifecycle.claims is None:
        yield RULE.finding(
            lifecycle.place("queues", calling[0].name),
            f"the queue {calling[0].name} calls {calling[0].call}, and nothing says how its worker claims a row",
            "Add `claims: {by: bump, lease: ..., fence: ..., longest_pause: ...}`, or `claims: {by: lock}`.",
            "claims",
        )


RULE = Rule(
    "calls-without-claims",
    Severity.ERROR,
    "A queue makes a call, and nothing says how its worker claims a row.",
    _check,
)
