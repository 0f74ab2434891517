"""due-too-late: rows whose due time is further ahead than any pause or lease can put it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Probe, RowCheck
from pointsman.auditing.pace import furthest, spoken
from pointsman.spec.finding import Severity
from pointsman.sql.quoting import identifier, interval


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question for every queue with a due time and a bound."""
    for queue in subject.lifecycle.queues:
        bound = furthest(subject.lifecycle, queue)
        live = subject.live.column.get(queue.due) if queue.due is not None else None
        if bound is None or live is None or not live.is_time:
            continue
        due = identifier(live.name)
        yield Probe(
            subject=f"queue:{queue.name}",
            statuses=queue.statuses,
            condition=f"{due} > now() + {interval(bound)} and isfinite({due})",
            place=subject.place("queues", queue.name, "backoff"),
            says=f"Rows of queue {queue.name!r} that are not due for more than {spoken(bound)}",
            help=(
                "No pause and no lease of this queue reaches that far, so something else wrote the due time: another "
                "clock, another unit, a person. Set it to now if the rows should be worked on."
            ),
            shows=(live.name,),
        )


CHECK = RowCheck("due-too-late", Severity.WARNING, "A row is put off for longer than its queue allows.", probes)
