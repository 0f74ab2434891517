"""No queue holds a transient status: a row waits for a person, a handler or a webhook, perhaps for ever."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import StatusKind


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if not lifecycle.queues:
        return
    for status in lifecycle.statuses:
        leaves = [t for t in lifecycle.moves[status.name] if t.target != status.name]
        owned = any(t.by or t.event in lifecycle.event for t in leaves)
        if status.kind is StatusKind.TRANSIENT and owned and not subject.lifecycle.queues_of[status.name]:
            yield RULE.finding(
                lifecycle.place("statuses", status.name),
                f"no queue holds {status.name}: a row stays there until a person, a handler or a webhook moves it, "
                "perhaps for ever",
                "Let a worker poll it, or mark it `resting: true` if rows may stay.",
                f"status:{status.name}",
            )


RULE = Rule(
    "unpolled-status",
    Severity.NOTE,
    "No queue holds a transient status: a row waits for a person, a handler or a webhook, perhaps for ever.",
    _check,
)
