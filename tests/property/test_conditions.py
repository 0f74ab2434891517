"""Conditions, against themselves, against PostgreSQL and against brute force."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from pointsman.spec.condition import (
    ColumnRef,
    Compare,
    Condition,
    Constant,
    Not,
    OneOf,
    Operator,
    SqlValue,
    columns,
    conjunction,
    evaluate,
    parse,
    to_sql,
)
from pointsman.spec.lifecycle import Column
from pointsman.spec.satisfiable import UNDECIDED, Undecided, gap, overlap
from tests.conditions import FLAGS, NUMBERS, SOME_TEXTS, TABLE, conditions, rows

SMALL = (-1, 0, 1, 2)


@settings(deadline=None)
@given(conditions(most=16))
def test_a_condition_that_is_written_as_sql_reads_back_the_same(condition: Condition) -> None:
    assert parse(to_sql(condition)) == condition


@settings(deadline=None)
@given(conditions())
def test_a_condition_reads_back_the_same_without_quotes_around_its_columns(condition: Condition) -> None:
    plain = to_sql(condition, lambda name: f'"{name}"' if name in {"select", "Order"} else name)
    assert parse(plain) == condition


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A database with an empty table of the conditions' columns."""
    with psycopg.connect(database, autocommit=True) as connected:
        listed = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type)) for column in TABLE
        )
        connected.execute(sql.SQL("create table t ({})").format(listed))
        yield connected


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions(), row=rows())
def test_a_condition_means_to_us_what_it_means_to_postgresql(
    connection: psycopg.Connection, condition: Condition, row: dict[str, SqlValue]
) -> None:
    assert _asked(connection, to_sql(condition), row) is evaluate(condition, row)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions(most=5), row=rows(), data=st.data())
def test_a_text_is_read_with_the_precedence_that_postgresql_gives_it(
    connection: psycopg.Connection, condition: Condition, row: dict[str, SqlValue], data: st.DataObject
) -> None:
    text = to_sql(condition)
    for position in reversed([at for at, letter in enumerate(text) if letter in "()"]):
        # Taking a pair of parentheses out changes the meaning, and must change it for both alike.
        if data.draw(st.booleans()):
            text = text[:position] + " " + text[position + 1 :]
    try:
        read = parse(text)
    except ValueError:
        return
    assert _asked(connection, text, row) is evaluate(read, row)


def _asked(connection: psycopg.Connection, condition: str, row: Mapping[str, SqlValue]) -> bool | None:
    values = sql.SQL(", ").join(
        sql.SQL("cast({} as {}) as {}").format(
            sql.Literal(row[column.name]), sql.SQL(column.type), sql.Identifier(column.name)
        )
        for column in TABLE
    )
    query = sql.SQL("select ({}) from (select {}) as t").format(sql.SQL(condition), values)
    found = connection.execute(query).fetchone()
    assert found is not None
    truth: bool | None = found[0]
    return truth


@settings(max_examples=400, deadline=None)
@given(conditions(numbers=SMALL, most=5), conditions(numbers=SMALL, most=5))
def test_two_conditions_overlap_when_and_only_when_some_row_satisfies_both(first: Condition, second: Condition) -> None:
    found = overlap(first, second, TABLE)
    if isinstance(found, Undecided):
        pytest.fail("undecided within the bound")
    if found is not None:
        assert evaluate(first, found) is True
        assert evaluate(second, found) is True
        return
    assert not any(
        evaluate(first, row) is True and evaluate(second, row) is True for row in _every_row((first, second))
    )


def _every_row(both: tuple[Condition, Condition]) -> Iterator[dict[str, SqlValue]]:
    names = sorted({name for condition in both for name in columns(condition)})
    domains: list[tuple[SqlValue, ...]] = []
    for name in names:
        if name in NUMBERS:
            domains.append((None, *range(-5, 7)) if len(names) < 4 else (None, *range(-3, 5)))
        else:
            domains.append((None, True, False) if name in FLAGS else (None, "other", "another", *SOME_TEXTS))
    # Every column at once would be too many rows; the conditions are drawn small enough that this rarely cuts.
    for values in itertools.islice(itertools.product(*domains), 4_000):
        yield dict(zip(names, values, strict=True))


@settings(deadline=None)
@given(conditions(numbers=SMALL, most=4))
def test_a_condition_and_its_negation_never_overlap(condition: Condition) -> None:
    assert overlap(condition, Not(condition), TABLE) is None


@settings(deadline=None)
@given(conditions(numbers=SMALL, most=6), st.sampled_from(TABLE))
def test_a_witness_keeps_to_what_the_table_says(condition: Condition, column: Column) -> None:
    strict = [
        Column(known.name, known.type, nullable=known.name != column.name, check=Not(condition)) for known in TABLE
    ]
    row = overlap(None, OneOf(ColumnRef("amount"), (Constant(1), Constant(2))), strict)
    if isinstance(row, Mapping) and set(columns(condition)) <= set(row):
        assert evaluate(Not(condition), row) is not False
        assert row.get(column.name, "somebody") is not None


@example(3)
@given(st.integers(1, 4))
def test_a_chain_of_ordered_columns_has_room_between_two_constants_only_when_it_has(length: int) -> None:
    names = [f"c{n}" for n in range(length)]
    chain = [Compare(ColumnRef(a), Operator.LT, ColumnRef(b)) for a, b in itertools.pairwise(names)]
    low = Compare(ColumnRef(names[0]), Operator.GT, Constant(10))
    fits = Compare(ColumnRef(names[-1]), Operator.LT, Constant(11 + length))
    tight = Compare(ColumnRef(names[-1]), Operator.LT, Constant(10 + length))
    whole = conjunction((low, *chain))
    assert isinstance(overlap(whole, fits), Mapping)
    assert overlap(whole, tight) is None
    assert UNDECIDED not in (overlap(whole, fits), overlap(whole, tight))


@settings(max_examples=300, deadline=None)
@given(st.lists(conditions(numbers=SMALL, most=3), min_size=1, max_size=2))
def test_a_gap_is_a_row_of_which_no_condition_is_true(some: list[Condition]) -> None:
    found = gap(some, TABLE)
    assert not isinstance(found, Undecided)
    if found is not None:
        assert all(evaluate(condition, found) is not True for condition in some)
        return
    every = _every_row((some[0], some[-1]))
    assert all(any(evaluate(condition, row) is True for condition in some) for row in every)
