"""attempts-out-of-bounds: rows with more attempts than their queue's limit, or fewer than none."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Probe, RowCheck
from pointsman.spec.finding import Severity
from pointsman.sql.quoting import identifier


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question for every queue that counts attempts."""
    for queue in subject.lifecycle.queues:
        if queue.attempts is None or not subject.has(queue.attempts.column):
            continue
        column, limit = queue.attempts.column, queue.attempts.limit
        counted = identifier(column)
        yield Probe(
            subject=f"queue:{queue.name}",
            statuses=queue.statuses,
            condition=f"{counted} < 0" if limit is None else f"({counted} > {limit} or {counted} < 0)",
            place=subject.place("queues", queue.name, "attempts"),
            says=f"Rows of queue {queue.name!r} whose {column!r} is not {_between(limit)}",
            help=(
                "A worker counts on past the limit, carries a count over from another status, or gives attempts back "
                "that were never counted. Look at how the rows' calls ended before changing the count."
            ),
            shows=(column,),
        )


def _between(limit: int | None) -> str:
    return "0 or more" if limit is None else f"from 0 to {limit}"


CHECK = RowCheck("attempts-out-of-bounds", Severity.ERROR, "A row has more attempts than its queue allows.", probes)
