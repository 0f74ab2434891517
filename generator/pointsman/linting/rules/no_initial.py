"""No status is initial, so no row can begin."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if not subject.graph.initials:
        yield RULE.finding(
            lifecycle.place("statuses"),
            "no status is initial, so no row can begin",
            "Mark the status that new rows have with `initial: true`.",
            "statuses",
        )


RULE = Rule("no-initial", Severity.ERROR, "No status is initial, so no row can begin.", _check)
