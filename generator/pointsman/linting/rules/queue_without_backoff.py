"""A queue makes a call and has no backoff, so a failing row is tried without a pause."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        if queue.call is not None and queue.backoff is None:
            yield RULE.finding(
                subject.lifecycle.place("queues", queue.name),
                f"the queue {queue.name} calls {queue.call} and has no backoff, "
                "so a failing row is tried without a pause",
                "Say how long to wait: `backoff: {first: 1m, factor: 2, ceiling: 6h, jitter: 0.2}`.",
                f"queue:{queue.name}",
            )


RULE = Rule(
    "queue-without-backoff",
    Severity.WARNING,
    "A queue makes a call and has no backoff, so a failing row is tried without a pause.",
    _check,
)
