"""kept-event-not-applied: rows that keep an event although a transition can take it now."""

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
        # No column stores when the row entered the status, so the age of the event is compared instead.
        aged = live.is_time and bound > timedelta(0)
        yield Probe(
            subject=f"event:{event.name}",
            statuses=taken_in(subject.lifecycle, event),
            condition=f"{kept} < now() - {interval(bound)}" if aged else f"{kept} is not null",
            place=subject.place("events", event.name, "keep_in"),
            says=f"Rows that keep the event {event.name!r}{_age(bound) if aged else ''} in a status that takes it",
            help=(
                "The event came too early, was kept, and could be applied now, but was not. See whether the actor "
                "of this transition runs the sweep query. A row that got here just now may be among them."
            ),
            shows=(live.name,),
        )


def _age(bound: timedelta) -> str:
    return f" for more than {spoken(bound)}"


def _bound(subject: AuditContext) -> timedelta:
    """The longest patience of any queue, because the spec gives no bound for the sweep."""
    if subject.overdue_after is not None:
        return subject.overdue_after
    bounds = (patience(subject.lifecycle, queue) for queue in subject.lifecycle.queues)
    return max((bound for bound in bounds if bound is not None), default=timedelta(0))


CHECK = RowCheck(
    "kept-event-not-applied", Severity.WARNING, "A row keeps an event that could have been applied.", probes
)
