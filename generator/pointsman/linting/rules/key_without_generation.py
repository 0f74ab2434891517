"""A key cannot be renewed, so a refusal that the provider stores answers every later request."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for call in lifecycle.calls:
        if call.key is None or (call.key_generation is not None and call.key_generation in call.key.columns):
            continue
        if call.key_generation is None:
            said, place = "no column counts its generations", lifecycle.place("calls", call.name, "key", value=True)
        else:
            place = lifecycle.place("calls", call.name, "key_generation", value=True)
            said = f"{call.key_generation}, its generation, is not in it"
        yield RULE.finding(
            place,
            f"the key of {call.name} is {call.key.text!r}, and {said}: a refusal spends it for ever",
            "Name a whole-number column as `key_generation:` and put it into the key.",
            f"call:{call.name}",
        )


RULE = Rule(
    "key-without-generation",
    Severity.ERROR,
    "A key cannot be renewed, so a refusal that the provider stores answers every later request.",
    _check,
)
