"""A queue holds a terminal status, whose rows can never leave it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        for position, name in enumerate(queue.statuses):
            if lifecycle.status[name].terminal:
                yield RULE.finding(
                    lifecycle.place("queues", queue.name, "statuses", position, value=True),
                    f"the queue {queue.name} holds {name}, which is terminal: its rows are claimed for ever",
                    f"Take {name} out of the queue, or give it a way out.",
                    f"queue:{queue.name}:{name}",
                )


RULE = Rule(
    "terminal-in-queue", Severity.ERROR, "A queue holds a terminal status, whose rows can never leave it.", _check
)
