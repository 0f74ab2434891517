"""The rest of the reference service: transfers, retries, refunds, webhooks and the admin."""

from __future__ import annotations

import json
import time

import pytest

from pointsman_conformance.core.plan import Fault, FaultKind, Point
from pointsman_conformance.provider.provider import Ticket
from tests.acceptance.reference.shop import Shop

FAR_OFF = "2100-01-01"


def refund(shop: Shop, row: int, amount: int | None = None) -> tuple[int, str]:
    return shop.post("/refunds", json.dumps({"transfer": row, "amount_cents": amount, "id": "re_1"}).encode())


def pending(shop: Shop, *faults: Fault | FaultKind, status: str = "pending") -> int:
    """A row to be paid, due only once its faults are laid."""
    row = shop.insert(status, next_retry_at=FAR_OFF)
    shop.strike(row, *faults)
    shop.table.execute("update seller_transfers set next_retry_at = now() where id = %s", [row])
    return row


# --- transfers ---


def test_a_pending_row_is_paid_with_its_receipt(service: Shop) -> None:
    row = pending(service)
    after = service.until(row, "completed")
    (effect,) = service.effects(row, "create_transfer")
    assert (after["stripe_transfer_id"], effect.amount) == (effect.receipt, 1000)


def test_a_refused_transfer_goes_to_the_retry_worker_which_pays_under_a_new_key(service: Shop) -> None:
    row = pending(service, FaultKind.REFUSED)
    service.until(row, "completed")
    assert service.keys(row, "transfer") == [f"transfer-{row}-0", f"transfer-{row}-1"]


def test_a_refusal_on_retry_is_counted_and_tried_again_under_a_new_key(service: Shop) -> None:
    row = pending(service, FaultKind.REFUSED, status="failed")
    after = service.until(row, "failed", key_generation=1)
    assert after["retry_count"] == 1
    service.advance(minutes=2)
    service.until(row, "completed")


def test_a_transfer_whose_answer_is_lost_is_not_paid_twice(service: Shop) -> None:
    row = pending(service, FaultKind.LOST_REPLY)
    service.recorded(row)
    service.advance(minutes=11)
    service.until(row, "completed")
    assert len(service.effects(row, "create_transfer")) == 1


def test_a_transfer_that_is_answered_too_late_is_unknown_and_not_paid_twice(service: Shop) -> None:
    row = pending(service, Fault(FaultKind.SLOW, seconds=1.5))
    service.recorded(row)
    assert service.row(row)["status"] == "pending"
    service.advance(minutes=11)
    service.until(row, "completed")
    assert len(service.effects(row, "create_transfer")) == 1


def test_a_transfer_that_was_answered_with_an_error_is_found_by_looking_it_up(service: Shop) -> None:
    row = pending(service, FaultKind.ERROR_AFTER_EFFECT)
    after = service.until(row, "completed")
    (effect,) = service.effects(row, "create_transfer")
    assert after["stripe_transfer_id"] == effect.receipt


def test_retries_without_attempts_and_with_nothing_outstanding_are_given_up(service: Shop) -> None:
    row = service.insert("failed", retry_count=12)
    service.until(row, "permanently_failed")
    assert not service.keys(row, "transfer")


# --- refunds ---


def test_a_refund_leads_to_a_reversal(service: Shop) -> None:
    row = service.paid()
    assert refund(service, row, 300) == (200, "applied")
    service.until(row, "reversed")
    assert [effect.amount for effect in service.effects(row)] == [300]


def test_a_refund_without_an_amount_is_of_everything(service: Shop) -> None:
    row = service.paid()
    assert refund(service, row) == (200, "applied")
    assert service.until(row, "reversed")["reversal_cents"] == 1000


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_an_early_refund_is_kept_and_applied_once_the_seller_is_paid(service: Shop, status: str) -> None:
    row = service.insert(status, next_retry_at=FAR_OFF)
    assert refund(service, row, 300) == (200, "kept")
    assert refund(service, row, 300) == (200, "kept")
    service.table.execute("update seller_transfers set next_retry_at = now() where id = %s", [row])
    after = service.until(row, "reversed")
    assert after["refund_requested_at"] is None
    assert [effect.amount for effect in service.effects(row)] == [300]


def test_a_repeated_refund_changes_nothing(service: Shop) -> None:
    row = service.paid()
    refund(service, row, 300)
    service.until(row, "reversed")
    before = service.row(row)
    assert refund(service, row, 300) == (200, "ignored")
    assert {**service.row(row), "due_in": 0} == {**before, "due_in": 0}


@pytest.mark.parametrize("amount", [0, -1, 1001])
def test_a_refund_of_an_impossible_amount_is_refused(service: Shop, amount: int) -> None:
    row = service.paid()
    assert refund(service, row, amount) == (409, "refused")
    assert service.row(row)["status"] == "completed"


def test_a_refund_of_nothing_we_know_is_refused(service: Shop) -> None:
    assert refund(service, 999_999) == (409, "refused")
    assert service.post("/refunds", b"{")[0] == 400
    assert service.post("/nowhere", b"{}")[0] == 400


# --- webhooks ---


