import hashlib
import hmac
import json

import stripe

from pointsman_conformance.core.history import DASHBOARD, KIT, Effect
from pointsman_conformance.provider.options import ProviderOptions
from tests.unit.provider.desk import Desk, body, error

SIGNED_WITH = "whsec_hunter2"


def test_a_transfer_and_every_part_of_its_reversal_are_told_of_with_the_object_as_it_was() -> None:
    desk = Desk()
    desk.transfer()
    desk.reversal("reversal-7-0", 400)
    desk.at = 90.5
    desk.reversal("reversal-7-1")
    told = [(hook.id, hook.type, hook.call, hook.row) for hook in desk.provider.hooks]
    assert told == [
        ("evt_1", "transfer.created", "create_transfer", "7"),
        ("evt_2", "transfer.reversed", "create_reversal", "7"),
        ("evt_3", "transfer.reversed", "create_reversal", "7"),
    ]
    shown = [(hook.object["amount_reversed"], hook.object["reversed"]) for hook in desk.provider.hooks]
    assert shown == [(0, False), (400, False), (1000, True)]
    assert (desk.provider.hooks[-1].at, desk.provider.hooks[-1].created - desk.provider.hooks[0].created) == (90.5, 90)


def test_a_reversal_without_marks_is_told_of_for_the_row_of_its_transfer() -> None:
    desk = Desk()
    desk.transfer()
    desk.post("/v1/transfers/tr_1/reversals")
    assert desk.provider.hooks[-1].row == "7"


def test_a_replay_is_not_told_of_again() -> None:
    desk = Desk()
    desk.transfer()
    desk.transfer()
    assert len(desk.provider.hooks) == 1


def test_a_webhook_is_signed_over_its_time_and_raw_body() -> None:
    desk = Desk(options=ProviderOptions(api_version="2026-10-28.endive"))
    desk.transfer()
    raw, headers = desk.provider.webhook(desk.provider.hooks[0], SIGNED_WITH, 1_700_000_000.9)
    proof = hmac.new(SIGNED_WITH.encode(), b"1700000000." + raw, hashlib.sha256).hexdigest()
    assert headers["Stripe-Signature"] == f"t=1700000000,v1={proof}"
    told = json.loads(raw)
    assert (told["object"], told["type"], told["api_version"]) == ("event", "transfer.created", "2026-10-28.endive")
    assert told["request"] == {"id": "req_1", "idempotency_key": "transfer-7-0"}
    assert told["data"]["object"]["id"] == "tr_1"


def test_the_official_sdk_takes_the_signature_and_refuses_another_secret() -> None:
    desk = Desk()
    desk.transfer()
    raw, headers = desk.provider.webhook(desk.provider.hooks[0], SIGNED_WITH, 1_700_000_000)
    check = stripe.WebhookSignature.verify_header
    assert check(raw.decode(), headers["Stripe-Signature"], SIGNED_WITH)
    try:
        check(raw.decode(), headers["Stripe-Signature"], "whsec_another")
    except stripe.SignatureVerificationError:
        return
    raise AssertionError("another secret was taken")


# --- by hand, and from before ---


def test_a_reversal_by_hand_is_the_dashboards_and_carries_no_marks() -> None:
    desk = Desk()
    desk.transfer()
    assert desk.provider.by_hand("create_reversal", "7", None)
    made = desk.all(Effect)[-1]
    assert (made.who, made.request, made.call, made.row, made.amount) == (
        DASHBOARD,
        None,
        "create_reversal",
        "7",
        1000,
    )
    assert body(desk.get("/v1/transfers/tr_1/reversals/trr_1"))["metadata"] == {}
    assert error(desk.reversal())[2].endswith("is already fully reversed.")


def test_a_part_by_hand_leaves_the_rest() -> None:
    desk = Desk()
    desk.transfer()
    assert desk.provider.by_hand("create_reversal", "7", 300)
    assert error(desk.reversal("reversal-7-0", 1000))[0] == 400
    assert body(desk.reversal("reversal-7-1", 700))["amount"] == 700


def test_more_by_hand_than_there_is_takes_what_there_is() -> None:
    desk = Desk()
    desk.transfer()
    desk.reversal("reversal-7-0", 400)
    assert desk.provider.by_hand("create_reversal", "7", 1000)
    assert desk.all(Effect)[-1].amount == 600


def test_by_hand_without_a_transfer_or_with_nothing_left_does_nothing() -> None:
    desk = Desk()
    assert not desk.provider.by_hand("create_reversal", "7", 5)
    desk.transfer()
    desk.reversal()
    assert not desk.provider.by_hand("create_reversal", "7", 5)
    assert desk.receipts == ["tr_1", "trr_1"]


def test_what_was_there_before_has_its_marks_and_its_receipt() -> None:
    desk = Desk()
    assert desk.provider.put("create_transfer", "9", 500, "tr_of_old") == "tr_of_old"
    made = desk.all(Effect)[-1]
    assert (made.who, made.request, made.call, made.row, made.amount) == (KIT, None, "create_transfer", "9", 500)
    shown = body(desk.get("/v1/transfers/tr_of_old"))
    assert (shown["metadata"], shown["transfer_group"]) == ({"row": "9"}, "9")


def test_a_reversal_from_before_has_a_transfer_from_before() -> None:
    desk = Desk()
    columns = {"stripe_transfer_id": "tr_of_old"}
    assert desk.provider.put("create_reversal", "9", 500, "trr_of_old", columns) == "trr_of_old"
    assert desk.receipts == ["tr_of_old", "trr_of_old"]
    assert body(desk.get("/v1/transfers/tr_of_old"))["reversed"] is True


def test_nothing_by_hand_or_from_before_is_kept_under_a_key() -> None:
    desk = Desk()
    desk.provider.put("create_transfer", "7", 1000, columns={"key_generation": 0})
    assert body(desk.transfer("transfer-7-0"))["id"] == "tr_2"
