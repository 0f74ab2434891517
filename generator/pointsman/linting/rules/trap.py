"""Rows go round in some statuses for ever: no terminal or resting status can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, listed
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for group in subject.graph.traps:
        yield RULE.finding(
            subject.lifecycle.place("statuses", group[0]),
            f"rows go round in {listed(group)} for ever: no terminal or resting status can be reached from there",
            "Add a way out, or mark the status in which rows may stay as `resting: true`.",
            f"statuses:{','.join(group)}",
        )


RULE = Rule(
    "trap",
    Severity.ERROR,
    "Rows go round in some statuses for ever: no terminal or resting status can be reached.",
    _check,
)
