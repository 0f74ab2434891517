"""A definite reply is answered by `wait`, which gives the attempt back: the row never ends."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import possible
from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import CallResult, NextStep
from pointsman.spec.meaning import step_after

_DEFINITE = {
    CallResult.REFUSED: "Take an event that gives up, or answer again, which counts.",
    CallResult.REFUSED_FOR_NOW: "Answer again, which counts.",
    CallResult.ALREADY_DONE: "Answer look_up, which finds the effect and its receipt.",
}


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        if call is None:
            continue
        replies = possible(queue, call)
        for reply, advice in _DEFINITE.items():
            if reply in replies and step_after(queue, reply) is NextStep.WAIT:
                yield RULE.finding(
                    lifecycle.place("queues", queue.name, "then", reply, value=True),
                    f"the queue {queue.name} waits when {queue.call} is {reply}, which gives the attempt back: "
                    "a row that is answered so each time is tried for ever",
                    advice,
                    f"queue:{queue.name}:{reply}",
                )


RULE = Rule(
    "refusal-gives-back",
    Severity.ERROR,
    "A definite reply is answered by `wait`, which gives the attempt back: the row never ends.",
    _check,
)
