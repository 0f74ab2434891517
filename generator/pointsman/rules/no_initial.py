"""No status is initial, so no row can begin."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.finding import Finding, Severity
from pointsman.rules.rule import LintContext, Rule


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
