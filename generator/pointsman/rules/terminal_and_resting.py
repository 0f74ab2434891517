"""A status is said to be both terminal and resting."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.finding import Finding, Severity
from pointsman.rules.rule import LintContext, Rule


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
