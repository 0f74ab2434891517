"""A queue has no order, so an old row may wait while newer ones are taken."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        if not queue.order:
            yield RULE.finding(
                subject.lifecycle.place("queues", queue.name),
                f"the queue {queue.name} has no order, so an old row may wait while newer ones are taken",
                "Take the oldest first: `order: [<the due column>, <the primary key>]`.",
                f"queue:{queue.name}",
            )


RULE = Rule(
    "queue-without-order",
    Severity.WARNING,
    "A queue has no order, so an old row may wait while newer ones are taken.",
    _check,
)
