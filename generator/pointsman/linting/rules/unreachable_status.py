"""No way leads to this status from an initial one."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, listed
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle, graph = subject.lifecycle, subject.graph
    if not graph.initials:
        return  # then nothing is reachable, and no-initial says why
    for status in lifecycle.statuses:
        joined = subject.entries[status.name] or lifecycle.moves[status.name]
        if joined and status.name not in graph.reachable:
            yield RULE.finding(
                lifecycle.place("statuses", status.name),
                f"no row can come to be in {status.name}: no way leads there from {listed(graph.initials)}",
                "Add the transition that leads there, mark it `initial: true`, or remove the status.",
                f"status:{status.name}",
            )


RULE = Rule("unreachable-status", Severity.WARNING, "No way leads to this status from an initial one.", _check)
