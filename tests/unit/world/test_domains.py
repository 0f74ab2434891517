"""Which values of a column can matter to the conditions of a spec."""

from __future__ import annotations

from pointsman.spec.condition import parse
from pointsman.spec.lifecycle import Column
from pointsman.world.domains import domains


def found(*texts: str, **columns: Column) -> dict[str, tuple[object, ...]]:
    declared = columns or {}
    return dict(domains([parse(text) for text in texts], declared))


def test_a_boolean_has_two_values() -> None:
    assert found("paid", paid=Column("paid", "boolean")) == {"paid": (False, True)}


def test_values_that_no_condition_tells_apart_are_one() -> None:
    column = Column("code", "char(3)", nullable=True)
    values = found("code in ('R01', 'R09')", "code not in ('R01', 'R09')", code=column)["code"]
    assert values == (None, "R01", "other")


def test_a_text_that_is_none_of_the_known_ones_is_always_there() -> None:
    values = found("code = 'other'", code=Column("code", "text"))["code"]
    assert values == ("other", "other 2")


def test_a_number_has_values_below_at_and_above_what_it_is_compared_with() -> None:
    values = found("tries < 3", "tries = 3", tries=Column("tries", "integer"))["tries"]
    assert values == (2, 3, 4)


def test_a_column_that_is_not_nullable_is_never_null() -> None:
    assert None not in found("tries < 3", tries=Column("tries", "integer"))["tries"]
    assert None in found("tries < 3", tries=Column("tries", "integer", nullable=True))["tries"]


def test_columns_that_are_compared_with_each_other_have_the_values_of_both() -> None:
    a, b = Column("a", "integer"), Column("b", "integer")
    values = found("a < b", "a = 1", a=a, b=b)
    assert set(values["a"]) == set(values["b"]) >= {0, 1, 2}
