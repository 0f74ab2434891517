"""The values of a world stand for all values: whatever tests come out together on real rows, do so in a world."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pointsman.spec.condition import (
    And,
    AnyValue,
    Atom,
    ColumnRef,
    Compare,
    Condition,
    Constant,
    IsNull,
    Not,
    OneOf,
    Operator,
    Or,
    columns,
    evaluate,
    to_sql,
)
from pointsman.spec.lifecycle import Column
from pointsman.world.domains import Domains, Usage, domains

NAMES = ("a", "b", "c")
PAIR = ("a", "b")
CONSTANTS = st.integers(0, 3)
Row = Mapping[str, AnyValue]


def number_atoms(names: Sequence[str] = NAMES) -> st.SearchStrategy[Atom]:
    column = st.sampled_from(names).map(ColumnRef)
    return st.one_of(
        st.builds(Compare, column, st.sampled_from(list(Operator)), column | CONSTANTS.map(Constant)),
        st.builds(IsNull, column),
        st.builds(OneOf, column, st.lists(CONSTANTS.map(Constant), min_size=1, max_size=2).map(tuple)),
    )


def text_atoms() -> st.SearchStrategy[Atom]:
    column = st.sampled_from(NAMES).map(ColumnRef)
    constant = st.sampled_from(["x", "y", "other"]).map(Constant)
    equality = st.sampled_from([Operator.EQ, Operator.NE])
    return st.one_of(
        st.builds(Compare, column, equality, st.one_of(column, constant)),
        st.builds(IsNull, column),
        st.builds(OneOf, column, st.lists(constant, min_size=1, max_size=2).map(tuple)),
    )


@st.composite
def declared(draw: st.DrawFn, types: Sequence[str], names: Sequence[str] = NAMES) -> dict[str, Column]:
    return {name: Column(name, draw(st.sampled_from(types)), nullable=draw(st.booleans())) for name in names}


def outcome(every: Sequence[Atom], row: Row) -> tuple[object, ...]:
    read = sorted({name for atom in every for name in columns(atom)})
    return (*(row[name] is None for name in read), *(evaluate(atom, row) for atom in every))


def begun(found: Domains) -> list[Row]:
    """A row for each combination of classes."""
    parts = itertools.product(*(group.classes for group in found.groups))
    return [{column: value for part in each for column, value in part.items()} for each in parts]


VALUES: Mapping[str, st.SearchStrategy[AnyValue]] = {
    "integer": st.integers(-4, 7),
    "numeric": st.integers(-16, 28).map(lambda quarters: Decimal(quarters) / 4),
    "text": st.sampled_from(["x", "y", "other", "p", "q", "r"]),
    "uuid": st.sampled_from(["x", "y", "other", "p", "q", "r"]),
}


@st.composite
def tables_and_rows(draw: st.DrawFn, types: Sequence[str]) -> tuple[dict[str, Column], list[Row]]:
    """A table, and rows with any values that its columns may hold: these know nothing of a world's choice."""
    table = draw(declared(types))
    values = {
        name: st.none() | VALUES[column.type] if column.nullable else VALUES[column.type]
        for name, column in table.items()
    }
    return table, draw(st.lists(st.fixed_dictionaries(values), min_size=5, max_size=20))


@settings(deadline=None)  # the rows of a world are some hundreds
@given(
    drawn=tables_and_rows(["integer", "numeric"]),
    every=st.lists(number_atoms(), min_size=1, max_size=4),
    fixed=st.booleans(),
)
def test_whatever_the_tests_make_of_numbers_they_make_of_a_row_of_the_world(
    drawn: tuple[dict[str, Column], list[Row]], every: list[Atom], fixed: bool
) -> None:
    table, real = drawn
    found = domains(every, table, Usage(changing=frozenset() if fixed else frozenset(NAMES)))
    assume(not found.beyond)
    met = {outcome(every, row) for row in begun(found)}
    assert {outcome(every, row) for row in real} <= met


@settings(deadline=None)  # the same
@given(drawn=tables_and_rows(["text", "uuid"]), every=st.lists(text_atoms(), min_size=1, max_size=4))
def test_whatever_the_tests_make_of_texts_they_make_of_a_row_of_the_world(
    drawn: tuple[dict[str, Column], list[Row]], every: list[Atom]
) -> None:
    table, real = drawn
    found = domains(every, table, Usage(changing=frozenset(NAMES)))
    assert not found.beyond
    met = {outcome(every, row) for row in begun(found)}
    assert {outcome(every, row) for row in real} <= met


