"""overdue: rows that have been due for longer than any pause of their queue and a lease."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Probe, RowCheck
from pointsman.auditing.pace import patience, spoken
from pointsman.spec.finding import Severity
from pointsman.sql.quoting import identifier, interval


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question for every queue with a due time and a bound; `pace` says where the bound comes from."""
    for queue in subject.lifecycle.queues:
        bound = subject.overdue_after or patience(subject.lifecycle, queue)
        live = subject.live.column.get(queue.due) if queue.due is not None else None
        if bound is None or live is None or not live.is_time:
            continue
        yield Probe(
            subject=f"queue:{queue.name}",
            statuses=queue.statuses,
            # A due time of -infinity counts as overdue: it is less than every other time.
            condition=f"{identifier(live.name)} < now() - {interval(bound)}",
            place=subject.place("queues", queue.name),
            says=f"Rows of queue {queue.name!r} that have been due for more than {spoken(bound)}",
            help=(
                f"No worker has taken them for longer than the slowest pause and one lease of this queue. See whether "
                f"{_worker(queue.worker)} runs, keeps up, and polls every status of the queue."
            ),
            shows=(live.name,),
        )


def _worker(name: str | None) -> str:
    return "its worker" if name is None else f"the worker {name!r}"


CHECK = RowCheck("overdue", Severity.WARNING, "A row has been due for longer than its queue allows.", probes)
