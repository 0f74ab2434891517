"""A status is said to be both terminal and resting."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for status in subject.lifecycle.statuses:
        if status.terminal and status.resting:
            yield RULE.finding(
                subject.lifecycle.place("statuses", status.name, "resting"),
                f"{status.name} is said to be terminal (no way out) and resting (may stay, can still move)",
                "Keep one of the two.",
                f"status:{status.name}",
            )


RULE = Rule("terminal-and-resting", Severity.WARNING, "A status is said to be both terminal and resting.", _check)
