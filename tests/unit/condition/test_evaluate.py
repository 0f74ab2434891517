"""SQL's three truth values."""

import pytest

from pointsman.spec.condition import SqlValue, evaluate, parse


@pytest.mark.parametrize(
    ("text", "row", "truth"),
    [
        ("a = 1", {"a": None}, None),
        ("a is null", {"a": None}, True),
        ("not a = 1", {"a": None}, None),
        ("a in (1, 2)", {"a": None}, None),
        ("a not in (1, 2)", {"a": 3}, True),
        ("a = 1 and b = 1", {"a": None, "b": 2}, False),
        ("a = 1 or b = 1", {"a": None, "b": 1}, True),
        ("a = 1 or b = 1", {"a": None, "b": 2}, None),
        ("a", {"a": None}, None),
        ("a < b", {"a": "B", "b": "a"}, True),
    ],
)
def test_null_spreads_as_in_sql(text: str, row: dict[str, SqlValue], truth: bool | None) -> None:
    assert evaluate(parse(text), row) is truth


def test_values_that_do_not_compare_in_sql_are_an_error_and_not_a_guess() -> None:
    with pytest.raises(TypeError, match="do not compare"):
        evaluate(parse("a = 1"), {"a": True})
    with pytest.raises(TypeError, match="not a truth value"):
        evaluate(parse("a"), {"a": 1})
    with pytest.raises(KeyError):
        evaluate(parse("a"), {})
