"""Tells the kinds of writes apart: a claim, a move, a recording, an event that was kept, or another bump."""

from __future__ import annotations

from pointsman.spec.lifecycle import ClaimBy, EarlyEvent, Lifecycle, Queue
from pointsman.spec.meaning import early_event, lease_of, queues_in
from pointsman_conformance.core.history import Columns, Value, Write
from pointsman_conformance.laws.parts import TOLERANCE, Claim, WriteKind, number


def changed_columns(write: Write) -> frozenset[str]:
    """The columns whose value differs before and after the write; all of them for an INSERT or a DELETE."""
    old, new = write.old or {}, write.new or {}
    changed = [column for column, value in new.items() if old.get(column) != value]
    gone = [column for column, value in old.items() if value is not None and column not in new]
    return frozenset(changed + gone)


def write_kind(lifecycle: Lifecycle, write: Write, before: str | None, changed: frozenset[str]) -> WriteKind:
    """The kind of `write`. `before` is the name of the row's status before it, None for an undeclared status."""
    if write.old is None or write.new is None:
        return WriteKind.INSERT if write.old is None else WriteKind.DELETE
    if lifecycle.table is not None and lifecycle.table.status_column in changed:
        return WriteKind.MOVE
    if before is not None and _is_claim(lifecycle, write.old, write.new, write.at, before):
        return WriteKind.CLAIM
    if before is not None and _is_kept(lifecycle, write.new, before, changed):
        return WriteKind.KEPT
    return WriteKind.RECORDING if changed & _worker_columns(lifecycle, before) else WriteKind.BUMP


def claims_by_move(lifecycle: Lifecycle, write: Write, before: str | None, after: str | None) -> bool:
    """True for a move from a queue into one with a call that raises the fence and sets a lease, as a claim does.

    Without a fence, or without a lease, such a write looks like any other move, and is none. The due time of a status
    that is entered is now, which is no lease: an object-relational mapper raises its version column with every move.
    """
    claims, old, new = lifecycle.claims, write.old, write.new
    if claims is None or claims.by is not ClaimBy.BUMP or claims.fence is None or old is None or new is None:
        return False
    if before is None or after is None or before == after or not queues_in(lifecycle, before):
        return False
    raised = _rises(old.get(claims.fence), new.get(claims.fence))
    return raised and any(_is_later(queue, new, write.at) for queue in queues_in(lifecycle, after) if queue.call)


def _rises(old: Value, new: Value) -> bool:
    first, second = number(old), number(new)
    return first is not None and second is not None and second > first


def _is_later(queue: Queue, new: Columns, at: float) -> bool:
    due = number(new.get(queue.due)) if queue.due is not None else None
    return due is not None and due > at + TOLERANCE


def _is_claim(lifecycle: Lifecycle, old: Columns, new: Columns, at: float, status: str) -> bool:
    """True when the fence rises; in a spec without a fence, when the due time becomes the end of a lease."""
    claims = lifecycle.claims
    queues = queues_in(lifecycle, status)
    if claims is None or claims.by is not ClaimBy.BUMP or not queues:
        return False
    if claims.fence is not None:
        return _rises(old.get(claims.fence), new.get(claims.fence))
    return any(_leases(lifecycle, old, new, at, queue) for queue in queues)


def _leases(lifecycle: Lifecycle, old: Columns, new: Columns, at: float, queue: Queue) -> bool:
    """True when the due time becomes the end of a lease.

    A recording can set the same time. It does not raise the count of attempts, and it comes before the row is due.
    """
    lease = lease_of(lifecycle)
    if lease is None or queue.due is None or new.get(queue.due) == old.get(queue.due):
        return False
    before, after = number(old.get(queue.due)), number(new.get(queue.due))
    if after is None or not at + lease - max(TOLERANCE, lease / 20) <= after <= at + lease + TOLERANCE:
        return False
    return counts(queue, old, new) or (before is not None and before <= at)


def holder_writes(claim: Claim, write: Write) -> bool:
    """True if a copy writes to a row while the lease of its own claim runs, and counts no attempt: it claims nothing.

    An object-relational mapper raises its version column, which is the fence, with every write.
    """
    queue, old, new = claim.queue, write.old or {}, write.new or {}
    if queue is None or queue.due is None:
        return False
    due = number(old.get(queue.due))
    return due is not None and due > write.at and not counts(queue, old, new)


def counts(queue: Queue, old: Columns, new: Columns) -> bool:
    """True if the count of attempts rises."""
    column = queue.attempts.column if queue.attempts is not None else None
    return column is not None and _rises(old.get(column), new.get(column))


def renews(lifecycle: Lifecycle, claim: Claim, write: Write, changed: frozenset[str]) -> bool:
    """True if the write makes the lease of `claim`, which its copy holds, end a whole lease from now, no more."""
    lease, due = lease_of(lifecycle), claim.queue.due if claim.queue is not None else None
    fence = lifecycle.claims.fence if lifecycle.claims is not None else None
    if lease is None or due is None or changed - {fence} != {due}:
        return False
    before, after = number((write.old or {}).get(due)), number((write.new or {}).get(due))
    if before is None or after is None or before < write.at - TOLERANCE:
        return False
    return write.at + lease - max(TOLERANCE, lease / 20) <= after <= write.at + lease + TOLERANCE


def _is_kept(lifecycle: Lifecycle, new: Columns, status: str, changed: frozenset[str]) -> bool:
    for event in lifecycle.events:
        if event.keep_in is None or early_event(event, status) is not EarlyEvent.KEEP:
            continue
        told = {event.keep_in, *(column for column, _ in event.carries)}
        if changed and changed <= told and new.get(event.keep_in) is not None:
            return True
    return False


def _worker_columns(lifecycle: Lifecycle, status: str | None) -> frozenset[str]:
    """The columns in which a worker of the status's queues records a result."""
    found: set[str | None] = set()
    for queue in queues_in(lifecycle, status):
        found |= {queue.due, queue.attempts.column if queue.attempts is not None else None}
        call = lifecycle.call_of(queue)
        if call is not None:
            found |= {call.key_generation, call.key_first_used}
    return frozenset(column for column in found if column is not None)
