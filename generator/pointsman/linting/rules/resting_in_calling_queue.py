"""Rows may rest in a status for which a queue makes a call."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        if queue.call is None:
            continue
        for position, name in enumerate(queue.statuses):
            if lifecycle.status[name].resting:
                yield RULE.finding(
                    lifecycle.place("queues", queue.name, "statuses", position, value=True),
                    f"rows may rest in {name}, and the queue {queue.name} calls {queue.call} for them: "
                    "one whose call is never made or settled breaks no property",
                    f"Declare {name} without `resting:`, or let a status of its own hold rows whose call is due.",
                    f"queue:{queue.name}:{name}",
                )


RULE = Rule(
    "resting-in-calling-queue", Severity.WARNING, "Rows may rest in a status for which a queue makes a call.", _check
)
