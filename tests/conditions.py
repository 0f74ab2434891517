"""Random conditions over a fixed table, and rows for it."""

from __future__ import annotations

import functools

from hypothesis import strategies as st

from pointsman.spec.condition import (
    ColumnRef,
    Compare,
    Condition,
    Constant,
    IsNull,
    IsTrue,
    Not,
    OneOf,
    Operator,
    SqlValue,
    conjunction,
    disjunction,
)
from pointsman.spec.lifecycle import Column

NUMBERS = ("amount", "reversed_amount", "Order")
TEXTS = ("currency", "select")
FLAGS = ("paid", "Refunded")

TABLE: tuple[Column, ...] = (
    *(Column(name, "bigint", nullable=True) for name in NUMBERS),
    *(Column(name, "text", nullable=True) for name in TEXTS),
    *(Column(name, "boolean", nullable=True) for name in FLAGS),
)

SOME_TEXTS = ("", "usd", "it's", "a\\b", "x'); drop table t; --", "{{ x }}", "$1", "%s", "new\nline", "é")
SOME_NUMBERS = (-(2**63), -2, -1, 0, 1, 2, 3, 2**63 - 1)


def _operands(names: tuple[str, ...], constants: st.SearchStrategy[Constant]) -> st.SearchStrategy[Condition]:
    column = st.sampled_from(names).map(ColumnRef)
    equal = st.sampled_from((Operator.EQ, Operator.NE))
    return st.one_of(
        st.builds(Compare, column, equal, constants | column),
        st.builds(Compare, constants, equal, column),
        st.builds(OneOf, column, st.lists(constants, min_size=1, max_size=3).map(tuple)),
        st.builds(IsNull, column),
    )


def _numeric(constants: st.SearchStrategy[Constant]) -> st.SearchStrategy[Condition]:
    column = st.sampled_from(NUMBERS).map(ColumnRef)
    return st.one_of(
        st.builds(Compare, column, st.sampled_from(Operator), constants | column),
        st.builds(Compare, constants, st.sampled_from(Operator), column),
    )


@functools.cache
def conditions(*, numbers: tuple[int, ...] = SOME_NUMBERS, most: int = 8) -> st.SearchStrategy[Condition]:
    """A condition as `parse` would give it: flat, over `TABLE`, with texts compared for equality only."""
    number = st.sampled_from(numbers).map(Constant)
    atom = st.one_of(
        _numeric(number),
        _operands(NUMBERS, number),
        _operands(TEXTS, st.sampled_from(SOME_TEXTS).map(Constant)),
        _operands(FLAGS, st.booleans().map(Constant)),
        st.sampled_from(FLAGS).map(ColumnRef).map(IsTrue),
    )
    return st.recursive(
        atom,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(tuple).map(conjunction),
            st.lists(inner, min_size=2, max_size=3).map(tuple).map(disjunction),
        ),
        max_leaves=most,
    )


@functools.cache
def rows() -> st.SearchStrategy[dict[str, SqlValue]]:
    """A row of `TABLE`."""
    values: dict[str, st.SearchStrategy[SqlValue]] = {
        **{name: st.none() | st.sampled_from(SOME_NUMBERS) for name in NUMBERS},
        **{name: st.none() | st.sampled_from(SOME_TEXTS) for name in TEXTS},
        **{name: st.none() | st.booleans() for name in FLAGS},
    }
    return st.fixed_dictionaries(values)
