"""conditional-write: the write is onto the row as its writer saw it."""

from __future__ import annotations

from tests.histories import LEASE, Tale, broken, judged, kept

LAW = "conditional-write"


def taken_over() -> Tale:
    """w1 claims, sends and stands still until its lease is over; w2 claims the row."""
    tale = Tale(roles=("reversal_worker",))
    tale.insert("reversal_pending")
    tale.turn("reversal_worker")
    tale.claim()
    asked = tale.send()
    tale.silence(asked)
    tale.pause()
    tale.wait(LEASE + 1)
    tale.turn("reversal_worker", who="w2")
    tale.claim(who="w2")
    return tale


def test_a_record_under_the_claim_is_right() -> None:
    tale = Tale(roles=("reversal_worker",))
    tale.insert("reversal_pending")
    tale.claim()
    tale.made(tale.send())
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert kept(LAW, tale) == ["reversal"]


def test_a_record_that_compares_the_status_only_is_a_breach_by_this_law_alone() -> None:
    tale = taken_over()
    tale.resume()
    tale.record(after=LEASE + 70)
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "claimed the row with claim_count 1, and claim_count was 2 by then" in breach.says


def test_a_lost_claim_that_is_left_alone_is_met() -> None:
    tale = taken_over()
    tale.resume()
    tale.answer("skipped", "reversal_worker")
    tale.made(tale.send(who="w2"))
    tale.move("reversed", who="w2", stripe_reversal_id="trr_1")
    assert kept(LAW, tale) == ["reversal", "reversal.lost"]


def test_a_blind_write_onto_another_status_is_a_breach() -> None:
    tale = Tale(roles=("reversal_worker",))
    tale.insert("reversal_pending")
    tale.claim()
    tale.made(tale.send())
    tale.move("reversed", who="kit", actor="webhook", stripe_reversal_id="trr_1")
    tale.record()
    (breach,) = judged(LAW, tale)[1]
    assert "onto a row that was reversed: it had claimed it as reversal_pending" in breach.says


def test_a_dead_copy_has_no_claim_that_it_could_lose() -> None:
    tale = taken_over()
    tale.crash()
    tale.made(tale.send(who="w2"))
    tale.move("reversed", who="w2", stripe_reversal_id="trr_1")
    assert kept(LAW, tale) == ["reversal"]


def test_a_later_turn_does_not_act_under_the_claim_of_an_earlier_one() -> None:
    tale = taken_over()
    tale.resume()
    tale.answer("skipped", "reversal_worker")
    tale.wait(2 * LEASE)
    tale.turn("reversal_worker")
    tale.record()
    assert judged(LAW, tale)[1] == []


def test_a_kept_refund_is_applied_by_the_status_whatever_the_fence() -> None:
    tale = Tale(roles=("transfer_worker", "refund_handler", "webhook"), subject=("w1",))
    tale.insert("pending", refund_requested_at=1.0, reversal_cents=500)
    tale.claim()
    tale.effect("tr_1", "create_transfer")
    tale.move("completed", who="kit", actor="webhook", stripe_transfer_id="tr_1")
    tale.move("reversal_pending")
    assert broken(tale) == set()


def test_a_handler_that_writes_onto_what_had_changed_since_it_was_told_is_a_breach() -> None:
    tale = Tale(roles=("refund_handler",), subject=("h1",))
    tale.insert("completed")
    tale.deliver("refund_requested", "refund_handler", who="h1")
    tale.move("reversal_pending", who="kit", reversal_cents=1000)
    tale.move("reversed", who="kit", stripe_reversal_id="trr_1")
    tale.put(
        {"status": "reversal_pending", "retry_count": 0, "next_retry_at": tale.now, "refund_requested_at": None},
        who="h1",
    )
    assert broken(tale) == {LAW}
