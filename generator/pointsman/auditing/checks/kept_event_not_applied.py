"""kept-event-not-applied: rows that keep an event although a transition could take it by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pointsman.auditing.check import AuditContext, Probe, RowCheck
from pointsman.auditing.pace import patience, spoken
from pointsman.spec.database_names import is_swept
from pointsman.spec.finding import Severity
from pointsman.sql.quoting import identifier, interval
from pointsman.sql.schema import taken_in


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question for every event that rows may keep."""
    for event in subject.lifecycle.events:
        live = subject.live.column.get(event.keep_in) if event.keep_in is not None else None
        if live is None or not is_swept(subject.lifecycle, event):
            continue
        kept, bound = identifier(live.name), _bound(subject)
        # Nothing stores when the row entered the status, so the event's own age has to do.
        aged = live.is_time and bound > timedelta(0)
        yield Probe(
            subject=f"event:{event.name}",
            statuses=taken_in(subject.lifecycle, event),
            condition=f"{kept} < now() - {interval(bound)}" if aged else f"{kept} is not null",
            place=subject.place("events", event.name, "keep_in"),
            says=f"Rows that keep the event {event.name!r}{_age(bound) if aged else ''} in a status that takes it",
            help=(
                "The event came too early, was kept, and could be applied now; nobody has done so. See whether "
                "whoever takes this transition runs the sweep query. A row that got here just now may be among them."
            ),
            shows=(live.name,),
        )


def _age(bound: timedelta) -> str:
    return f" for more than {spoken(bound)}"


def _bound(subject: AuditContext) -> timedelta:
    """As long as the most patient queue: the sweep has no bound of its own."""
    if subject.overdue_after is not None:
        return subject.overdue_after
    bounds = (patience(subject.lifecycle, queue) for queue in subject.lifecycle.queues)
    return max((bound for bound in bounds if bound is not None), default=timedelta(0))


CHECK = RowCheck(
    "kept-event-not-applied", Severity.WARNING, "A row keeps an event that could have been applied.", probes
)
