"""An event from outside is declared, and no transition takes it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for event in subject.lifecycle.events:
        if event.name not in subject.taking:
            yield RULE.finding(
                subject.lifecycle.place("events", event.name),
                f"{event.name} is declared as an event from outside, and no transition takes it",
                "Name it as the `event:` of a transition, or remove it.",
                f"event:{event.name}",
            )


RULE = Rule("unused-event", Severity.WARNING, "An event from outside is declared, and no transition takes it.", _check)
