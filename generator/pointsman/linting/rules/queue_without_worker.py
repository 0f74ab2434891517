"""A queue names no worker, so it is never polled."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        if queue.worker is None:
            yield RULE.finding(
                subject.lifecycle.place("queues", queue.name),
                f"the queue {queue.name} names no worker, so it is never polled",
                "Name the actor that polls it: `worker: ...`.",
                f"queue:{queue.name}",
            )


RULE = Rule("queue-without-worker", Severity.ERROR, "A queue names no worker, so it is never polled.", _check)
