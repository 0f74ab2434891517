"""Values of events and of new rows that meet the condition of a wanted transition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pointsman.spec import condition
from pointsman.spec.lifecycle import Column, Lifecycle, Transition
from pointsman.spec.meaning import put_field
from pointsman.spec.satisfiable import Undecided, overlap
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.wire import Json

WHOLE = 1000
"""The whole amount, in the smallest unit, for a row without one."""

_WHOLE_TYPES = ("bigint", "integer", "smallint", "numeric")
_A_DAY = 86_400.0


@dataclass(frozen=True)
class Values:
    """Values for the columns of one lifecycle."""

    lifecycle: Lifecycle

    @cached_property
    def _columns(self) -> tuple[Column, ...]:
        return self.lifecycle.table.columns if self.lifecycle.table is not None else ()

    @cached_property
    def amounts(self) -> frozenset[str]:
        """The columns with the amount that a call moves."""
        return frozenset(call.amount for call in self.lifecycle.calls if call.amount is not None)

    def meeting(self, transition: Transition) -> Mapping[str, Value]:
        """By column: values that make the transition's condition true; empty without one or if none are found."""
        if transition.when is None:
            return {}
        # The cache is by identity: hashing a transition takes longer than the rest of choosing a step.
        known = self._meeting.get(id(transition))
        if known is None:
            found = overlap(transition.when, None, self._columns)
            known = {} if found is None or isinstance(found, Undecided) else dict(found)
            self._meeting[id(transition)] = known
        return known

    @cached_property
    def _meeting(self) -> dict[int, Mapping[str, Value]]:
        return {}

    def has_parts(self, event: str | None) -> bool:
        """True if the event carries an amount, which may be a part."""
        return event in self._in_parts

    @cached_property
    def _in_parts(self) -> frozenset[str | None]:
        return frozenset(
            event.name for event in self.lifecycle.events if any(column in self.amounts for column, _ in event.carries)
        )

    def fields(self, event: str | None, transition: Transition | None, row: Columns, part: int = 0) -> dict[str, Json]:
        """The fields of `event` for `row`: values for the condition of `transition`, and a part of an amount.

        A `part` of 0 is the whole; of n, the whole divided by n + 1. The driver fills in the other fields with true
        values: whole amounts, receipts, times.
        """
        known = self.lifecycle.event.get(event or "")
        if known is None or not known.carries:
            return {}
        wanted = self.meeting(transition) if transition is not None else {}
        found: dict[str, Json] = {}
        for column, name in known.carries:
            if column in wanted:
                put_field(found, name, wanted[column])
            elif part and column in self.amounts:
                put_field(found, name, self._sample(column, row, part))
        return found

    def news(self, event: str, number: int) -> dict[str, Json]:
        """Text fields of `event` that differ by `number`: an event that leaves the status must change a column."""
        known = self.lifecycle.event.get(event)
        found: dict[str, Json] = {}
        recorded = {column for call in self.lifecycle.calls for column, _ in call.records}
        for column, name in known.carries if known is not None else ():
            if column not in recorded and isinstance(self._sample(column, {}, 0), str):
                put_field(found, name, f"{column}_{number}")
        return found

    def preparing(self, *transitions: Transition) -> dict[str, Value]:
        """The columns that a new row needs, beside those of its own status, so that `transitions` can be taken.

        Where two conditions need different values, the later transition's hold, unless its event carries the column.
        """
        found: dict[str, Value] = {}
        for transition in transitions:
            event = self.lifecycle.event.get(transition.event or "")
            brought = {column for column, _ in event.carries} if event is not None else set()
            held = {**self._lacking(transition, brought), **self.meeting(transition)}
            found |= {name: value for name, value in held.items() if name not in brought}
        return found

    def _lacking(self, transition: Transition, brought: set[str]) -> dict[str, Value]:
        """Sample values of the columns that the target requires and that no event, call or `on_entry` fills."""
        source, target = self.lifecycle.status[transition.source], self.lifecycle.status[transition.target]
        recorded = {column for call in self.lifecycle.calls for column, _ in call.records}
        there = {*source.requires, *brought, *recorded, *(name for name, _ in target.on_entry)}
        columns = self.lifecycle.table.column if self.lifecycle.table is not None else {}
        needed = [name for name in target.requires if name not in there and columns[name].nullable]
        samples = {name: self._sample(name, {}, 0) for name in needed}
        return {name: value for name, value in samples.items() if isinstance(value, int | float | str | bool)}

    def _sample(self, name: str, row: Columns, part: int) -> Json:
        column = self.lifecycle.table.column.get(name) if self.lifecycle.table is not None else None
        kind = column.type if column is not None else "text"
        if kind.startswith(_WHOLE_TYPES):
            return self._amount(column, row, part)
        if kind.startswith(("timestamp", "date")):
            return _A_DAY
        if kind.startswith("bool"):
            return True
        return f"{name}_sample"

    def _amount(self, column: Column | None, row: Columns, part: int) -> int:
        whole = self._whole(column, row)
        if not part:
            return whole
        wanted = max(1, whole // (part + 1))
        if column is None or column.check is None:
            return wanted
        read = self._reads[column.name] - {column.name}
        if not read <= row.keys():  # the columns of the check are unknown, so the check is left out
            return wanted
        asked = {**plain({name: row[name] for name in read}), column.name: wanted}
        return wanted if condition.evaluate(column.check, asked) is not False else whole

    def _whole(self, column: Column | None, row: Columns) -> int:
        """The whole amount: the first positive amount in another column of the row, else `WHOLE`."""
        for name in self._amounts_in_order:
            if column is None or name != column.name:
                value = row.get(name)
                if isinstance(value, int) and value > 0:
                    return value
        return WHOLE

    @cached_property
    def _amounts_in_order(self) -> tuple[str, ...]:
        return tuple(sorted(self.amounts))

    @cached_property
    def _reads(self) -> Mapping[str, frozenset[str]]:
        """The columns that the check of each column reads."""
        return {
            column.name: frozenset(condition.columns(column.check))
            for column in self._columns
            if column.check is not None
        }


def plain(row: Columns) -> dict[str, condition.SqlValue]:
    """The row as a condition reads it: times, which a condition only compares with null, are whole numbers."""
    return {name: int(value) if isinstance(value, float) else value for name, value in row.items()}
