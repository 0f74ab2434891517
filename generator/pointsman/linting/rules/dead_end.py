"""A status that is not terminal has no way out."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle, graph = subject.lifecycle, subject.graph
    for status in lifecycle.statuses:
        in_use = status.initial or subject.entries[status.name]
        if status.terminal or graph.exits[status.name] or not in_use:
            continue
        loops = " but to itself" if lifecycle.moves[status.name] else ""
        yield RULE.finding(
            lifecycle.place("statuses", status.name),
            f"{status.name} is not terminal, and no transition leads out of it{loops}",
            "Add the way out, or mark it `terminal: true` if rows end here.",
            f"status:{status.name}",
        )


RULE = Rule("dead-end", Severity.ERROR, "A status that is not terminal has no way out.", _check)
