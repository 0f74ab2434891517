"""A row can be in a queue and never be due, because its due column is null."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Column, Status


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    table = lifecycle.table
    for queue in lifecycle.queues:
        column = table.column.get(queue.due) if table is not None and queue.due is not None else None
        if column is None or not column.nullable:
            continue
        for name in queue.statuses:
            if why := _can_be_null(lifecycle.status[name], column):
                yield RULE.finding(
                    lifecycle.place("statuses", name),
                    f"a row in {name} may never be due in the queue {queue.name}: {column.name} is nullable, and {why}",
                    f"Let {name} have it: `requires: [{column.name}]` and `on_entry: {{{column.name}: now}}`.",
                    f"queue:{queue.name}:{name}",
                )


def _can_be_null(status: Status, column: Column) -> str | None:
    """The reason why the column may be null in this status, for a message; None if it cannot be null."""
    entry = dict(status.on_entry)
    if column.name in entry and entry[column.name] is None:
        return f"entering {status.name} empties it"
    if column.name in status.requires:
        return None
    if column.name not in entry:
        return f"{status.name} neither requires it nor sets it on entry"
    if status.initial and column.default is None:
        return f"a new row in {status.name} has no default for it"
    return None


RULE = Rule(
    "never-due",
    Severity.ERROR,
    "A row can be in a queue and never be due, because its due column is null.",
    _check,
)
