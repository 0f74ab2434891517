"""Dotted paths: read, written, and as parameters of a request."""

from __future__ import annotations

import pytest

from pointsman.spec.meaning import Json, field, parameter, put_field, scalar


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("id", "in_1"),
        ("lines.data.0.period.end", 5),
        ("lines.data.1.period", {"end": 6}),
        ("lines.data.2.period", None),
        ("lines.data", [{"period": {"end": 5}}, {"period": {"end": 6}}]),
        ("lines.data.first", None),
        ("lines.data.-1", None),
        ("lines.data.00", None),
        ("lines.data.0.period.end.of", None),
        ("parts.0", "a name"),
        ("parts.1", None),
        ("nothing", None),
        ("nothing.at.all", None),
        ("missing", None),
        ("", None),
        ("lines..data", None),
        ("truth", True),
    ],
)
def test_a_path_names_a_value_and_a_number_in_it_a_place_in_a_list(path: str, found: Json) -> None:
    body: dict[str, Json] = {
        "id": "in_1",
        "lines": {"data": [{"period": {"end": 5}}, {"period": {"end": 6}}]},
        "parts": {"0": "a name"},
        "nothing": None,
        "truth": True,
    }
    assert field(body, path) == found


def test_everything_is_missing_in_a_text() -> None:
    assert field('{"id": 1}', "id") is None
    assert field(None, "id") is None


def put(*fields: tuple[str, Json], into: dict[str, Json] | None = None) -> dict[str, Json]:
    body: dict[str, Json] = {} if into is None else into
    for path, value in fields:
        put_field(body, path, value)
    return body


def test_a_list_is_made_where_a_path_has_a_number() -> None:
    assert put(("lines.data.0.period.end", 5)) == {"lines": {"data": [{"period": {"end": 5}}]}}


def test_a_list_grows_with_null_in_the_places_between() -> None:
    assert put(("data.2.id", "c")) == {"data": [None, None, {"id": "c"}]}
    assert put(("data.2", "c"), ("data.0", "a")) == {"data": ["a", None, "c"]}


def test_paths_that_begin_alike_share_what_they_lead_through() -> None:
    body = put(("lines.data.0.id", "a"), ("lines.data.0.period.end", 5), ("lines.data.1.id", "b"), ("lines.more", True))
    assert body == {"lines": {"data": [{"id": "a", "period": {"end": 5}}, {"id": "b"}], "more": True}}


@pytest.mark.parametrize("turned", [False, True])
def test_where_one_path_has_a_number_and_another_a_name_the_number_is_a_name_too(turned: bool) -> None:
    fields: list[tuple[str, Json]] = [("data.1.id", "b"), ("data.total", 2)]
    body = put(*(reversed(fields) if turned else fields))
    assert body == {"data": {"1": {"id": "b"}, "total": 2}}
    assert (field(body, "data.1.id"), field(body, "data.total")) == ("b", 2)


def test_a_number_is_a_name_in_an_object_that_is_there() -> None:
    assert put(("parts.0.id", "b"), into={"parts": {"0": {"of": "a"}}}) == {"parts": {"0": {"of": "a", "id": "b"}}}
    assert put(("0.id", "b")) == {"0": {"id": "b"}}


def test_what_cannot_hold_a_field_is_replaced() -> None:
    assert put(("data.id", "b"), into={"data": None}) == {"data": {"id": "b"}}
    assert put(("data.0.id", "b"), into={"data": "text"}) == {"data": [{"id": "b"}]}
    assert put(("data.id.of", "b"), into={"data": {"id": 3}}) == {"data": {"id": {"of": "b"}}}


def test_a_number_of_more_than_three_digits_is_a_name() -> None:
    assert put(("data.1000.id", "b")) == {"data": {"1000": {"id": "b"}}}
    assert len(put(("data.999", "b"))["data"]) == 1000  # type: ignore[arg-type]  # it is a list
    assert put(("data.007", "b")) == {"data": {"007": "b"}}
    assert put(("data.²", "b")) == {"data": {"²": "b"}}


def test_what_is_led_through_is_copied_before_it_is_changed() -> None:
    inner: dict[str, Json] = {"id": "a"}
    items: list[Json] = [inner]
    body: dict[str, Json] = {"data": items}
    put_field(body, "data.0.id", "b")
    assert (body, items, inner) == ({"data": [{"id": "b"}]}, [{"id": "a"}], {"id": "a"})


def test_a_mark_becomes_a_parameter_in_brackets_its_numbers_too() -> None:
    assert parameter("customer") == "customer"
    assert parameter("metadata.row") == "metadata[row]"
    assert parameter("items.0.metadata.row") == "items[0][metadata][row]"


def test_a_column_holds_neither_null_nor_a_list_nor_an_object() -> None:
    assert [scalar(value) for value in ("a", 1, 0.5, False)] == ["a", 1, 0.5, False]
    assert [scalar(value) for value in (None, [], {}, ["a"], {"a": 1})] == [None] * 5
