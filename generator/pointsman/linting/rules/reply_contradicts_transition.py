"""A reply takes a transition that says the opposite about the call's effect."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import TELLS, claimed, taken
from pointsman.linting.rules.rule import LintContext, Rule, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import EffectState

_WORDS = {EffectState.DONE: "done", EffectState.NOT_DONE: "not done"}


def _check(subject: LintContext) -> Iterator[Finding]:
    for one in taken(subject):
        wanted, told = claimed(subject, one.transition, one.call), TELLS[one.reply]
        if wanted is None or told is wanted or (told is None and wanted is EffectState.NOT_DONE):
            continue
        knowledge = (
            f"means that {one.call.name} is {_WORDS[told]}"
            if told
            else f"does not tell whether {one.call.name} is done"
        )
        yield RULE.finding(
            subject.lifecycle.place("queues", one.queue.name, "then", one.reply, value=True),
            f"{one.reply} {knowledge}, and {label(one.transition)} takes it for {_WORDS[wanted]}",
            "Take an event whose transition says what the reply tells.",
            f"queue:{one.queue.name}:{one.reply}:{one.transition.source}>{one.transition.target}",
        )


RULE = Rule(
    "reply-contradicts-transition",
    Severity.ERROR,
    "A reply takes a transition that says the opposite about the call's effect.",
    _check,
)
