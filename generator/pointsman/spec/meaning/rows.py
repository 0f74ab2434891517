"""The status of a row, and the queues that hold it."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import Lifecycle, Queue, Status


def status_in(lifecycle: Lifecycle, row: Mapping[str, object] | None) -> Status | None:
    """The status of a row, by the value that its status column holds.

    None where there is no row, the lifecycle has no table, or the spec does not know the value.
    """
    if row is None or lifecycle.table is None:
        return None
    stored = row.get(lifecycle.table.status_column)
    return lifecycle.by_value.get(stored) if isinstance(stored, str) else None


def statuses_of_call(lifecycle: Lifecycle, call: str | None) -> frozenset[str]:
    """The statuses (their names) whose rows some queue holds for a call (its name)."""
    return frozenset(name for queue in lifecycle.queues if queue.call == call for name in queue.statuses)


def queues_in(lifecycle: Lifecycle, status: str | None) -> tuple[Queue, ...]:
    """The queues that hold rows of a status (its name); none for a status that the spec does not know (None)."""
    return lifecycle.queues_of.get(status, ()) if status is not None else ()