def test_a_webhook_that_comes_before_the_answer_wins_and_the_worker_records_nothing(service: Shop) -> None:
    told: list[tuple[int, str]] = []

    def first(ticket: Ticket, point: Point) -> None:
        if point is Point.REQUEST_AFTER and ticket.about.row == str(row) and not told:
            told.append(service.deliver("transfer.created", row))

    row = service.insert("pending", next_retry_at=FAR_OFF)
    service.meeting = first
    service.table.execute("update seller_transfers set next_retry_at = now() where id = %s", [row])
    after = service.until(row, "completed")
    service.recorded(row)
    assert told == [(200, "applied")]
    assert after["stripe_transfer_id"] == service.effects(row, "create_transfer")[0].receipt
    assert {**service.row(row), "due_in": 0} == {**after, "due_in": 0}


def test_a_webhook_about_a_reversal_brings_the_receipt(service: Shop) -> None:
    row = service.refunded(FaultKind.LOST_REPLY)
    service.recorded(row)
    assert service.deliver("transfer.reversed", row) == (200, "applied")
    after = service.row(row)
    assert (after["status"], after["stripe_reversal_id"]) == ("reversed", service.effects(row)[0].receipt)


def test_a_late_webhook_does_not_move_a_row_back(service: Shop) -> None:
    row = pending(service)
    service.until(row, "completed")
    assert service.deliver("transfer.created", row) == (200, "ignored")
    refund(service, row)
    service.until(row, "reversed")
    assert service.deliver("transfer.created", row) == (200, "ignored")
    assert service.deliver("transfer.reversed", row) == (200, "ignored")
    assert service.row(row)["status"] == "reversed"


def test_a_reversal_by_hand_makes_a_completed_row_follow(service: Shop) -> None:
    row = service.paid()
    service.provider.by_hand("create_reversal", str(row), None)
    assert service.deliver("transfer.reversed", row) == (200, "applied")
    after = service.until(row, "reversed")
    assert after["stripe_reversal_id"] == service.effects(row)[0].receipt


def test_a_reversal_of_a_part_by_hand_says_nothing_about_the_row(service: Shop) -> None:
    row = service.paid()
    service.provider.by_hand("create_reversal", str(row), 400)
    assert service.deliver("transfer.reversed", row) == (200, "ignored")
    assert service.row(row)["status"] == "completed"


def test_a_webhook_about_something_that_is_not_ours_is_ignored(service: Shop) -> None:
    service.provider.put("create_transfer", "424242", 1000)
    assert service.deliver("transfer.created", 424242) == (200, "ignored")


def test_a_forged_webhook_is_refused(service: Shop) -> None:
    row = service.paid()
    service.provider.by_hand("create_reversal", str(row), None)
    status, _ = service.deliver("transfer.reversed", row, secret="whsec_forged")  # noqa: S106 - made up
    assert status == 400
    assert service.row(row)["status"] == "completed"


# --- the admin ---


def give_up(shop: Shop, row: int) -> tuple[int, str]:
    return shop.post(f"/admin/transfers/{row}/give-up", b"")


def test_an_admin_gives_up_only_a_row_that_is_due(empty_shop: Shop) -> None:
    shop = empty_shop
    shop.start_service("web")
    shop.listening()
    row = shop.insert("failed", next_retry_at=FAR_OFF)
    assert give_up(shop, row) == (409, "refused")
    shop.table.execute("update seller_transfers set next_retry_at = now() where id = %s", [row])
    assert give_up(shop, row) == (200, "applied")
    after = shop.row(row)
    assert (after["status"], after["claim_count"]) == ("permanently_failed", 1)


def test_an_admin_who_gives_up_finds_that_it_was_done(empty_shop: Shop) -> None:
    shop = empty_shop
    shop.start_service("web")
    shop.listening()
    row = shop.insert("failed", key_first_used_at="now")
    shop.provider.put("create_transfer", str(row), 1000)
    shop.strike(row, FaultKind.ERROR)
    assert give_up(shop, row) == (200, "ignored")
    assert shop.row(row)["status"] == "completed"
    reversal = shop.paid("completed")
    shop.provider.put("create_reversal", str(reversal), 1000)
    shop.table.execute(
        "update seller_transfers set status = 'reversal_pending', reversal_cents = 1000, key_first_used_at = now(), "
        "next_retry_at = now() where id = %s",
        [reversal],
    )
    assert give_up(shop, reversal) == (200, "ignored")
    after = shop.row(reversal)
    assert after["status"] == "reversal_pending"
    assert after["due_in"] <= 0


def test_an_admin_completes_a_failed_transfer_only_if_stripe_has_it(service: Shop) -> None:
    row = service.insert("failed", next_retry_at=FAR_OFF)
    path = f"/admin/transfers/{row}/complete"
    assert service.post(path, b"") == (409, "refused")
    receipt = service.provider.put("create_transfer", str(row), 1000)
    assert service.post(path, b"") == (200, "applied")
    assert service.row(row)["stripe_transfer_id"] == receipt
    assert service.post(path, b"") == (409, "refused")


# --- the processes ---


def test_everything_ends_cleanly_when_it_is_told_to(empty_shop: Shop) -> None:
    process = empty_shop.start_service("all")
    empty_shop.listening()
    time.sleep(0.2)
    process.terminate()
    assert process.wait(10) == 0
