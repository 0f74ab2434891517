"""Runs turns on a real PostgreSQL: the generated queries, and updates rendered as one conditional statement.

Statements are in a transaction of their own, but for claims by row lock: there one
transaction lasts from the claim to the end of the turn.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from pointsman.database import Database, DatabaseError
from pointsman.spec.lifecycle import ClaimBy, Lifecycle, Queue
from pointsman.sql.queries import queries
from pointsman.sql.quoting import identifier, qualified
from pointsman.sql.schema import statuses_are, table_of
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.plan import Point
from pointsman_conformance.core.values import TableShape, key_text
from pointsman_conformance.core.wire import Heard, HttpRequest
from pointsman_conformance.reference.operation import (
    READS,
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
    TurnSteps,
    Update,
)

Asking = Callable[[HttpRequest], Heard]
Meeting = Callable[[Point], None]

_PARAMETER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)|%""")


class OnPostgres:
    """Does the operations of turns. `ask` sends a request; `meet` is called at the bounds of statements."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        database: Database,
        shape: TableShape,
        ask: Asking,
        *,
        meet: Meeting = lambda _point: None,
        alarm: Callable[[str], None] = lambda _words: None,
    ) -> None:
        self._lifecycle, self._database, self._shape = lifecycle, database, shape
        self._ask, self._meet, self._alarm = ask, meet, alarm
        self._table = table_of(lifecycle)
        self._name = qualified(self._table.schema, self._table.name)
        self._queries = {query.name: _placeholders(query.sql) for query in queries(lifecycle)}
        self._columns = self._all_columns()
        self._locks = lifecycle.claims is not None and lifecycle.claims.by is ClaimBy.LOCK
        self._open = False

    def run(self, turn: TurnSteps) -> str:
        """Do the whole turn and return its answer. What an operation raises ends the turn."""
        result: OperationResult = None
        try:
            while True:
                operation = turn.send(result)
                result = self._step(operation)
        except StopIteration as end:
            self._end("commit")
            return str(end.value)
        finally:
            turn.close()
            with contextlib.suppress(DatabaseError):  # the connection may be what was lost
                self._end("rollback")

    def _step(self, operation: Operation) -> OperationResult:
        if isinstance(operation, Ask | Alarm):
            return self.do(operation)
        reads = isinstance(operation, READS)
        self._meet(Point.READ_BEFORE if reads else Point.WRITE_BEFORE)
        result = self.do(operation)
        if reads or result:
            self._meet(Point.READ_AFTER if reads else Point.WRITE_AFTER)
        return result

    def do(self, operation: Operation) -> OperationResult:  # noqa: PLR0911 - one arm per operation
        """Do one operation."""
        match operation:
            case ClaimRows(queue, limit):
                self._begin()
                return self._many(self._queries[f"claim_{queue}"], (limit,), settles=True)
            case LastLook(queue, row, fence):
                return self._one(self._queries[f"last_look_{queue}"], (row, fence))
            case Sweep(transition, limit):
                return self._many(self._queries[self._sweep_name(transition)], (limit,))
            case ReadRow(row):
                return self._one(f"SELECT t.* FROM {self._name} AS t WHERE {self._key} = %(p1)s", (row,))  # noqa: S608 - quoted
            case ReadDue():
                return self._many(self._due(operation), (operation.limit,))
            case Update():
                return self._update(operation)
            case ReadClock():
                return self._now()
            case Ask(request):
                return self._ask(request)
            case Alarm(words):
                return self._alarm(words)

    # --- statements ------------------------------------------------------------

    @property
    def _key(self) -> str:
        return f"t.{identifier(self._table.primary_key)}"

    def _due(self, operation: ReadDue) -> str:
        queue = self._lifecycle.queue[operation.queue]
        conditions = [statuses_are(self._lifecycle, queue.statuses, f"t.{identifier(self._table.status_column)}")]
        if operation.due and queue.due is not None:
            conditions.append(f"t.{identifier(queue.due)} <= now()")
        direction = " DESC" if operation.newest else ""
        order = ", ".join(f"t.{identifier(column)}{direction}" for column in self._order(queue))
        where = _escaped(" AND ".join(conditions))
        return f"SELECT t.* FROM {self._name} AS t WHERE {where} ORDER BY {order} LIMIT %(p1)s"  # noqa: S608 - quoted

    def _order(self, queue: Queue) -> tuple[str, ...]:
        return queue.order or tuple(column for column in (queue.due, self._table.primary_key) if column is not None)

    def _update(self, update: Update) -> OperationResult:
        values: list[object] = [update.row]
        sets = ", ".join(
            f"{identifier(column)} = {self._assigned(column, value, values)}" for column, value in update.assign.items()
        )
        conditions = [f"{self._key} = %(p1)s"]
        for column, value in update.where.items():
            values.append(self._shape.to_database(column, value))
            conditions.append(f"t.{identifier(column)} IS NOT DISTINCT FROM %(p{len(values)})s")
        where = " AND ".join(conditions)
        return self._one(f"UPDATE {self._name} AS t SET {sets} WHERE {where} RETURNING t.*", values)  # noqa: S608 - quoted

    def _assigned(self, column: str, value: Assigned, values: list[object]) -> str:
        name = f"t.{identifier(column)}"
        match value:
            case Increment(count):
                values.append(count)
                return f"{name} + %(p{len(values)})s"
            case Later(seconds, floor):
                values.append(seconds)
                later = f"now() + make_interval(secs => %(p{len(values)})s)"
                if floor is None:
                    return later
                values.append(self._shape.to_database(column, floor))
                # The floor is the lease's end as it was read. What the row says of it now is better, if it is less.
                return f"greatest({later}, least(%(p{len(values)})s, {name}))"
        values.append(self._shape.to_database(column, value))
        return f"%(p{len(values)})s"

    def _sweep_name(self, number: int) -> str:
        transition = self._lifecycle.transitions[number]
        takers = [each for each in self._lifecycle.transitions if each.event == transition.event]
        name = f"sweep_{transition.event}"
        return name if len(takers) == 1 else f"{name}_{transition.source}_to_{transition.target}"

    # --- asking the database -----------------------------------------------------

    def _one(self, sql: str, values: tuple[object, ...] | list[object]) -> FoundRow | None:
        found = self._many(sql, values)
        return found[0] if found else None

    def _many(
        self, sql: str, values: tuple[object, ...] | list[object], *, settles: bool = False
    ) -> tuple[FoundRow, ...]:
        named = {f"p{number}": value for number, value in enumerate(values, 1)}
        return tuple(self._found(row, settles=settles) for row in self._database.ask(sql, named))

    def _found(self, row: tuple[object, ...], *, settles: bool) -> FoundRow:
        whole: Mapping[str, object] = dict(zip(self._columns, row, strict=False))
        columns: Mapping[str, Value] = self._shape.from_database(whole)
        return FoundRow(key_text(whole[self._table.primary_key]), columns, settle_only=settles and row[-1] is True)

    def _all_columns(self) -> tuple[str, ...]:
        """The table's columns in the order in which a star gives them."""
        found = self._database.ask(
            "SELECT attname FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            (self._name,),
        )
        return tuple(str(name) for (name,) in found)

    def _now(self) -> float:
        (row,) = self._database.ask("SELECT clock_timestamp()")
        return self._shape.time_of(row[0]) if isinstance(row[0], datetime) else 0.0

    # --- the transaction of a claim by row lock -------------------------------------

    def _begin(self) -> None:
        if self._locks and not self._open:
            self._database.execute("begin")
            self._open = True

    def _end(self, word: str) -> None:
        if self._open:
            self._open = False
            self._database.execute(word)


def _placeholders(sql: str) -> str:
    """``$1`` as psycopg wants it, outside of texts and quoted names; per cent signs doubled everywhere."""

    def spelled(found: re.Match[str]) -> str:
        return f"%(p{found[1]})s" if found[1] else _escaped(found[0])

    return _PARAMETER.sub(spelled, sql)


def _escaped(sql: str) -> str:
    return sql.replace("%", "%%")
