"""The values of a world stand for all values: whatever tests come out together on real rows, do so in a world."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pointsman.spec.condition import (
    AnyValue,
    Atom,
    ColumnRef,
    Compare,
    Constant,
    IsNull,
    OneOf,
    Operator,
    columns,
    evaluate,
)
from pointsman.spec.lifecycle import Column
from pointsman.world.domains import Domains, Usage, domains

NAMES = ("a", "b", "c")
CONSTANTS = st.integers(0, 3)
Row = Mapping[str, AnyValue]


def operand() -> st.SearchStrategy[ColumnRef | Constant]:
    return st.one_of(st.sampled_from(NAMES).map(ColumnRef), CONSTANTS.map(Constant))


def number_atoms() -> st.SearchStrategy[Atom]:
    column = st.sampled_from(NAMES).map(ColumnRef)
    return st.one_of(
        st.builds(Compare, column, st.sampled_from(list(Operator)), operand()),
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
def declared(draw: st.DrawFn, types: Sequence[str]) -> dict[str, Column]:
    return {name: Column(name, draw(st.sampled_from(types)), nullable=draw(st.booleans())) for name in NAMES}


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