@settings(deadline=None)  # the same
@given(
    drawn=tables_and_rows(["integer", "numeric"]),
    every=st.lists(number_atoms(), min_size=1, max_size=3),
    writes=st.lists(st.sampled_from(NAMES), min_size=20, max_size=20),
)
def test_writes_of_one_column_lead_from_class_to_class_as_they_do_on_real_rows(
    drawn: tuple[dict[str, Column], list[Row]], every: list[Atom], writes: list[str]
) -> None:
    """A run of writes to real rows has a run of classes beside it in which every test comes out the same."""
    table, real = drawn
    found = domains(every, table, Usage(changing=frozenset(NAMES)))
    group = next((group for group in found.groups if writes[0] in group.columns), None)
    assume(group is not None)
    assert group is not None
    mine = [atom for atom in every if set(columns(atom)) <= set(group.columns)]
    row = real[0]
    beside = {n for n, each in enumerate(group.classes) if outcome(mine, each) == outcome(mine, row)}
    for name, other in zip(writes, real[1:], strict=False):
        if name not in group.columns:
            continue
        row = {**row, name: other[name]}
        beside = {
            n
            for n, each in enumerate(group.classes)
            if outcome(mine, each) == outcome(mine, row) and set(group.before(n, {name})) & beside
        }
        assert beside


# --- beside real rows of PostgreSQL -------------------------------------------------

REFUSED = psycopg.errors.CheckViolation, psycopg.errors.NotNullViolation
TOUCHING_A_SERVER = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database) as opened:
        yield opened


def number_checks() -> st.SearchStrategy[Condition]:
    joined = st.lists(number_atoms(PAIR), min_size=2, max_size=2).map(tuple)
    return st.one_of(number_atoms(PAIR), joined.map(And), joined.map(Or), number_atoms(PAIR).map(Not))


@st.composite
def checked_tables(draw: st.DrawFn) -> dict[str, Column]:
    table = draw(declared(["integer", "numeric"], PAIR))
    checks = draw(st.lists(number_checks(), min_size=1, max_size=2))
    return {
        name: replace(column, check=check) for (name, column), check in itertools.zip_longest(table.items(), checks)
    }


def create(connection: psycopg.Connection, table: Mapping[str, Column]) -> None:
    """Make the table with its checks, empty, in a transaction that the next example rolls back."""
    connection.rollback()
    parts = [
        f"{name} {column.type}{'' if column.nullable else ' not null'}"
        + (f" check ({to_sql(column.check)})" if column.check is not None else "")
        for name, column in table.items()
    ]
    connection.execute(f"create table each_row ({', '.join(parts)})".encode())


def accepts(connection: psycopg.Connection, statement: str, values: Sequence[AnyValue]) -> bool:
    """True if the database takes the write."""
    try:
        with connection.transaction():
            connection.execute(statement.encode(), values)
    except REFUSED:
        return False
    return True


def answered(connection: psycopg.Connection, every: Sequence[Atom]) -> tuple[object, ...]:
    """The answers of the database to the tests about its row."""
    row = connection.execute(f"select {', '.join(map(to_sql, every))} from each_row".encode()).fetchone()
    assert row is not None
    return row


PUT_IN = st.none() | CONSTANTS
READ_TOGETHER = Compare(ColumnRef("a"), Operator.LE, ColumnRef("b"))
"""A test that makes the columns of `PAIR` one group."""


@TOUCHING_A_SERVER
@given(
    table=checked_tables(),
    more=st.lists(number_atoms(PAIR), max_size=2),
    start=st.fixed_dictionaries(dict.fromkeys(PAIR, PUT_IN)),
    writes=st.lists(st.dictionaries(st.sampled_from(PAIR), PUT_IN, min_size=1), min_size=1, max_size=6),
)
def test_a_write_leads_to_no_class_exactly_where_the_database_refuses_it(
    connection: psycopg.Connection,
    table: dict[str, Column],
    more: list[Atom],
    start: dict[str, AnyValue],
    writes: list[dict[str, AnyValue]],
) -> None:
    """A real row and a class side by side: the same writes are refused, and every test comes out the same."""
    tests = [READ_TOGETHER, *more]
    constants = {value for write in (start, *writes) for value in write.values() if value is not None}
    found = domains(tests, table, Usage(changing=PAIR, written=dict.fromkeys(PAIR, constants)))
    create(connection, table)
    begins = accepts(connection, "insert into each_row (a, b) values (%s, %s)", [start[name] for name in PAIR])
    code = next((group.after(0, start) for group in found.groups), None)
    assert begins is (code is not None)
    for write in writes:
        if code is None:
            return
        (group,) = found.groups
        assert answered(connection, tests) == tuple(evaluate(test, group.classes[code]) for test in tests)
        then = group.after(code, write)
        sets = ", ".join(f"{name} = %s" for name in write)
        assert accepts(connection, f"update each_row set {sets}", list(write.values())) is (then is not None)
        code = code if then is None else then
