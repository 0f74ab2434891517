"""The small reader of plain conditions, against the reader that asks sqlglot."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot.dialects.postgres import Postgres

from pointsman.spec import condition_reader, plain_condition
from pointsman.spec.condition import Condition, ConditionError, to_sql
from tests.conditions import conditions

SOME = (
    "a amount_cents paid Order select not NOT and or AND Or is null in between true false current_date if user date "
    "unknown distinct from symmetric like interval x1 _x é e n b"
)
SIGNS = (*"()[],;:.*+-/%<>=!~@#&|^$\\'\"", "<>", "!=", "<=", ">=", "==", "<=>", "->", "::", "--", "/*", "''", " ", "\n")
CONSTANTS = ("0", "1", "-1", "- 1", "007", "1.5", "1e3", "1_000", "9" * 18, "9" * 19, "'usd'", "'it''s'", "E'a'", "''")
PIECES = st.sampled_from(
    (*SOME.split(), *SIGNS, *CONSTANTS, '"a"', '"Or"', "a b", "not in", "is not null", "between 1 and 2")
)

KEYWORDS = sorted(
    {
        word
        for phrase in Postgres.Tokenizer.KEYWORDS
        for word in phrase.split()
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", word)
    }
)
FORMS = (
    "{w}",
    "not {w}",
    "({w})",
    "{w} = 1",
    "{w} <> 'x'",
    "1 < {w}",
    "a = {w}",
    "{w} is null",
    "{w} is not null",
    "{w} in (1, 2)",
    "{w} not in ('x')",
    "{w} between 1 and {w}",
    "a between {w} and b",
    "a and {w} or b",
    "{w} and not {w}",
)


def _agrees(text: str) -> None:
    """Both read the same, or the plain reader leaves it."""
    plain = plain_condition.read(text)
    if plain is not None:
        try:
            expected = condition_reader.read(text)
        except ConditionError as refused:
            pytest.fail(f"{text!r} is refused: {refused}")
        assert plain == expected, text


@settings(max_examples=1000, deadline=None)
@given(conditions(most=16), st.booleans())
def test_a_condition_of_the_grammar_is_read_alike(condition: Condition, quoted: bool) -> None:
    _agrees(to_sql(condition) if quoted else to_sql(condition, str))


@settings(max_examples=1000, deadline=None)
@given(st.data(), conditions(most=5))
def test_a_condition_with_a_mistake_in_it_is_left_or_read_alike(data: st.DataObject, condition: Condition) -> None:
    text = to_sql(condition, str)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 5, len(text))))
        text = text[:start] + data.draw(PIECES) + text[end:]
    _agrees(text)


@settings(max_examples=2000, deadline=None)
@given(st.lists(PIECES, max_size=9), st.sampled_from(("", " ")))
@example(["a", "=", "-1"], "")
@example(["a", "<", "-1"], "")
@example(["E", "'a'"], "")
@example(["a", "=", "'x'", "'y'"], " ")
@example(["(", "a", ")", "=", "1"], "")
def test_any_pieces_in_a_row_are_left_or_read_alike(pieces: list[str], between: str) -> None:
    _agrees(between.join(pieces))


@pytest.mark.parametrize("form", FORMS)
def test_no_word_that_sqlglot_knows_is_taken_for_a_column_that_sqlglot_does_not_see(form: str) -> None:
    for word in KEYWORDS:
        _agrees(form.format(w=word))
        _agrees(form.format(w=word.lower()))


@pytest.mark.parametrize(
    "text",
    [
        "amount_cents > 0",
        "reversed_amount_cents<=amount_cents and currency in ('usd', 'eur')",
        "not (paid or status = 1) and n between -1 and 2",
        '"select" is not null',
    ],
)
def test_what_specs_say_is_plain(text: str) -> None:
    assert plain_condition.read(text) is not None


@pytest.mark.parametrize(
    "text",
    ["", " ", "a = ", "a + 1 = 2", "a = 1 -- why", "a == 1", "a = b = c", "true", "1 = 2", "a < 'x'", "a in (1, 'x')"],
)
def test_a_mistake_is_left_to_the_reader_that_explains_it(text: str) -> None:
    assert plain_condition.read(text) is None


def test_deep_and_long_texts_are_left() -> None:
    assert plain_condition.read("not " * 20 + "a") is None
    assert plain_condition.read("a" + " " * 5_000) is None
