"""The table in memory does what the generated SQL does to a real one: random statements, both tables compared."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from uuid import NAMESPACE_OID, uuid5

import pytest

from pointsman.database import connect
from pointsman.loading.load import load
from pointsman.spec.fitting import family
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.wire import NoReply
from pointsman_conformance.reference.memory import MemoryTable
from pointsman_conformance.reference.on_postgres import OnPostgres
from pointsman_conformance.reference.operation import (
    Assigned,
    ClaimRows,
    FoundRow,
    Increment,
    LastLook,
    Later,
    Operation,
    OperationResult,
    ReadDue,
    ReadRow,
    Sweep,
    TurnSteps,
    Update,
)
from pointsman_conformance.reference.rules import Rules
from pointsman_conformance.testbed.table import TestbedTable, on_postgres
from tests.checkout import TOP

SPECS = sorted(path.stem for path in (TOP / "spec").glob("*.yaml"))
ROUNDS = 60
SECONDS = 3.0
"""By how much the two clocks may differ."""


class _Statements:
    """Random statements about rows that are there."""

    def __init__(self, lifecycle: Lifecycle, random: Random) -> None:
        self.lifecycle, self.random, self.rules = lifecycle, random, Rules(lifecycle)
        self.sweeps = [number for actor in lifecycle.actors for number in self.rules.sweeps(actor.name)]

    def one(self, rows: dict[str, Columns]) -> Operation:
        random, queue = self.random, self.random.choice(self.lifecycle.queues)
        key = random.choice([*rows, "4711"])
        match random.choice(("claim", "claim", "look", "sweep", "read", "due", "update", "update")):
            case "claim":
                return ClaimRows(queue.name, random.choice((1, 2, 5)))
            case "look" if self.rules.bumps:
                fence = rows.get(key, {}).get(self.rules.fence or "")
                return LastLook(queue.name, key, (fence if isinstance(fence, int) else 0) + random.choice((0, 0, 1)))
            case "sweep" if self.sweeps:
                return Sweep(random.choice(self.sweeps), random.choice((1, 5)))
            case "due":
                return ReadDue(queue.name, random.choice((1, 3)), random.random() < 0.6, random.random() < 0.4)
            case "update":
                return self.update(key, rows.get(key, {}))
        return ReadRow(key)

    def update(self, key: str, row: Columns) -> Update:
        random, table = self.random, self.rules.table
        columns = random.sample([column.name for column in table.columns], 3)
        assign: dict[str, Assigned] = {name: self.assigned(name, row) for name in columns}
        if random.random() < 0.5:
            assign[table.status_column] = random.choice(self.lifecycle.statuses).value
        where: dict[str, Value] = {}
        for name in random.sample([table.status_column, *columns], 2):
            if name == table.status_column or family(table.column[name].type) != "time" or row.get(name) is None:
                where[name] = row.get(name) if random.random() < 0.9 else None
        return Update(key, assign, where)

    def assigned(self, name: str, row: Columns) -> Assigned:
        random, column = self.random, self.rules.table.column[name]
        match family(column.type):
            case "time":
                later = Later(random.choice((0.0, 60.0, 4000.0)))
                return None if column.nullable and random.random() < 0.3 else later
            case "whole":
                return Increment(random.choice((-1, 1))) if isinstance(row.get(name), int) else 7
            case "boolean":
                return random.random() < 0.5
        return row.get(name) if not column.nullable or random.random() < 0.5 else None


def _about(lifecycle: Lifecycle, columns: Columns) -> dict[str, Value]:
    """A row, its times apart."""
    times = (
        {column.name for column in lifecycle.table.columns if family(column.type) == "time"}
        if lifecycle.table
        else set()
    )
    return {name: value is None if name in times else value for name, value in columns.items()}


def _times(lifecycle: Lifecycle, columns: Columns) -> Iterator[tuple[str, float]]:
    for column in lifecycle.table.columns if lifecycle.table else ():
        value = columns.get(column.name)
        if family(column.type) == "time" and isinstance(value, float):
            yield column.name, value


def _agree(lifecycle: Lifecycle, one: Columns, other: Columns) -> bool:
    if _about(lifecycle, one) != _about(lifecycle, other):
        return False
    far = dict(_times(lifecycle, other))
    return all(abs(at - far[name]) < SECONDS for name, at in _times(lifecycle, one))


def _keys(operation: Operation, result: OperationResult) -> object:
    found = [(each.key, each.settle_only) for each in _found(result)]
    if isinstance(operation, ReadDue):  # says nothing of what is used up
        return [key for key, _ in found]
    return sorted(found)


def _found(result: OperationResult) -> tuple[FoundRow, ...]:
    if isinstance(result, tuple):
        return result
    return (result,) if isinstance(result, FoundRow) else ()


def _receipt(call: str, _amount: int, _row: Columns) -> str:
    """A name that a column of any type for names can hold."""
    return str(uuid5(NAMESPACE_OID, call))


def _filled(lifecycle: Lifecycle, table: TestbedTable, memory: MemoryTable) -> None:
    for number, status in enumerate(lifecycle.statuses * 2, 1):
        label = str(number)
        assert table.create(label, status, {}, _receipt)
        memory.put(table.key(label), table.stored()[table.key(label)])


@pytest.mark.parametrize("spec", SPECS)
def test_both_tables_answer_alike_and_hold_the_same(spec: str, database: str) -> None:
    lifecycle = load(TOP / f"spec/{spec}.yaml")
    random = Random(spec)  # noqa: S311 - statements, no secret
    statements, now = _Statements(lifecycle, random), 0.0
    memory = MemoryTable(statements.rules, lambda: now, lambda *_: None)
    with on_postgres(lifecycle, database) as table, connect(database) as connection:
        table.reset()
        real = OnPostgres(lifecycle, connection, table.shape, lambda _: NoReply("timeout"))
        _filled(lifecycle, table, memory)
        for _ in range(ROUNDS):
            if random.random() < 0.2:
                table.advance(random.choice((61.0, 700.0, 5000.0)))
            now = table.clock.now()
            operation = statements.one(dict(memory.rows))
            one, other = memory.execute(operation), _committed(real, operation)
            assert _keys(operation, one) == _keys(operation, other), operation
            stored = table.stored()
            differing = {key for key, row in memory.rows.items() if not _agree(lifecycle, row, stored[key])}
            assert differing == set(), operation
            memory.release(None)


def _committed(real: OnPostgres, operation: Operation) -> OperationResult:
    """The result of one statement, in a turn of its own."""
    found: list[OperationResult] = []

    def turn() -> TurnSteps:
        result = yield operation
        found.append(result)
        return "applied"

    real.run(turn())
    return found[0]
