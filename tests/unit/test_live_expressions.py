"""Reading the values out of what PostgreSQL prints."""

from __future__ import annotations

import pytest

from pointsman.live.expressions import admitted


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("(status = ANY ('{a,b}'::text[]))", ("a", "b")),
        ("((status)::text = ANY ('{a,\"b c\",NULL}'::text[]))", ("a", "b c")),
        ("(status = 'it''s'::text)", ("it's",)),
        ("((status)::text = 'a'::text)", ("a",)),
        ("(status = 'a'::app.transfer_status)", ("a",)),
        ("((status = 'a'::text) OR (status = 'b'::text))", ("a", "b")),
        ("((status = 'a) OR (b'::text) OR (status = ANY ('{\"\",\"x,y\"}'::text[])))", ("a) OR (b", "", "x,y")),
        (r"""(status = ANY (E'{"a\\\\b","say \\"hi\\""}'::text[]))""", ("a\\b", 'say "hi"')),
        (r"(status = E'back\\slash'::text)", ("back\\slash",)),
        ("(status = 'a'::character(5))", ("a",)),
    ],
)
def test_a_list_of_values_is_read_in_every_form_that_the_server_prints(text: str, values: tuple[str, ...]) -> None:
    assert admitted(text, "status") == values


@pytest.mark.parametrize(
    "text",
    [
        "(status <> 'a'::text)",
        "((status = 'a'::text) AND (due IS NOT NULL))",
        "(other = 'a'::text)",
        "(lower(status) = 'a'::text)",
        "((status = 'a'::text) OR (due IS NULL))",
        "(status = 1)",
        "true",
    ],
)
def test_anything_else_is_not_taken_for_a_list_of_values(text: str) -> None:
    assert admitted(text, "status") is None


def test_a_column_whose_name_needs_quotes_is_found_by_its_quoted_name() -> None:
    assert admitted("""("it's (x)" = 'a'::text)""", "it's (x)") == ("a",)
