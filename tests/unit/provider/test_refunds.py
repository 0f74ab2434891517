from pointsman.loading.load import load
from pointsman_conformance.core.history import Effect
from pointsman_conformance.provider.options import ProviderOptions
from tests.unit.provider.desk import SPECS, Desk, body, error

REFUND = load(SPECS / "refund.yaml")
ASK = {"amount": "300", "payment_intent": "pi_1", "metadata[row]": "7"}


def desk(**options: object) -> Desk:
    return Desk(REFUND, ProviderOptions(**options))  # type: ignore[arg-type]  # the names are checked where they are used


def test_a_refund_is_an_effect_and_is_found_by_its_payment() -> None:
    at = desk()
    made = body(at.post("/v1/refunds", ASK, "refund-7-0"))
    assert (made["id"], made["object"], made["amount"], made["metadata"]) == ("re_1", "refund", 300, {"row": "7"})
    at.post("/v1/refunds", {**ASK, "payment_intent": "pi_2"})
    assert body(at.get("/v1/refunds", {"payment_intent": "pi_1"}))["data"] == [body(at.get("/v1/refunds/re_1"))]
    assert [hook.type for hook in at.provider.hooks] == ["refund.created"] * 2


def test_a_refund_that_waits_can_be_canceled_once() -> None:
    at = desk()
    at.post("/v1/refunds", ASK, "refund-7-0")
    assert body(at.post("/v1/refunds/re_1/cancel", {}, "refund-cancel-7-0"))["status"] == "canceled"
    assert error(at.post("/v1/refunds/re_1/cancel", {}, "refund-cancel-7-1"))[0] == 400
    assert [(each.call, each.row, each.receipt) for each in at.all(Effect)] == [
        ("create_refund", "7", "re_1"),
        ("cancel_refund", "7", "re_1"),
    ]


def test_a_refund_that_was_paid_out_cannot_be_canceled() -> None:
    at = desk(refund_status="succeeded")
    at.post("/v1/refunds", ASK)
    assert error(at.post("/v1/refunds/re_1/cancel"))[0] == 400


def test_a_payment_that_is_refunded_wholly_says_so_by_a_code() -> None:
    at = desk(payment_amount=500)
    at.post("/v1/refunds", ASK)
    assert error(at.post("/v1/refunds", ASK))[0] == 400
    assert body(at.post("/v1/refunds", {"payment_intent": "pi_1"}))["amount"] == 200
    assert error(at.post("/v1/refunds", ASK))[:2] == (400, "charge_already_refunded")


def test_a_canceled_refund_gives_its_payment_back() -> None:
    at = desk(payment_amount=300)
    at.post("/v1/refunds", ASK)
    at.post("/v1/refunds/re_1/cancel")
    assert body(at.post("/v1/refunds", ASK))["id"] == "re_2"


def test_a_refund_needs_a_payment_and_an_amount_that_is_known() -> None:
    at = desk()
    assert error(at.post("/v1/refunds", {"amount": "5"}))[:2] == (400, "parameter_missing")
    assert error(at.post("/v1/refunds", {"payment_intent": "pi_1"}))[:2] == (400, "parameter_missing")
    assert error(at.post("/v1/refunds/re_9/cancel"))[:2] == (404, "resource_missing")


def test_an_answer_stays_as_it_was_heard() -> None:
    at = desk()
    at.post("/v1/refunds", ASK)
    shown, listed = at.get("/v1/refunds/re_1"), at.get("/v1/refunds")
    at.post("/v1/refunds/re_1/cancel")
    assert body(shown)["status"] == "requires_action"
    assert [each["status"] for each in body(listed)["data"]] == ["requires_action"]  # type: ignore[attr-defined]  # a list
