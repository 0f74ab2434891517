"""A call can be misused, and nobody is told."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.finding import Finding, Severity
from pointsman.lifecycle import Reply, Step
from pointsman.rules.replies import possible
from pointsman.rules.rule import Rule, Subject


def _check(subject: Subject) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        answer = queue.answers.get(Reply.MISUSED, Step.ALARM)
        if queue.call is None or answer == Step.ALARM:
            continue
        if Reply.MISUSED in possible(queue, lifecycle.call[queue.call]):
            yield RULE.finding(
                lifecycle.place("queues", queue.name, "then", Reply.MISUSED, value=True),
                f"that {queue.call} was misused is a defect of ours, "
                f"and the queue {queue.name} answers {answer}: nobody hears of it",
                "Answer `misused: alarm`.",
                f"queue:{queue.name}",
            )


RULE = Rule("misuse-unheard", Severity.WARNING, "A call can be misused, and nobody is told.", _check)
