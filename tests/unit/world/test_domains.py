"""Which values of a column can matter to the conditions of a spec."""

from __future__ import annotations

from decimal import Decimal

from pointsman.spec.condition import evaluate, parse
from pointsman.spec.lifecycle import Column
from pointsman.world.domains import Domains, Usage, domains


def of(*texts: str, **declared: Column) -> Domains:
    return domains([parse(text) for text in texts], declared)


def changing(*texts: str, **declared: Column) -> Domains:
    """The same where every column may change after the insert."""
    return domains([parse(text) for text in texts], declared, Usage(changing=set(declared)))


def found(*texts: str, **declared: Column) -> dict[str, tuple[object, ...]]:
    """By column, its values in the classes of its group, each once."""
    groups = of(*texts, **declared).groups
    return {
        name: tuple(dict.fromkeys(row[name] for row in group.classes)) for group in groups for name in group.columns
    }


def answers(text: str, domains: Domains) -> set[bool | None]:
    (group,) = domains.groups
    return {evaluate(parse(text), row) for row in group.classes}


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
    columns = {name: Column(name, "integer") for name in "ab"}
    (group,) = changing("a < b", "a = 1", **columns).groups
    for name in "ab":
        assert {row[name] for row in group.classes} >= {0, 1, 2}


def test_two_compared_columns_start_in_every_order() -> None:
    both = of("amount <= cap", amount=Column("amount", "bigint"), cap=Column("cap", "bigint"))
    assert answers("amount <= cap", both) == {True, False}


def test_two_compared_columns_may_be_equal_and_different() -> None:
    both = of("a <> b", a=Column("a", "uuid"), b=Column("b", "uuid", nullable=True))
    assert answers("a <> b", both) == {True, False, None}


def test_columns_are_linked_through_a_third_one() -> None:
    columns = {name: Column(name, "integer") for name in "abc"}
    (group,) = changing("a < b", "b < c", **columns).groups
    assert set(group.columns) == {"a", "b", "c"}
    assert len(group.classes) == 13  # the orders of three numbers, some of which may be equal


def test_rows_that_never_change_are_one_class_where_every_test_comes_out_the_same() -> None:
    columns = {name: Column(name, "integer") for name in "abc"}
    (group,) = of("a < b", "b < c", **columns).groups
    assert len(group.classes) == 4


def test_a_column_with_fractions_has_a_value_between_neighbouring_whole_numbers() -> None:
    assert any(
        isinstance(value, Decimal)
        for value in found("rate > 1", "rate < 2", rate=Column("rate", "numeric(10,2)"))["rate"]
    )
    whole = found("rate > 1", "rate < 2", rate=Column("rate", "integer"))["rate"]
    assert all(isinstance(value, int) for value in whole)


def test_a_value_that_is_written_counts_as_the_one_whose_tests_come_out_the_same() -> None:
    (group,) = of("tries < 3", "tries = 3", tries=Column("tries", "integer")).groups
    assert [group.after(0, {"tries": number}) for number in (-5, 2, 3, 4, 99)] == [0, 0, 1, 2, 2]


def test_a_write_of_one_column_leaves_what_is_known_of_the_others() -> None:
    columns = {name: Column(name, "integer") for name in "ab"}
    (group,) = changing("a < b", "b = 5", **columns).groups
    for code, row in enumerate(group.classes):
        sides = {(group.classes[n]["b"] == 5, group.classes[n]["b"] < 5) for n in group.before(code, {"a"})}  # type: ignore[operator]  # a number
        assert sides == {(row["b"] == 5, row["b"] < 5)}  # type: ignore[operator]  # the same


def test_a_check_of_the_table_bounds_the_rows() -> None:
    amount = Column("amount", "bigint", check=parse("amount > 0"))
    both = of("amount <= cap", amount=amount, cap=Column("cap", "bigint"))
    assert answers("amount > 0", both) == {True}
    assert answers("amount <= cap", both) == {True, False}


def test_an_order_of_texts_beside_a_constant_cannot_be_followed() -> None:
    texts = of("a < b or a = 'x'", a=Column("a", "text"), b=Column("b", "text"))
    assert texts.groups == ()
    assert "depends on the database" in texts.beyond["a"]


def test_a_column_that_is_compared_with_one_of_the_worlds_own_cannot_be_followed() -> None:
    amount = domains([parse("amount < tries")], {"amount": Column("amount", "bigint")}, Usage(modelled={"tries"}))
    assert "tries" in amount.beyond["amount"]


def test_too_many_classes_are_not_followed_and_the_smaller_groups_are() -> None:
    many = {f"c{n}": Column(f"c{n}", "integer") for n in range(5)}
    chain = [f"c{n} < c{n + 1}" for n in range(4)]
    some = changing(*chain, "x = 1", x=Column("x", "integer"), **many)
    assert set(some.beyond) == set(many)
    assert [group.columns for group in some.groups] == [("x",)]
