"""How names are spelled in other languages."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pointsman.spec.names import camel, folded, lower_snake, plain, upper_snake
from tests.lifecycles import names


@pytest.mark.parametrize(
    ("name", "upper", "lower", "joined", "package"),
    [
        ("reversal_pending", "REVERSAL_PENDING", "reversal_pending", "ReversalPending", "reversalpending"),
        ("reversalPending", "REVERSAL_PENDING", "reversal_pending", "ReversalPending", "reversalpending"),
        ("HTTPServerError", "HTTP_SERVER_ERROR", "http_server_error", "HttpServerError", "httpservererror"),
        ("A1", "A1", "a1", "A1", "a1"),
        ("step_0001", "STEP_0001", "step_0001", "Step0001", "step0001"),
        ("x__y_", "X_Y", "x_y", "XY", "xy"),
        ("NULL", "NULL", "null", "Null", "null"),
    ],
)
def test_a_name_is_spelled_as_each_language_does(name: str, upper: str, lower: str, joined: str, package: str) -> None:
    assert (upper_snake(name), lower_snake(name), camel(name), plain(name)) == (upper, lower, joined, package)


@given(names())
def test_every_spelling_is_an_identifier(name: str) -> None:
    assert all(spelling(name).isidentifier() for spelling in (upper_snake, lower_snake, camel, plain))


@given(st.lists(names(), min_size=2, max_size=2))
def test_names_that_differ_when_folded_differ_in_every_spelling(pair: list[str]) -> None:
    one, other = pair
    assume(folded(one) != folded(other))
    assert all(spelling(one) != spelling(other) for spelling in (upper_snake, lower_snake, camel, plain))
