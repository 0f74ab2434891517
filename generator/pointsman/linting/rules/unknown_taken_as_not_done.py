"""A reply that leaves the effect unknown takes a transition that needs the call not to be done."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import TELLS, claimed, taken
from pointsman.linting.rules.rule import LintContext, Rule, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import CallResult, EffectState


def _check(subject: LintContext) -> Iterator[Finding]:
    for one in taken(subject):
        if TELLS[one.reply] is not None or one.reply is CallResult.EXHAUSTED:
            continue
        if claimed(subject, one.transition, one.call) is EffectState.NOT_DONE:
            yield RULE.finding(
                subject.lifecycle.place("queues", one.queue.name, "then", one.reply, value=True),
                f"after {one.reply} it is unknown whether {one.call.name} is done, "
                f"and {label(one.transition)} takes it for not done",
                "Try again (`again`, `wait`) or find out (`settle`, `look_up`) before taking it.",
                f"queue:{one.queue.name}:{one.reply}:{one.transition.source}>{one.transition.target}",
            )


RULE = Rule(
    "unknown-taken-as-not-done",
    Severity.ERROR,
    "A reply that leaves the effect unknown takes a transition that needs the call not to be done.",
    _check,
)
