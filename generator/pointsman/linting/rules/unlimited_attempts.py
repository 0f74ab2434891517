"""A queue makes a call as often as it likes."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import CallResult, NextStep
from pointsman.spec.meaning import after, step_after

_GOING_ON = {NextStep.AGAIN, NextStep.WAIT, NextStep.ALARM}
"""Answers after which the row is tried again; an alarm also goes on as after an unknown outcome."""


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        if queue.call is None:
            continue
        place = lifecycle.place("queues", queue.name, "attempts")
        advice = "Set a limit: `attempts: {column: <counter>, limit: 12}`, and answer `exhausted:` under `then:`."
        said = ""
        if queue.attempts is None:
            said = "does not count its attempts"
        elif queue.attempts.limit is None:
            said = f"counts its attempts in {queue.attempts.column} and has no limit"
        elif step_after(queue, CallResult.EXHAUSTED) in _GOING_ON:
            place = lifecycle.place("queues", queue.name, "then", CallResult.EXHAUSTED, value=True)
            said = f"goes on after its last attempt: exhausted is answered by {after(queue, CallResult.EXHAUSTED)}"
            advice = "Answer `exhausted: settle`, and give up when the call turns out not to have been made."
        if said:
            yield RULE.finding(
                place, f"the queue {queue.name} calls {queue.call} and {said}", advice, f"queue:{queue.name}"
            )


RULE = Rule("unlimited-attempts", Severity.WARNING, "A queue makes a call as often as it likes.", _check)
