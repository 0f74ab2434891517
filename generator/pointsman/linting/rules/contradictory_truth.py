"""A transition needs of a call the opposite of what the status before or after it means."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, key, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import EffectState

_WORDS = {EffectState.DONE: "done", EffectState.NOT_DONE: "not done"}


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for transition in lifecycle.transitions:
        for call, effect in transition.needs:
            for where, name in (("leaves", transition.source), ("enters", transition.target)):
                meant = dict(lifecycle.status[name].means).get(call, effect)
                if meant is not effect:
                    yield RULE.finding(
                        lifecycle.place(*transition.path, "needs", call),
                        f"{label(transition)} needs {call} to be {_WORDS[effect]}, "
                        f"and {where} {name}, which means that it is {_WORDS[meant]}",
                        "Correct what the transition needs, or what the status means.",
                        f"{key(transition)}:{call}:{where}",
                    )


RULE = Rule(
    "contradictory-truth",
    Severity.ERROR,
    "A transition needs of a call the opposite of what the status before or after it means.",
    _check,
)
