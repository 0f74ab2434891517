"""A queue's order does not begin with its due column, so an old row may wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        if queue.due is not None and queue.order and queue.order[0] != queue.due:
            yield RULE.finding(
                subject.lifecycle.place("queues", queue.name, "order", 0, value=True),
                f"the queue {queue.name} is ordered by {queue.order[0]} before {queue.due}: "
                "while such rows keep coming an old row waits, and the index is of no use",
                f"Take the oldest first: begin the order with {queue.due}.",
                f"queue:{queue.name}",
            )


RULE = Rule(
    "order-ignores-due",
    Severity.WARNING,
    "A queue's order does not begin with its due column, so an old row may wait for ever.",
    _check,
)
