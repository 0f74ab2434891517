"""First specs: names for values, and YAML that loads with every value as it was."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.draft import DraftColumn, DraftQueue, DraftStatus, DraftTable, SpecDraft, is_name, named, written
from pointsman.loading.load import load_text
from pointsman.spec.errors import SpecError, UsageError
from pointsman.spec.names import folded
from tests.lifecycles import stored_values

VALUES = st.lists(stored_values(printable=True), min_size=1, max_size=8, unique=True)


def _draft(*values: str) -> SpecDraft:
    names = named(values)
    return SpecDraft("x", tuple(DraftStatus(name, value) for value, name in names.items()), "a test")


@given(VALUES)
def test_every_value_gets_a_name_and_no_two_names_become_one_elsewhere(values: list[str]) -> None:
    names = named(values)
    assert list(names) == values
    assert all(is_name(name) for name in names.values())
    assert len({folded(name) for name in names.values()}) == len(values)


@given(VALUES)
def test_a_draft_loads_and_stores_every_value_as_it_was_or_is_refused(values: list[str]) -> None:
    try:
        text = written(_draft(*values))
    except UsageError:
        with pytest.raises(SpecError):
            load_text(_raw(values))
        return
    assert [status.value for status in load_text(text).statuses] == values


def _raw(values: list[str]) -> str:
    """The same statuses, written by other means: JSON's strings are YAML's."""
    lines = [f"  {json.dumps(name)}: {{value: {json.dumps(value)}}}" for value, name in named(values).items()]
    return "\n".join(["pointsman: 1", "lifecycle: x", "statuses:", *lines, "transitions: []", ""])


def test_a_value_that_is_a_name_keeps_it_and_another_that_comes_close_gives_way() -> None:
    assert named(["a-b", "a_b"]) == {"a-b": "a_b_2", "a_b": "a_b"}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("in progress", "in_progress"),
        ("1st", "status_1st"),
        ("—", "status"),
        ("Überwiesen!", "Uberwiesen"),
        ("x" * 80, "x" * 50),
        ("paid", "paid"),
    ],
)
def test_a_value_that_is_no_name_gets_the_nearest_one(value: str, name: str) -> None:
    assert named([value]) == {value: name}


@pytest.mark.parametrize("word", ["null", "true", "no", "Yes", "on", "y"])
def test_a_status_that_yaml_would_take_for_something_else_is_quoted(word: str) -> None:
    assert load_text(written(_draft(word, "done"))).statuses[0].name == word


def test_a_value_that_a_spec_cannot_hold_is_refused_with_the_loaders_reason() -> None:
    with pytest.raises(UsageError, match="These statuses make no spec"):
        written(_draft("two\nlines"))


def test_too_many_values_are_no_lifecycle() -> None:
    with pytest.raises(UsageError, match="too many"):
        written(_draft(*(f"s{number}" for number in range(501))))


def test_words_that_came_from_a_database_cannot_leave_their_comment() -> None:
    hostile = "x\n  evil: {terminal: true}\u2028#"
    table = DraftTable("t", None, None, "status", others=(DraftColumn(hostile, "text", nullable=False),))
    text = written(SpecDraft("x", (DraftStatus("a", "a"),), hostile, table=table, notes=(hostile,)))
    assert [status.name for status in load_text(text).statuses] == ["a"]
    assert "evil" in text


def test_columns_queues_and_marks_are_written_so_that_they_load() -> None:
    due = DraftColumn("due_at", "timestamptz", nullable=True, default="now")
    lifecycle = load_text(
        written(
            SpecDraft(
                "order",
                (DraftStatus("open", "open", initial=True), DraftStatus("done", "Done.", terminal=True)),
                "a test",
                table=DraftTable("orders", "shop", "order_id", "state", used=(due,)),
                queues=(DraftQueue("open", ("open",), "due_at", ("due_at", "order_id"), "idx_orders_open"),),
            )
        )
    )
    assert lifecycle.table is not None
    assert (lifecycle.table.schema, lifecycle.table.primary_key) == ("shop", "order_id")
    assert lifecycle.queue["open"].order == ("due_at", "order_id")
    assert lifecycle.status["done"].terminal


def test_what_might_be_wanted_is_a_comment_that_loads_when_it_is_taken_out_of_it() -> None:
    text = written(_draft("open", "done"))
    suggested = re.search(r"#   (- \{from: .*\})", text)
    assert suggested is not None
    lifecycle = load_text(text.replace("transitions: []", f"transitions:\n  {suggested[1]}"))
    assert lifecycle.transitions[0].pair == ("open", "done")
