"""How values and times are spelled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pointsman.spec.lifecycle import Now, Setting
from pointsman.sql.quoting import dollar_quoted, identifier, interval, literal, setting


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ("plain", "'plain'"),
        ("it's", "'it''s'"),
        ("a\\b", "E'a\\\\b'"),
        ("two\nlines", "E'two\\nlines'"),
        ("it's\\", "E'it''s\\\\'"),
        ("right\u202eleft", "E'right\\u202eleft'"),
        ("готово", "'готово'"),
    ],
)
def test_a_literal_stands_on_one_line_and_shows_what_is_in_it(value: str, spelled: str) -> None:
    assert literal(value) == spelled


@pytest.mark.parametrize(
    ("span", "spelled"),
    [
        (timedelta(hours=24), "24 hours"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(seconds=210), "210 seconds"),
        (timedelta(milliseconds=1500), "1500 milliseconds"),
        (timedelta(microseconds=7), "7 microseconds"),
        (timedelta(0), "0 hours"),
    ],
)
def test_a_span_of_time_is_exact_and_never_in_days(span: timedelta, spelled: str) -> None:
    assert interval(span) == f"interval '{spelled}'"


@pytest.mark.parametrize(
    ("value", "spelled"), [(None, "NULL"), (Now.NOW, "now()"), (True, "true"), (7, "7"), ("now", "'now'")]
)
def test_what_a_write_puts_into_a_column(value: Setting, spelled: str) -> None:
    assert setting(value) == spelled


def test_a_body_that_holds_our_own_dollar_tag_gets_another() -> None:
    body = "x $pointsman$ y $pointsman1$"
    assert dollar_quoted(body) == f"$pointsman2${body}$pointsman2$"


@pytest.mark.parametrize(("name", "spelled"), [("status", "status"), ("order", '"order"'), ("Mixed", '"Mixed"')])
def test_a_name_is_quoted_where_it_has_to_be(name: str, spelled: str) -> None:
    assert identifier(name) == spelled
