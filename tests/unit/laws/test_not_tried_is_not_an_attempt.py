"""not-tried-is-not-an-attempt: an answer that says nothing about the row costs it nothing."""

from __future__ import annotations

import pytest

from tests.histories import LATER, LEASE, Tale, broken, judged, kept

LAW = "not-tried-is-not-an-attempt"


def turned_away(status: int = 429, queue: str = "reversal_pending") -> Tale:
    tale = Tale()
    tale.insert(queue)
    tale.claim()
    tale.reply(tale.send(), status, LATER)
    return tale


@pytest.mark.parametrize(("status", "after"), [(429, 60.0), (401, 60.0), (403, 60.0), (409, LEASE)])
def test_the_attempt_given_back_and_a_pause_are_right(status: int, after: float) -> None:
    tale = turned_away(status)
    tale.record(after=after, retry_count=0)
    assert kept(LAW, tale) == ["reversal"]


def test_an_attempt_that_is_kept_is_a_breach() -> None:
    tale = turned_away()
    tale.record(after=60.0)
    (breach,) = judged(LAW, tale)[1]
    assert "retry_count was 0 and is 1; give it back" in breach.says


@pytest.mark.parametrize(("queue", "target"), [("pending", "failed"), ("reversal_pending", "permanently_failed")])
def test_a_move_is_a_breach_by_this_law_alone(queue: str, target: str) -> None:
    tale = turned_away(queue=queue)
    tale.move(target)
    assert broken(tale) == {LAW}


def test_a_row_that_is_due_at_once_is_a_breach() -> None:
    tale = turned_away()
    tale.record(after=1.0, retry_count=0)
    (breach,) = judged(LAW, tale)[1]
    assert "wait 48 s at least" in breach.says


def test_an_answer_that_was_not_heard_is_none() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 429, LATER, heard=False)
    tale.record(after=LEASE)
    assert judged(LAW, tale) == ([], [])


def test_a_claim_that_counted_nothing_has_nothing_to_give_back() -> None:
    tale = Tale()
    tale.insert("reversal_pending", retry_count=12, key_first_used_at=0.0)
    tale.claim()
    tale.reply(tale.send(), 429, LATER)
    tale.record(after=60.0)
    assert kept(LAW, tale) == ["reversal"]


def test_a_copy_that_lost_its_connection_gave_nothing_back_and_is_not_judged() -> None:
    tale = turned_away()
    tale.cut()
    tale.wait(LEASE + 1)
    tale.claim()
    assert judged(LAW, tale) == ([], [])
