"""Rows may start in a status from which no way leads to any of the calls."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, listed
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle, graph = subject.lifecycle, subject.graph
    calling = [queue for queue in lifecycle.queues if queue.call is not None]
    made = frozenset(name for queue in calling for name in queue.statuses)
    if not made:
        return
    coming = graph.reaching(made)
    for status in lifecycle.statuses:
        if not status.initial or status.name in coming or not graph.exits[status.name]:
            continue
        yield RULE.finding(
            lifecycle.place("statuses", status.name, "initial"),
            f"rows may start in {status.name}, and no way leads from there to "
            f"{listed(queue.call or '' for queue in calling)}",
            "Add the transition that leads on to a queue, or drop `initial` if no row starts there.",
            f"status:{status.name}",
        )


RULE = Rule(
    "start-without-call",
    Severity.NOTE,
    "Rows may start in a status from which no way leads to any of the calls.",
    _check,
)
