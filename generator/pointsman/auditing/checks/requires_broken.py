"""requires-broken: rows that lack a column which their status requires."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Probe, RowCheck, null
from pointsman.spec.finding import Severity
from pointsman.spec.lifecycle import Lifecycle, Status


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question for every status and every column that it requires and that is nullable in the database."""
    for status in subject.lifecycle.statuses:
        for column in status.requires:
            live = subject.live.column.get(column)
            if live is None or live.required:
                continue
            yield Probe(
                subject=f"status:{status.name}/column:{column}",
                statuses=(status.name,),
                condition=null(column),
                place=subject.place("statuses", status.name, "requires"),
                says=f"Rows in status {status.name!r} without {column!r}, {_why(subject.lifecycle, status, column)}",
                help=(
                    f"Find out what {column!r} should hold, for a receipt from the provider, and fill it in; "
                    f"or take it out of `requires` if the status does not need it."
                ),
            )


def _why(lifecycle: Lifecycle, status: Status, column: str) -> str:
    for queue in lifecycle.queues_of[status.name]:
        if queue.due == column:
            return f"so that queue {queue.name!r} never takes them"
    return "which the spec requires there"


CHECK = RowCheck("requires-broken", Severity.ERROR, "A row lacks a column that its status requires.", probes)
