"""A row enters a queue with the attempts that it spent elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    counted = _after_counting(subject)
    for queue in lifecycle.queues:
        if queue.attempts is None:
            continue
        column = queue.attempts.column
        elsewhere = counted[column] - frozenset(queue.statuses)
        for name in queue.statuses:
            entered = any(transition.source in elsewhere for transition in subject.entries[name])
            if entered and column not in dict(lifecycle.status[name].on_entry):
                yield RULE.finding(
                    lifecycle.place("statuses", name, "on_entry"),
                    f"entering {name} does not reset {column}, in which the queue {queue.name} counts: "
                    "a row may be given up before it was tried",
                    f"Set it there: `on_entry: {{{column}: 0}}`.",
                    f"status:{name}:{column}",
                )


def _after_counting(subject: LintContext) -> Mapping[str, frozenset[str]]:
    """For each column that counts attempts, the statuses that a row may be in once some queue has counted there."""
    counting: dict[str, list[str]] = {}
    for queue in subject.lifecycle.queues:
        if queue.attempts is not None:
            counting.setdefault(queue.attempts.column, []).extend(queue.statuses)
    return {column: subject.graph.reached_from(statuses) for column, statuses in counting.items()}


RULE = Rule(
    "attempts-carried-over", Severity.WARNING, "A row enters a queue with the attempts that it spent elsewhere.", _check
)
