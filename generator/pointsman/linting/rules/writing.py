"""Tells whether a column has a value by the time a row enters a status, replies to calls aside."""

from __future__ import annotations

from pointsman.spec.condition import ColumnRef, IsNull
from pointsman.spec.lifecycle import Lifecycle, Transition
from pointsman.spec.satisfiable import overlap


def always_written(lifecycle: Lifecycle) -> frozenset[str]:
    """Columns that have a value in every row: by their default, and never emptied."""
    emptied = {name for status in lifecycle.statuses for name, value in status.on_entry if value is None}
    emptied |= {call.key_first_used for call in lifecycle.calls if call.key_first_used is not None}
    columns = lifecycle.table.columns if lifecycle.table is not None else ()
    return frozenset(column.name for column in columns if column.default is not None and column.name not in emptied)


def written_on_the_way(lifecycle: Lifecycle, transition: Transition, column: str) -> bool:
    """Whether `column` has a value after `transition`: by either status, its event or its condition."""
    entry = dict(lifecycle.status[transition.target].on_entry)
    if column in entry:
        return entry[column] is not None
    if column in lifecycle.status[transition.source].requires:
        return True
    event = lifecycle.event.get(transition.event or "")
    if event is not None and column in dict(event.carries):
        return True
    return transition.when is not None and overlap(transition.when, IsNull(ColumnRef(column))) is None
