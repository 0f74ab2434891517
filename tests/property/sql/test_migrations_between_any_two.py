"""Between any two lifecycles of one table, migrating up gives the new schema and migrating down the old one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from pointsman.database import Database, connect
from pointsman.spec.condition import ColumnRef, Compare, Constant, Operator
from pointsman.spec.database_names import derived_names
from pointsman.spec.lifecycle import Column, Enforcement, Lifecycle, Status, Table
from pointsman.sql.catalogue import Catalogue, differences, read, wanted
from pointsman.sql.dangers import dangers
from pointsman.sql.schema import TableName
from pointsman.sql.script import complete
from pointsman.sql.steps import steps
from tests.lifecycles import lifecycles

ENFORCED = st.sets(st.sampled_from(Enforcement)).map(frozenset)


@st.composite
def versions(draw: st.DrawFn) -> tuple[Lifecycle, Lifecycle]:
    """Two lifecycles over one table, whose columns may differ in everything but the primary key."""
    made = [draw(_with_table()) for _ in range(2)]
    name = draw(st.sampled_from(("orders", "order", "Mixed")))
    first, second = (replace(each, table=replace(_table(each), name=name)) for each in made)
    if draw(st.booleans()):
        # The same columns, some of them with another type that the old one can be turned into.
        old = _table(first).columns
        columns = tuple(draw(_another(column)) for column in old)
        second = replace(second, table=replace(_table(second), columns=columns), queues=(), events=(), same_status=None)
        second = replace(second, statuses=tuple(_fitting(each, columns) for each in second.statuses))
    assume(_short(first) and _short(second) and _castable(first, second))
    return first, second


# What PostgreSQL can turn into what; `migrate` warns of every change of a type, and the server refuses the rest.
_NUMBERS = frozenset({"integer", "bigint", "smallint", "numeric"})
_TIMES = frozenset({"timestamptz", "timestamp", "date"})


def _castable(first: Lifecycle, second: Lifecycle) -> bool:
    """Whether each column that both have can keep its type or be turned into the other's by a cast that exists."""
    types = {column.name: column.type for column in _table(first).columns}
    pairs = ((types[column.name], column.type) for column in _table(second).columns if column.name in types)
    return all(_casts(*pair) and _casts(*reversed(pair)) for pair in pairs)


def _casts(source: str, target: str) -> bool:
    texts = ("text", "varchar")
    if source == target or source.startswith(texts) or target.startswith(texts):
        return True
    return {source, target} <= _NUMBERS or {source, target} <= _TIMES or {source, target} == {"boolean", "integer"}


@st.composite
def _another(draw: st.DrawFn, column: Column) -> Column:
    """The column changed in some way."""
    turns_into = {"integer": ("bigint", "text"), "bigint": ("integer", "text"), "text": ("varchar(40)", "bigint")}
    new_type = draw(st.sampled_from((column.type, *turns_into.get(column.type, ("text",)))))
    if new_type == column.type:
        return draw(st.just(column) | _checked(column))
    changed = Column(column.name, new_type, nullable=draw(st.booleans()), default=draw(st.sampled_from((None, "7"))))
    return draw(_checked(changed))


def _fitting(status: Status, columns: tuple[Column, ...]) -> Status:
    names = {column.name for column in columns}
    return replace(status, requires=tuple(name for name in status.requires if name in names), on_entry=())


def _short(lifecycle: Lifecycle) -> bool:
    indexes = (queue.index for queue in lifecycle.queues if queue.index is not None)
    derived = (name for name, _ in derived_names(lifecycle))
    # What a migration puts on for a moment, to see that a column is filled.
    filled = (f"{_table(lifecycle).name}_{column.name}" for column in _table(lifecycle).columns)
    return all(len(name.encode()) <= 54 for name in (*indexes, *derived, *filled))


@st.composite
def _with_table(draw: st.DrawFn) -> Lifecycle:
    lifecycle = draw(lifecycles().filter(lambda each: each.table is not None))
    table = _table(lifecycle)
    columns = tuple(draw(_checked(column)) for column in table.columns)
    return replace(lifecycle, table=replace(table, columns=columns, enforce=draw(ENFORCED)))


@st.composite
def _checked(draw: st.DrawFn, column: Column) -> Column:
    if column.type not in ("bigint", "integer") or draw(st.booleans()):
        return column
    check = Compare(ColumnRef(column.name), Operator.GE, Constant(draw(st.integers(-1, 1))))
    default = draw(st.none() | st.integers(1, 3))
    return replace(column, check=check, default=default, nullable=draw(st.booleans()))


def _table(lifecycle: Lifecycle) -> Table:
    assert lifecycle.table is not None
    return lifecycle.table


@pytest.fixture
def opened(database: str) -> Iterator[tuple[str, Database]]:
    with connect(database) as there:
        yield database, there


def send(dsn: str, *texts: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for text in texts:
            connection.execute(text.encode())


def found(database: Database, lifecycle: Lifecycle) -> Catalogue | None:
    with database.transaction(read_only=True):
        return read(database, TableName(_table(lifecycle).name))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    # Each example migrates a database: making a failing one smaller would take many minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(versions())
def test_up_gives_the_new_schema_and_down_the_old_one(
    opened: tuple[str, Database], drawn: tuple[Lifecycle, Lifecycle]
) -> None:
    dsn, database = opened
    old, new = drawn
    send(dsn, "drop schema public cascade", "create schema public")
    send(dsn, *(complete(step.up) for step in steps(None, old)))
    before = wanted(database, old)
    assert found(database, old) == before

    planned = steps(old, new)
    for step in planned:
        send(dsn, complete(step.up))
    assert differences(wanted(database, new), found(database, new) or ()) == ()

    for step in reversed(planned):
        send(dsn, complete(step.down))
    assert differences(before, found(database, old) or ()) == ()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(lifecycles().filter(lambda each: each.table is not None))
def test_between_a_lifecycle_and_itself_there_is_nothing_to_do(lifecycle: Lifecycle) -> None:
    assume(all(len(name.encode()) <= 63 for name, _ in derived_names(lifecycle)))
    assert steps(lifecycle, lifecycle) == ()
    assert dangers(lifecycle, lifecycle) == ()
