"""How laws read a history: what a write is, whose claim holds, what a request is about."""

from __future__ import annotations

import pytest

from pointsman_conformance.core.history import History
from pointsman_conformance.laws.reader import read as read_history
from pointsman_conformance.laws.reading import Leg, Reading, WriteKind
from tests.histories import BAD, LEASE, Tale, seller_transfer


def read(tale: Tale) -> Reading:
    return read_history(tale.lifecycle, tale.history())


def test_writes_are_told_apart() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    tale.put({"refund_requested_at": 1.0, "reversal_cents": 500}, who="kit")
    tale.record()
    tale.put({"amount_cents": 999})
    tale.move("completed", stripe_transfer_id="tr_1")
    assert [each.sort for each in read(tale).versions] == [
        WriteKind.INSERT, WriteKind.CLAIM, WriteKind.KEPT, WriteKind.RECORDING, WriteKind.BUMP, WriteKind.MOVE,
    ]  # fmt: skip


def test_a_claim_is_lost_by_the_fence_and_by_the_status() -> None:
    tale = Tale()
    tale.insert("pending")
    first = tale.claim()
    second = tale.claim(who="w2")
    moved = tale.move("completed", who="kit", stripe_transfer_id="tr_1")
    assert read(tale).lost == {first: second, second: moved}


def test_a_claim_ends_with_its_copys_recording_move_next_claim_or_death() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    first, recorded = tale.claim(), tale.record()
    second = tale.claim()
    tale.wait(601)
    third = tale.claim()
    died = tale.crash()
    fourth, moved = tale.claim(), tale.move("reversed")
    assert read(tale).closed == {first: recorded, second: third, third: died, fourth: moved}


def test_keeping_a_refund_lets_no_claim_go() -> None:
    tale = Tale()
    tale.insert("pending")
    claimed = tale.claim()
    tale.put({"refund_requested_at": 1.0})
    tale.send()
    (sent,) = read(tale).sent
    assert sent.claim is not None
    assert sent.claim.place == claimed


def test_requests_are_known_by_path_mark_and_receipt() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.insert("reversal_pending", row="2", stripe_transfer_id="tr_2")
    tale.send()
    tale.look_up()
    tale.send(row="2", key="whatever")
    tale.look_up(row="2")
    assert [(each.call.name, each.row, each.effect) for each in read(tale).sent] == [
        ("create_transfer", "1", True),
        ("create_transfer", "1", False),
        ("create_reversal", "2", True),
        ("create_reversal", "2", False),
    ]


def test_what_fits_no_call_is_not_read() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.ask("/v1/balance")
    assert read(tale).sent == ()


def test_another_question_is_about_the_row_that_is_claimed() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.insert("reversal_pending", row="2", stripe_transfer_id="tr_2")
    tale.claim()
    tale.claim(row="2")
    tale.ask("/v1/transfers/tr_2")
    tale.ask("/v1/balance")
    assert [(each.row, each.effect) for each in read(tale).sent] == [("2", False), (None, False)]


def test_a_leg_lasts_as_long_as_the_call_is_worked_on() -> None:
    tale = Tale()
    begun = tale.insert("pending")
    tale.move("failed")
    ended = tale.move("completed", stripe_transfer_id="tr_1")
    again = tale.move("reversal_pending", who="kit", reversal_cents=1)
    assert read(tale).legs == (Leg("1", "create_transfer", begun, ended), Leg("1", "create_reversal", again))


def test_an_answer_is_heard_only_if_it_can_have_been() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    tale.reply(tale.send(), 400, BAD, heard=False)
    (sent,) = read(tale).sent
    assert (sent.reply is not None, sent.heard) == (True, None)


def test_what_was_heard_is_recorded_by_the_next_write_under_the_same_claim() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, BAD)
    recorded = tale.record()
    reading = read(tale)
    version = reading.recording_of(reading.sent[0])
    assert version is not None
    assert version.place == recorded


@pytest.mark.parametrize("ending", ["crash", "another claim"])
def test_what_was_heard_and_not_recorded_left_no_trace(ending: str) -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, BAD)
    if ending == "crash":
        tale.crash()
    tale.wait(LEASE + 1)
    tale.claim()
    tale.record()
    reading = read(tale)
    assert reading.recording_of(reading.sent[0]) is None


def test_a_copy_that_was_started_for_one_actor_is_that_actor() -> None:
    tale = Tale(roles=("transfer_worker", "webhook"))
    tale.start("w1", "transfer_worker")
    tale.insert("pending")
    tale.move("completed", stripe_transfer_id="tr_1")
    tale.insert("pending", row="2")
    tale.move("completed", row="2", who="w2", stripe_transfer_id="tr_2")
    reading = read(tale)
    moves = [each for each in reading.versions if each.sort is WriteKind.MOVE]
    assert [reading.by_claimant(each) for each in moves] == [True, False]


def test_an_event_is_answered_by_the_same_copy_for_the_same_actor() -> None:
    tale = Tale(roles=("refund_handler", "admin"), subject=("h1",))
    tale.insert("completed")
    tale.deliver("refund_requested", "refund_handler", who="h1")
    tale.answer("skipped", "admin", row=None, who="h1")
    answered = tale.answer("ignored", "refund_handler", who="h1")
    (delivery,) = read(tale).deliveries
    assert (delivery.status, delivery.answered, delivery.answer) == ("completed", answered, "ignored")


def test_a_dead_copy_answers_nothing_any_more() -> None:
    tale = Tale(roles=("admin",), subject=("a1",))
    tale.insert("completed")
    tale.deliver("refund_requested", "admin", who="a1")
    tale.crash("a1")
    tale.turn("admin", who="a1")
    tale.answer("skipped", "admin", row=None, who="a1")
    (delivery,) = read(tale).deliveries
    assert delivery.answered is None


def test_pauses_reach_to_where_the_copy_went_on_or_to_the_end() -> None:
    tale = Tale()
    first, on, second = tale.pause(), tale.resume(), tale.pause()
    assert read(tale).pauses == {"w1": ((first, on), (second, 3))}


def test_an_empty_history_reads() -> None:
    assert read_history(seller_transfer(), History(())).versions == ()
