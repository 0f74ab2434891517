"""A call has no idempotency key, so every further attempt may be a further effect."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Repeat


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for call in lifecycle.calls:
        again = call.repeat is Repeat.NEW_EFFECT
        if call.key is not None or (not again and call.amount is None):
            continue
        effect = "makes a new effect" if again else "is answered with already done, which a partial amount is not"
        yield RULE.finding(
            lifecycle.place("calls", call.name),
            f"{call.name} has no idempotency key: a second send {effect}",
            'Send a key that stays the same for one effect: `key: "' + call.name + '-{id}-{key_generation}"`.',
            f"call:{call.name}",
            severity=Severity.ERROR if again else Severity.WARNING,
        )


RULE = Rule(
    "call-without-key",
    Severity.ERROR,
    "A call has no idempotency key, so every further attempt may be a further effect.",
    _check,
)
