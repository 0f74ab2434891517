"""A terminal status has a way out."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, key
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for transition in subject.lifecycle.transitions:
        if not subject.lifecycle.status[transition.source].terminal:
            continue
        event = transition.event or "a transition"
        yield RULE.finding(
            subject.source_place(transition),
            f"{transition.source} is terminal, but {event} leads from it to {transition.target}",
            f"Remove the transition, or take `terminal: true` from {transition.source}.",
            key(transition),
        )


RULE = Rule("terminal-with-exit", Severity.ERROR, "A terminal status has a way out.", _check)
