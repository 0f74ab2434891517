"""No actor, queue or event from outside moves rows on from a transient status."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import StatusKind


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if not subject.has_owners:
        return
    for status in lifecycle.statuses:
        if status.kind is not StatusKind.TRANSIENT or not subject.graph.exits[status.name]:
            continue
        moved = any(t.by or t.event in lifecycle.event for t in lifecycle.moves[status.name] if t.target != status.name)
        if not moved and not subject.lifecycle.queues_of[status.name]:
            yield RULE.finding(
                lifecycle.place("statuses", status.name),
                f"nothing moves rows on from {status.name}: no actor, no queue, no event from outside",
                "Name who takes its transitions (`by:`), put it in a queue, or mark it `resting: true`.",
                f"status:{status.name}",
            )


RULE = Rule(
    "ownerless-status",
    Severity.ERROR,
    "No actor, queue or event from outside moves rows on from a transient status.",
    _check,
)
