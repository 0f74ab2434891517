"""already-done-is-done: done is done, and has a receipt."""

from __future__ import annotations

import pytest

from tests.histories import FULLY_REVERSED, LEASE, Tale, broken, judged, kept

LAW = "already-done-is-done"


def told() -> Tale:
    """A person reversed it by hand, and the provider says so."""
    tale = Tale()
    tale.insert("reversal_pending")
    tale.effect("trr_7", "create_reversal", by_hand=True)
    tale.claim()
    tale.reply(tale.send(), 400, FULLY_REVERSED)
    return tale


def test_the_receipt_that_was_looked_up_is_right() -> None:
    tale = told()
    tale.listed(tale.look_up(), "trr_7")
    tale.move("reversed", stripe_reversal_id="trr_7")
    assert kept(LAW, tale) == ["reversal"]


def test_already_reversed_that_is_taken_for_a_failure_is_a_breach_by_this_law_alone() -> None:
    tale = told()
    tale.move("permanently_failed")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.path == ("queues", "reversal", "then")


@pytest.mark.parametrize("receipt", [None, "unknown", "tr_1"])
def test_reversed_without_its_receipt_is_a_breach_by_this_law_alone(receipt: str | None) -> None:
    tale = told()
    tale.move("reversed", stripe_reversal_id=receipt)
    assert broken(tale) == {LAW}


def test_a_row_that_waits_because_the_look_up_had_no_answer_is_right() -> None:
    tale = told()
    tale.silence(tale.look_up())
    tale.record(after=LEASE)
    assert kept(LAW, tale) == ["reversal"]


def test_the_look_up_without_an_answer_does_not_make_it_undone() -> None:
    tale = told()
    tale.silence(tale.look_up())
    tale.move("permanently_failed")
    assert broken(tale) == {LAW}


def test_a_dead_copy_concluded_nothing() -> None:
    tale = told()
    tale.crash()
    assert kept(LAW, tale) == []
