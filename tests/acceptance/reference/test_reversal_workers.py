"""What each of the three right reversal workers does: by the service, by an odd one, and by one in Go."""

from __future__ import annotations

from collections.abc import Sequence

from pointsman_conformance.core.plan import Fault, FaultKind
from tests.acceptance.reference.shop import Shop

MINUTE = 60
LEASE_LEFT = 9 * MINUTE
"""Seconds, somewhat less than a lease that has just begun."""


def about_a_minute(seconds: float) -> bool:
    return 40 < seconds < 80


def test_a_due_row_is_reversed_with_its_receipt(shop: Shop) -> None:
    row = shop.refunded()
    after = shop.until(row, "reversed")
    (effect,) = shop.effects(row)
    assert (after["stripe_reversal_id"], effect.amount) == (effect.receipt, 1000)


def test_a_partial_refund_takes_back_a_part(shop: Shop) -> None:
    row = shop.refunded(reversal_cents=400)
    shop.until(row, "reversed")
    assert [effect.amount for effect in shop.effects(row)] == [400]


def test_a_refused_reversal_is_given_up(shop: Shop) -> None:
    row = shop.refunded(FaultKind.REFUSED)
    shop.until(row, "permanently_failed")
    assert not shop.effects(row)


def test_refused_for_now_is_tried_again_under_a_new_key(shop: Shop) -> None:
    row = shop.refunded(FaultKind.REFUSED_FOR_NOW)
    after = shop.until(row, "reversal_pending", key_generation=1)
    assert after["retry_count"] == 1
    assert after["key_first_used_at"] is None
    assert about_a_minute(after["due_in"])
    shop.advance(minutes=2)
    shop.until(row, "reversed")
    assert shop.keys(row) == [f"reversal-{row}-0", f"reversal-{row}-1"]


def test_too_many_requests_are_no_attempt(shop: Shop) -> None:
    row = shop.refunded(FaultKind.THROTTLED)
    after = shop.recorded(row)
    assert (after["retry_count"], after["key_generation"]) == (0, 0)
    assert about_a_minute(after["due_in"])
    shop.advance(minutes=2)
    assert shop.until(row, "reversed")["retry_count"] == 1


def test_a_wrong_secret_is_no_attempt(shop: Shop) -> None:
    row = shop.refunded(FaultKind.UNAUTHORIZED)
    assert shop.recorded(row)["retry_count"] == 0
    shop.advance(minutes=2)
    shop.until(row, "reversed")


def test_a_key_in_use_waits_until_the_lease_is_over_and_is_no_attempt(shop: Shop) -> None:
    row = shop.refunded(FaultKind.BUSY)
    after = shop.until(row, "reversal_pending", retry_count=0, claim_count=1)
    assert after["due_in"] > LEASE_LEFT
    shop.advance(minutes=11)
    shop.until(row, "reversed")
    assert shop.keys(row) == [f"reversal-{row}-0"] * 2


def test_an_error_without_effect_is_looked_up_and_tried_again_under_a_new_key(shop: Shop) -> None:
    row = shop.refunded(FaultKind.ERROR)
    after = shop.until(row, "reversal_pending", key_generation=1)
    assert after["retry_count"] == 1
    assert about_a_minute(after["due_in"])
    shop.advance(minutes=2)
    shop.until(row, "reversed")


def test_an_error_after_the_effect_is_looked_up_and_found(shop: Shop) -> None:
    row = shop.refunded(FaultKind.ERROR_AFTER_EFFECT)
    after = shop.until(row, "reversed")
    (effect,) = shop.effects(row)
    assert after["stripe_reversal_id"] == effect.receipt


def test_a_lost_reply_is_asked_for_again_with_the_same_key(shop: Shop) -> None:
    for kind in (FaultKind.LOST_REPLY, FaultKind.TRUNCATED, FaultKind.LOST_REQUEST):
        row = shop.refunded(kind, reversal_cents=400)
        shop.recorded(row)
        assert shop.row(row)["due_in"] > LEASE_LEFT, kind
        shop.advance(minutes=11)
        after = shop.until(row, "reversed")
        (effect,) = shop.effects(row)
        assert after["stripe_reversal_id"] == effect.receipt, kind
        assert set(shop.keys(row)) == {f"reversal-{row}-0"}, kind


def test_a_request_that_still_executes_is_waited_for(shop: Shop) -> None:
    row = shop.refunded(Fault(FaultKind.EXECUTING, seconds=60))
    shop.recorded(row)
    shop.advance(minutes=11)
    shop.until(row, "reversed")
    assert len(shop.effects(row)) == 1


def test_a_reversal_by_hand_is_taken_as_reversed_with_its_receipt(shop: Shop) -> None:
    row = shop.paid(reversal_cents=1000)
    assert shop.provider.by_hand("create_reversal", str(row), None)
    shop.table.execute("update seller_transfers set status = 'reversal_pending' where id = %s", [row])
    after = shop.until(row, "reversed")
    assert [effect.receipt for effect in shop.effects(row)] == [after["stripe_reversal_id"]]


def test_an_old_key_is_looked_up_and_not_sent_again(shop: Shop) -> None:
    row = shop.refunded(FaultKind.LOST_REPLY, reversal_cents=400)
    shop.recorded(row)
    shop.advance(minutes=24 * 60)
    shop.until(row, "reversed")
    assert (len(shop.effects(row)), len(shop.keys(row))) == (1, 1)


def test_an_old_key_without_an_effect_is_renewed_and_the_look_up_is_no_attempt(shop: Shop) -> None:
    row = shop.refunded(FaultKind.LOST_REQUEST, reversal_cents=400)
    shop.recorded(row)
    shop.advance(minutes=24 * 60)
    after = shop.until(row, "reversed")
    assert after["retry_count"] == 2
    assert shop.keys(row) == [f"reversal-{row}-0", f"reversal-{row}-1"]


def test_a_row_without_attempts_and_with_nothing_outstanding_is_given_up(shop: Shop) -> None:
    row = shop.refunded(retry_count=12)
    shop.until(row, "permanently_failed")
    assert not shop.keys(row)


def test_a_row_without_attempts_and_with_a_live_key_is_settled_by_that_key(shop: Shop) -> None:
    row = shop.refunded(FaultKind.LOST_REPLY, retry_count=11)
    shop.recorded(row)
    shop.advance(minutes=8 * 60)
    after = shop.until(row, "reversed")
    assert after["retry_count"] == 12
    assert shop.keys(row) == [f"reversal-{row}-0"] * len(shop.keys(row))


def test_the_last_attempt_that_ends_in_an_error_without_effect_gives_up(shop: Shop) -> None:
    row = shop.refunded(FaultKind.ERROR, retry_count=11)
    shop.until(row, "permanently_failed")
    assert not shop.effects(row)


def test_an_undeclared_status_is_left_alone(empty_shop: Shop, command: Sequence[str]) -> None:
    shop = empty_shop
    for statement in (
        "alter table seller_transfers disable trigger all",
        "alter table seller_transfers drop constraint seller_transfers_status_known",
    ):
        shop.table.execute(statement.encode())
    row = shop.insert("in_limbo", stripe_transfer_id="tr_x", reversal_cents=1000)
    other = shop.refunded()
    shop.start(command)
    shop.until(other, "reversed")
    assert shop.row(row)["claim_count"] == 0
