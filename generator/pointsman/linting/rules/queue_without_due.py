"""A queue has no due column, so every row in it is always due."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        if queue.due is None:
            yield RULE.finding(
                subject.lifecycle.place("queues", queue.name),
                f"the queue {queue.name} has no due column, so every row in it is always due",
                "Name the column that says when a row is due: `due: ...`.",
                f"queue:{queue.name}",
            )


RULE = Rule("queue-without-due", Severity.ERROR, "A queue has no due column, so every row in it is always due.", _check)
