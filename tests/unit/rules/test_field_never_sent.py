"""field-never-sent: what Stripe's objects have, and nothing about other providers."""

from __future__ import annotations

import pytest
import stripe

from pointsman.loading.load import load
from pointsman.spec.provider_objects import STRIPE_OBJECTS, ProviderObject, SentList, may_be_sent
from tests.checkout import TOP
from tests.unit.provider.desk import Desk, body
from tests.unit.rules.specs import CALLING, at, changed, codes

STRIPE_REVERSAL: type = next(
    getattr(stripe, name) for name in ("TransferReversal", "Reversal") if hasattr(stripe, name)
)
"""The class of a transfer's reversal; stripe-python 12 calls it Reversal."""

STRIPE = changed(
    CALLING,
    ("provider: bank", "provider: stripe"),
    ("request: POST /payouts", "request: POST /v1/transfers"),
    ('marks: {reference: "{id}"}', 'marks: {metadata.row: "{id}", transfer_group: "{id}"}'),
    ('"GET /payouts?reference={id}"', '"GET /v1/transfers?transfer_group={id}"'),
)
RECORDS = "records: {receipt: id}"
TRANSFER, REVERSAL, REFUND = (
    STRIPE_OBJECTS[path] for path in ("POST v1/transfers", "POST v1/transfers/*/reversals", "POST v1/refunds")
)


def test_a_transfer_by_its_id_is_clean() -> None:
    assert codes(STRIPE) == []


@pytest.mark.parametrize("path", ["charges.data.0.id", "uid", "id.of", "metadata", "reversals", "reversals.data.id"])
def test_a_recorded_field_that_no_transfer_has_is_found(path: str) -> None:
    text = changed(STRIPE, (RECORDS, f"records: {{receipt: {path}}}"))
    ((where, message),) = at(text, "field-never-sent")
    assert message == f"pay records receipt from {path}, and Stripe sends no such value in a transfer"
    line, column = map(int, where.split(":"))
    assert text.splitlines()[line - 1][column - 1 :].startswith(path)


@pytest.mark.parametrize(
    "path", ["balance_transaction", "balance_transaction.id", "metadata.row", "reversals.data.0.id", "Request-Id"]
)
def test_a_field_that_a_transfer_may_have_is_not(path: str) -> None:
    assert codes(changed(STRIPE, (RECORDS, f"records: {{receipt: {path}}}"))) == []


def test_a_receipt_a_mark_and_a_when_are_read_too() -> None:
    ((_, receipt),) = at(changed(STRIPE, ('group={id}", receipt: id', 'group={id}", receipt: uid')), "field-never-sent")
    assert receipt == "the look-up of pay finds it by uid, and Stripe sends no such value in a transfer"
    ((_, mark),) = at(changed(STRIPE, ("metadata.row:", "tags.row:")), "field-never-sent")
    assert mark == "an effect of pay is known by tags.row, and Stripe sends no such value in a transfer"
    hook = "webhook: {transfer.created: {event: pay_accepted, when: made}}"
    hooked = changed(STRIPE, (RECORDS, f"{hook}\n    {RECORDS}"))
    ((_, when),) = at(hooked, "field-never-sent")
    assert when == "transfer.created tells by made, and Stripe sends no such value in a transfer"


def test_nothing_is_said_of_another_provider_or_of_a_request_that_is_not_known() -> None:
    assert codes(changed(CALLING, (RECORDS, "records: {receipt: charges.data.0.id}"))) == []
    unknown = changed(STRIPE, ("POST /v1/transfers", "POST /v1/payouts"), ("GET /v1/transfers?", "GET /v1/payouts?"))
    assert codes(changed(unknown, (RECORDS, "records: {receipt: charges.data.0.id}"))) == []


@pytest.mark.parametrize(
    ("known", "attributes"),
    [(TRANSFER, stripe.Transfer), (REVERSAL, STRIPE_REVERSAL), (REFUND, stripe.Refund)],
    ids=["transfer", "reversal", "refund"],
)
def test_the_table_has_every_attribute_of_the_official_library(known: ProviderObject, attributes: type) -> None:
    named = {name for name in attributes.__annotations__ if name.islower()}
    assert named <= set(known.fields)


def fields_of(value: object, path: str = "") -> list[str]:
    """The paths of all that is there in an object."""
    if isinstance(value, dict):
        return [each for name, below in value.items() for each in fields_of(below, f"{path}.{name}" if path else name)]
    if isinstance(value, list):
        return [each for place, below in enumerate(value) for each in fields_of(below, f"{path}.{place}")]
    return [path] if value is not None else []


def test_the_kits_own_provider_sends_nothing_that_the_table_does_not_have() -> None:
    desk = Desk(load(TOP / "spec" / "seller_transfer.yaml"))
    desk.transfer("transfer-7-0")
    reversal = body(desk.reversal("reversal-7-0"))
    assert [path for path in fields_of(reversal) if not may_be_sent(REVERSAL, path)] == []
    shown = body(desk.get(f"/v1/transfers/{desk.receipts[0]}"))
    assert "reversals.data.0.id" in fields_of(shown)
    assert [path for path in fields_of(shown) if not may_be_sent(TRANSFER, path)] == []
    refunds = Desk(load(TOP / "spec" / "refund.yaml"))
    refund = body(refunds.post("/v1/refunds", {"payment_intent": "pi_1", "amount": "5"}, "refund-7-0"))
    assert [path for path in fields_of(refund) if not may_be_sent(REFUND, path)] == []


def test_a_list_has_places_and_no_names() -> None:
    known = ProviderObject("thing", {"data": SentList(REFUND.fields)})
    assert may_be_sent(known, "data.3.id")
    assert not may_be_sent(known, "data.first.id")
    assert not may_be_sent(known, "data.0")
