"""Two calls send the same key to one provider."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call


def _check(subject: LintContext) -> Iterator[Finding]:
    first: dict[tuple[str, str], Call] = {}
    for call in subject.lifecycle.calls:
        if call.key is None:
            continue
        known = first.setdefault((call.provider, call.key.text), call)
        if known is not call:
            yield RULE.finding(
                subject.lifecycle.place("calls", call.name, "key", value=True),
                f"{known.name} and {call.name} send the same key, {call.key.text!r}, to {call.provider}",
                "Begin each key with the call's own name.",
                f"call:{call.name}",
            )


RULE = Rule("key-shared-by-calls", Severity.ERROR, "Two calls send the same key to one provider.", _check)
