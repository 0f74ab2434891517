"""The Python guard of the seller transfer, and of specs that could break out of it."""

import ast

import pytest

from pointsman.loading.load import load
from pointsman.rendering import python
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle, Status, Transition
from pointsman.writing.target import TargetOptions
from tests.guards import SELLER_TRANSFER, python_guard
from tests.lifecycles import HOSTILE_VALUES, UNPRINTABLE_VALUES

SELLER = load(SELLER_TRANSFER)
GUARD = python_guard(SELLER)

MOVES = {
    ("pending", "completed"),
    ("pending", "failed"),
    ("completed", "reversal_pending"),
    ("failed", "completed"),
    ("failed", "permanently_failed"),
    ("reversal_pending", "reversed"),
    ("reversal_pending", "permanently_failed"),
}
"""The customer's matrix, written out by hand."""


def test_of_the_36_pairs_of_the_seller_transfer_7_move_6_stay_and_23_are_refused() -> None:
    statuses = [status.value for status in GUARD.Status]
    allowed = {(a, b) for a in statuses for b in statuses if GUARD.can_transition(a, b)}
    assert len(statuses) == 6
    assert allowed == MOVES | {(status, status) for status in statuses}
    assert len(allowed) == 13


def test_a_status_that_is_not_known_is_refused_also_to_itself() -> None:
    assert not GUARD.can_transition("Pending", "Pending")
    assert not GUARD.can_transition("pending ", "completed")
    assert not GUARD.can_transition("pending", "Completed")


def test_the_error_says_where_the_row_may_go_instead() -> None:
    with pytest.raises(GUARD.TransitionError) as caught:
        GUARD.assert_transition("failed", "reversed")
    assert str(caught.value) == (
        "seller_transfer: 'failed' may not become 'reversed'; it may go to: 'completed', 'permanently_failed'"
    )
    with pytest.raises(GUARD.TransitionError, match="may go to: nowhere"):
        GUARD.assert_transition("reversed", "pending")
    with pytest.raises(GUARD.TransitionError, match="'refunded' is not a known status"):
        GUARD.assert_transition("refunded", "refunded")


def test_queues_and_kinds_are_there_as_constants() -> None:
    assert GUARD.REVERSAL_QUEUE == (GUARD.Status.REVERSAL_PENDING,)
    assert GUARD.QUEUES["retry"] == (GUARD.Status.FAILED,)
    assert {"reversed", "permanently_failed"} == GUARD.TERMINAL
    assert "completed" in GUARD.RESTING
    assert GUARD.Move(GUARD.Status.FAILED, GUARD.Status.PERMANENTLY_FAILED, "given_up", ("retry_worker", "admin")) in (
        GUARD.MOVES
    )


def test_the_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        GUARD.TRANSITIONS["reversed"] = ("pending",)
    with pytest.raises(TypeError):
        GUARD.QUEUES["retry"] = ()


def test_the_module_imports_nothing_but_the_standard_library() -> None:
    (output,) = python.render(SELLER, TargetOptions())
    imported = {node.module for node in ast.walk(ast.parse(output.text)) if isinstance(node, ast.ImportFrom)}
    assert imported == {"collections.abc", "enum", "types", "typing"}


@pytest.mark.parametrize("text", [*HOSTILE_VALUES, *UNPRINTABLE_VALUES])
def test_summaries_stay_inside_their_docstrings(text: str) -> None:
    lifecycle = Lifecycle("x", (Status("a", "a", initial=True, summary=text),), (), summary=text)
    (output,) = python.render(lifecycle, TargetOptions())
    tree = ast.parse(output.text)
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    assert names == ["Status", "Move", "TransitionError", "can_transition", "assert_transition"]
    shown = " ".join((ast.get_docstring(tree) or "").split())
    assert all(letter.isprintable() for letter in shown)
    if text.isprintable():
        assert " ".join(text.split()) in shown


@pytest.mark.parametrize("text", [*HOSTILE_VALUES, *UNPRINTABLE_VALUES, "\0", "\x7f", "\U0001f4a9", "\ufeff"])
def test_a_literal_reads_back_as_what_it_was_made_from(text: str) -> None:
    written = python.literal(text)
    assert ast.literal_eval(written) == text
    assert written.isprintable()


def test_names_that_become_one_in_python_are_refused_with_both() -> None:
    lifecycle = Lifecycle("x", (Status("a_b", "1", initial=True), Status("aB", "2")), (Transition("a_b", "aB"),))
    with pytest.raises(UsageError, match=r"'a_b' and 'aB' are both A_B"):
        python.render(lifecycle, TargetOptions())
