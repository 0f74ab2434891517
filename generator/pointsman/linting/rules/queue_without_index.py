"""A queue names no index, so every poll reads the whole table."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        if queue.index is None:
            yield RULE.finding(
                subject.lifecycle.place("queues", queue.name),
                f"the queue {queue.name} names no index, so every poll reads the whole table",
                "Name one: `index: ...`; its partial index is generated.",
                f"queue:{queue.name}",
            )


RULE = Rule(
    "queue-without-index", Severity.WARNING, "A queue names no index, so every poll reads the whole table.", _check
)
