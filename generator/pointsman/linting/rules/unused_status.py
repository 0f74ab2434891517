"""A status is declared, and no transition enters or leaves it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for status in lifecycle.statuses:
        if status.initial or subject.entries[status.name] or lifecycle.moves[status.name]:
            continue
        yield RULE.finding(
            lifecycle.place("statuses", status.name),
            f"{status.name} is declared, and no transition enters or leaves it",
            "Add its transitions, or remove it. If the table still holds such rows, give them a way on first.",
            f"status:{status.name}",
        )


RULE = Rule("unused-status", Severity.WARNING, "A status is declared, and no transition enters or leaves it.", _check)
