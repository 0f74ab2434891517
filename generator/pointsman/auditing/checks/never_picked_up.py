"""never-picked-up: rows in a transient status that no queue will ever take."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Probe, RowCheck, null
from pointsman.spec.finding import Severity
from pointsman.spec.lifecycle import Lifecycle, Queue, Status, StatusKind
from pointsman.sql.quoting import identifier


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question for every way in which a queue can miss a row, and for every status without a mover."""
    for queue in subject.lifecycle.queues:
        yield from _missed(subject, queue)
    for status in subject.lifecycle.statuses:
        if _nothing_moves(subject.lifecycle, status):
            yield Probe(
                subject=f"status:{status.name}",
                statuses=(status.name,),
                condition="true",
                place=subject.place("statuses", status.name),
                says=f"Rows in status {status.name!r}, which no queue holds and no actor moves on",
                help="Give the status a queue or a transition with an actor, or declare it resting or terminal.",
            )


def _missed(subject: AuditContext, queue: Queue) -> Iterator[Probe]:
    place = subject.place("queues", queue.name, "due")
    due = subject.live.column.get(queue.due) if queue.due is not None else None
    # Where the status requires its due time, requires-broken reports the same rows.
    lenient = tuple(name for name in queue.statuses if queue.due not in subject.lifecycle.status[name].requires)
    if due is not None and not due.required and lenient:
        yield Probe(
            subject=f"queue:{queue.name}/null:{due.name}",
            statuses=lenient,
            condition=null(due.name),
            place=place,
            says=f"Rows of queue {queue.name!r} with null in {due.name!r}, which are never due",
            help=f"Set {due.name!r} to now, and put it into `requires`, so that no write leaves it null again.",
        )
    if due is not None and due.is_time:
        yield Probe(
            subject=f"queue:{queue.name}/infinity:{due.name}",
            statuses=queue.statuses,
            condition=f"{identifier(due.name)} = 'infinity'",
            place=place,
            says=f"Rows of queue {queue.name!r} that are due at infinity, which never comes",
            help="Set the due time to now, or move the rows to a status in which they may rest.",
        )
    for column, path, why in _counted(subject.lifecycle, queue):
        live = subject.live.column.get(column)
        if live is not None and not live.required:
            yield Probe(
                subject=f"queue:{queue.name}/null:{column}",
                statuses=queue.statuses,
                condition=null(column),
                place=subject.place(*path),
                says=f"Rows of queue {queue.name!r} with null in {column!r}, {why}",
                help=f"Set {column!r} to 0 and make the column NOT NULL.",
            )


def _counted(lifecycle: Lifecycle, queue: Queue) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The columns that a claim raises by one: name, path in the spec, and the effect of null on a claim."""
    if lifecycle.claims is not None and lifecycle.claims.fence is not None:
        yield lifecycle.claims.fence, ("claims", "fence"), "which no claim can raise and no worker can hold"
    if queue.attempts is not None:
        yield queue.attempts.column, ("queues", queue.name, "attempts"), "whose attempts cannot be counted"


def _nothing_moves(lifecycle: Lifecycle, status: Status) -> bool:
    """True for a transient status without a queue or actor; always false in a spec without any queues and actors."""
    if status.kind is not StatusKind.TRANSIENT or not (lifecycle.queues or lifecycle.actors):
        return False
    if lifecycle.queues_of[status.name]:
        return False
    ways_out = [move for move in lifecycle.moves[status.name] if move.target != status.name]
    return not any(move.by for move in ways_out) if lifecycle.actors else not ways_out


CHECK = RowCheck("never-picked-up", Severity.ERROR, "A row should be moved on, and no queue will ever take it.", probes)
