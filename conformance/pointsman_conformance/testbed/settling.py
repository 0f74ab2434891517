"""The parts of `plan.Settle` that drivers share: when a row is due next, and the rows that keep arriving."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from pointsman.spec.lifecycle import Lifecycle, Queue
from pointsman_conformance.core.clock import NEVER
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.plan import Create
from pointsman_conformance.reference.rules import Rules
from pointsman_conformance.testbed.row_values import BEYOND_LABELS


def queued(rules: Rules, rows: Iterable[Columns]) -> Iterator[tuple[Columns, Queue]]:
    """Each of `rows` that is in a queue and has to leave its status, with the queue."""
    for row in rows:
        status = rules.status_of(row)
        if status is None or status.terminal or status.resting:
            continue
        for queue in rules.lifecycle.queues_of[status.name]:
            yield row, queue


def next_due(rules: Rules, rows: Iterable[Columns], now: float) -> float | None:
    """The earliest due time of `rows` that have to leave their status; None if there is no such row.

    A time more than `NEVER` after `now`, such as PostgreSQL's infinity, never comes.
    """
    due = (row.get(queue.due) for row, queue in queued(rules, rows) if queue.due is not None)
    return min((when for when in due if isinstance(when, int | float) and when <= now + NEVER), default=None)


def arriving(lifecycle: Lifecycle, roles: Collection[str], many: int, known: Callable[[], int]) -> Iterator[Create]:
    """`many` new rows for each queue that has a call and a worker in `roles`. `known` gives the number of labels.

    Create each row before you take the next step, or two rows get the same label.
    """
    for queue in lifecycle.queues if many else ():
        if queue.worker in roles and queue.call is not None:
            for _ in range(many):
                yield Create(str(BEYOND_LABELS + known()), queue.statuses[0])
