"""A call can be misused, and no alarm is raised."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import possible
from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import CallResult, NextStep
from pointsman.spec.meaning import after


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        call, answer = lifecycle.call_of(queue), after(queue, CallResult.MISUSED)
        if call is None or answer == NextStep.ALARM:
            continue
        if CallResult.MISUSED in possible(queue, call):
            yield RULE.finding(
                lifecycle.place("queues", queue.name, "then", CallResult.MISUSED, value=True),
                f"that {queue.call} was misused is a defect of ours, "
                f"and the queue {queue.name} answers {answer}: no alarm is raised",
                "Answer `misused: alarm`.",
                f"queue:{queue.name}",
            )


RULE = Rule("misuse-unheard", Severity.WARNING, "A call can be misused, and no alarm is raised.", _check)
