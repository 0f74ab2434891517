"""A lifecycle's table in memory: it does what the generated SQL does to a real one, and tells of every version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pointsman.spec.fitting import family
from pointsman.spec.lifecycle import Now as ByClock
from pointsman.spec.lifecycle import Queue
from pointsman.spec.meaning import seconds
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.reference.operation import (
    Alarm,
    Ask,
    Assigned,
    ClaimRows,
    FoundRow,
    Increment,
    LastLook,
    Later,
    Operation,
    OperationResult,
    ReadClock,
    ReadDue,
    ReadRow,
    Sweep,
    Update,
)
from pointsman_conformance.reference.rules import Rules, count

VersionListener = Callable[[str, Columns | None, Columns | None], None]
"""Hears of a version: the row's key, what it was and what it is."""


@dataclass(frozen=True, slots=True)
class _Polled:
    """A queue, as its queries have it."""

    queue: Queue
    statuses: frozenset[str]
    order: tuple[str, ...]
    margin: float
    limit: int | None
    counts: str | None
    key_first_used: str | None


class MemoryTable:
    """The rows by their key. Versions are never changed once they are told of. Not for several threads."""

    def __init__(self, rules: Rules, now: Callable[[], float], told: VersionListener) -> None:
        self._rules, self._now, self._told = rules, now, told
        self._table = rules.table
        self._numbered = self._has_numbers()
        self._rows: dict[str, Columns] = {}
        self._in_status: dict[Value, dict[str, None]] = {}
        self._locks: dict[str, object] = {}
        self._polled = {queue.name: self._poll(queue) for queue in rules.lifecycle.queues}

    @property
    def rows(self) -> Mapping[str, Columns]:
        """The rows as they are now."""
        return self._rows

    def clear(self) -> None:
        """Removes every row, without telling the audit."""
        self._rows.clear()
        self._in_status.clear()
        self._locks.clear()

    def put(self, key: str, columns: Mapping[str, Value]) -> None:
        """Insert a row, or give it these columns, whatever was there."""
        old = self._rows.get(key)
        named: Value = int(key) if self._numbered and key.lstrip("-").isdigit() else key
        self._write(key, old, {self._table.primary_key: named, **(old or {}), **columns})

    def release(self, owner: object) -> None:
        """The locks of `owner` end with its transaction."""
        if self._locks:
            self._locks = {key: by for key, by in self._locks.items() if by is not owner}

    def execute(self, operation: Operation, owner: object = None) -> OperationResult:
        """Do a statement. `owner` is whose locks it takes, where rows are claimed by lock."""
        result: OperationResult = None
        match operation:
            case ClaimRows(queue, limit):
                result = self._claim(self._polled[queue], limit, owner)
            case LastLook(queue, row, fence):
                result = self._last_look(self._polled[queue], row, fence)
            case Sweep(transition, limit):
                result = self._sweep(transition, limit)
            case ReadRow(row):
                result = self._read(row)
            case ReadDue(queue, limit, due, newest):
                found = self._in_queue(self._polled[queue], due=due)
                result = self._taken(self._polled[queue], found, limit, newest=newest)
            case Update(row, assign, where):
                result = self._update(row, assign, where)
            case ReadClock():
                result = self._now()
            case Ask() | Alarm():
                pass
        return result

    # --- statements ------------------------------------------------------------------

    def _claim(self, polled: _Polled, limit: int, owner: object) -> tuple[FoundRow, ...]:
        free = [key for key in self._in_queue(polled, due=True) if self._locks.get(key, owner) is owner]
        keys = self._sorted(polled.order, free)[:limit]
        if not self._rules.bumps:
            self._locks.update(dict.fromkeys(keys, owner))
            return self._taken(polled, keys, limit)
        return tuple(self._bump(polled, key) for key in keys)

    def _taken(self, polled: _Polled, keys: Iterable[str], limit: int, *, newest: bool = False) -> tuple[FoundRow, ...]:
        """These rows as they are, in the queue's order."""
        ordered = self._sorted(polled.order, keys, newest=newest)[:limit]
        return tuple(FoundRow(key, self._rows[key], self._settles(polled, self._rows[key])) for key in ordered)

    def _bump(self, polled: _Polled, key: str) -> FoundRow:
        old, now, rules = self._rows[key], self._now(), self._rules
        settles = self._settles(polled, old)
        new = dict(old)
        if rules.fence is not None:
            new[rules.fence] = count(old, rules.fence) + 1
        if polled.queue.due is not None and rules.lease is not None:
            new[polled.queue.due] = now + rules.lease
        if not settles:
            if polled.counts is not None:
                new[polled.counts] = count(old, polled.counts) + 1
            if polled.key_first_used is not None and old.get(polled.key_first_used) is None:
                new[polled.key_first_used] = now
        return FoundRow(key, self._write(key, old, new), settles)

    def _last_look(self, polled: _Polled, key: str, fence: int | None) -> FoundRow | None:
        row = self._rows.get(key)
        if row is None or row.get(self._table.status_column) not in polled.statuses:
            return None
        if self._rules.fence is not None and row.get(self._rules.fence) != fence:
            return None
        if polled.queue.due is not None:
            due = row.get(polled.queue.due)
            if not isinstance(due, int | float) or due - self._now() <= polled.margin:
                return None
        return FoundRow(key, row)

    def _sweep(self, transition: int, limit: int) -> tuple[FoundRow, ...]:
        way = self._rules.lifecycle.transitions[transition]
        event = self._rules.event(way.event or "")
        if event is None or event.keep_in is None:
            return ()
        source, kept = self._rules.lifecycle.status[way.source].value, event.keep_in
        here = ((key, self._rows[key]) for key in self._in_status.get(source, ()))
        fit = [key for key, row in here if row.get(kept) is not None and self._rules.meets(way.when, row)]
        keys = self._sorted((kept, self._table.primary_key), fit)[:limit]
        assign = self._rules.entering(way, {kept: None})
        return tuple(FoundRow(key, self._assign(key, assign)) for key in keys)

    def _read(self, key: str) -> FoundRow | None:
        row = self._rows.get(key)
        return FoundRow(key, row) if row is not None else None

    def _update(self, key: str, assign: Mapping[str, Assigned], where: Mapping[str, Value]) -> FoundRow | None:
        row = self._rows.get(key)
        if row is None or any(row.get(name) != value for name, value in where.items()):
            return None
        return FoundRow(key, self._assign(key, assign))

    # --- parts -----------------------------------------------------------------------

    def _assign(self, key: str, assign: Mapping[str, Assigned]) -> Columns:
        old = self._rows[key]
        return self._write(key, old, {**old, **{name: self._value(old, name, each) for name, each in assign.items()}})

    def _value(self, old: Columns, name: str, assigned: Assigned) -> Value:
        if isinstance(assigned, Later):
            at = self._now() + assigned.seconds
            return at if assigned.floor is None else max(at, assigned.floor)
        if isinstance(assigned, Increment):
            return count(old, name) + assigned.count
        return assigned

    def _write(self, key: str, old: Columns | None, new: Columns) -> Columns:
        self._rows[key] = new
        status = self._table.status_column
        if old is None or old.get(status) != new.get(status):
            if old is not None:
                del self._in_status[old.get(status)][key]
            self._in_status.setdefault(new.get(status), {})[key] = None
        self._told(key, old, new)
        return new

    def _in_queue(self, polled: _Polled, *, due: bool) -> Iterator[str]:
        column, now = polled.queue.due, self._now()
        for status in polled.statuses:
            for key in self._in_status.get(status, ()):
                when = self._rows[key].get(column) if due and column is not None else 0.0
                if isinstance(when, int | float) and when <= now:
                    yield key

    def _sorted(self, order: tuple[str, ...], keys: Iterable[str], *, newest: bool = False) -> list[str]:
        def place(key: str) -> list[tuple[bool, Value]]:
            row = self._rows[key]
            return [(row.get(column) is None, row.get(column)) for column in order]

        return sorted(keys, key=place, reverse=newest)

    def _settles(self, polled: _Polled, row: Columns) -> bool:
        return polled.limit is not None and polled.counts is not None and count(row, polled.counts) >= polled.limit

    def _poll(self, queue: Queue) -> _Polled:
        rules = self._rules
        call = rules.lifecycle.call_of(queue)
        order = queue.order or tuple(name for name in (queue.due, rules.table.primary_key) if name is not None)
        return _Polled(
            queue=queue,
            statuses=frozenset(rules.lifecycle.status[name].value for name in queue.statuses),
            order=order,
            margin=rules.pause + (seconds(call.settles_within) if call is not None else 0.0),
            limit=queue.attempts.limit if queue.attempts is not None else None,
            counts=queue.attempts.column if queue.attempts is not None else None,
            key_first_used=call.key_first_used if call is not None else None,
        )

    def _has_numbers(self) -> bool:
        column = self._table.column.get(self._table.primary_key)
        return column is None or (family(column.type) == "whole" and not isinstance(column.default, ByClock))
