"""Refunds of payments, as Stripe has them."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.spec.lifecycle import Call
from pointsman_conformance.core.wire import HttpReply, HttpRequest
from pointsman_conformance.provider.addresses import Endpoint
from pointsman_conformance.provider.forms import amount, metadata, required
from pointsman_conformance.provider.ledger import About, HookEvent, Ledger, Object
from pointsman_conformance.provider.listing import page
from pointsman_conformance.provider.replies import error, missing
from pointsman_conformance.provider.resource import PlannedEffect

ROOT = "/v1/refunds"

CANCELABLE = frozenset({"requires_action", "pending"})
"""Statuses in which a refund has not been paid out yet."""


@dataclass
class _Refund:
    id: str
    about: About
    amount: int
    shown: Object


class StripeRefunds:
    """POST and GET of refunds, and their cancellation.

    Payments are not made here: any name of one is taken, and how much there is to refund is an option.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.clear()

    def clear(self) -> None:
        self._refunds: dict[str, _Refund] = {}

    def found_elsewhere(self, call: Call, name: str, amount: int) -> None:
        """Nothing: an object that a path names is taken to exist."""

    def handles(self, call: Call) -> bool:
        endpoint = Endpoint.of(call.request.text)
        path = endpoint.text.strip("/").split("/")
        known = len(path) == 2 or (len(path) == 4 and path[3] == "cancel")
        return call.provider == "stripe" and endpoint.method == "POST" and path[:2] == ["v1", "refunds"] and known

    def stores(self, call: Call | None, reply: HttpReply) -> bool:  # noqa: ARG002 - whatever the spec says, Stripe does
        return reply.status != 404 or self._ledger.options.missing_is_stored

    def work(self, request: HttpRequest, about: About) -> PlannedEffect | HttpReply | None:
        if request.path != ROOT and not request.path.startswith(f"{ROOT}/"):
            return None
        match request.method, request.path.removeprefix(ROOT).strip("/").split("/"):
            case "POST", [""]:
                return self._create(request, about)
            case "GET", [""]:
                wanted = {name: request.params[name] for name in ("payment_intent", "charge") if name in request.params}
                found = [each.shown for each in self._refunds.values()]
                return page(
                    [each for each in found if all(each[name] == it for name, it in wanted.items())],
                    request.params,
                    ROOT,
                )
            case method, [name, *rest]:
                refund = self._refunds.get(name)
                return missing("refund", name) if refund is None else self._one(method, refund, rest, about)
        return None

    def _one(self, method: str, refund: _Refund, rest: list[str], about: About) -> PlannedEffect | HttpReply | None:
        match method, rest:
            case "GET", []:
                return HttpReply(200, refund.shown)
            case "POST", ["cancel"]:
                return self._cancel(refund, about)
        return None

    def _create(self, request: HttpRequest, about: About) -> PlannedEffect | HttpReply:
        payment = request.params.get("payment_intent") or request.params.get("charge")
        if not payment:
            raise required("payment_intent")
        asked, left = amount(request), self._left(payment)
        if left == 0:
            return error(400, f"Charge {payment} has already been refunded.", code="charge_already_refunded")
        if asked is None and left is None:
            raise required("amount")
        if asked is not None and left is not None and asked > left:
            return error(400, f"Refund amount ({asked}) is greater than unrefunded amount ({left}).", param="amount")
        return self._making(about, asked or left or 0, request)

    def _left(self, payment: str) -> int | None:
        """How much of the payment can still be refunded; None: as much as is asked for."""
        if self._ledger.options.payment_amount is None:
            return None
        gone = sum(
            refund.amount
            for refund in self._refunds.values()
            if payment in {refund.shown["payment_intent"], refund.shown["charge"]}
            and refund.shown["status"] != "canceled"
        )
        return max(0, self._ledger.options.payment_amount - gone)

    def _making(self, about: About, asked: int, request: HttpRequest) -> PlannedEffect:
        def do() -> tuple[str, HttpReply]:
            ledger = self._ledger
            receipt = ledger.receipt("re")
            shown: Object = {
                "id": receipt,
                "object": "refund",
                "amount": asked,
                "balance_transaction": ledger.name("txn"),
                "charge": request.params.get("charge"),
                "created": ledger.stamp(),
                "currency": "usd",
                "metadata": metadata(request),
                "payment_intent": request.params.get("payment_intent"),
                "reason": request.params.get("reason"),
                "receipt_number": None,
                "source_transfer_reversal": None,
                "status": ledger.options.refund_status,
                "transfer_reversal": None,
            }
            self._refunds[receipt] = _Refund(receipt, about, asked, shown)
            ledger.announce("refund.created", shown, about)
            return receipt, HttpReply(200, dict(shown))

        return PlannedEffect(about, asked, do)

    def _cancel(self, refund: _Refund, about: About) -> PlannedEffect | HttpReply:
        status = refund.shown["status"]
        if status not in CANCELABLE:
            return error(400, f"This refund cannot be canceled, since its status is {status}.")

        def do() -> tuple[str, HttpReply]:
            refund.shown["status"] = "canceled"
            self._ledger.announce("refund.updated", refund.shown, About(about.call, about.row or refund.about.row))
            return refund.id, HttpReply(200, dict(refund.shown))

        return PlannedEffect(about, None, do)

    def tell(self, call: Call, row: str, type: str) -> HookEvent | None:  # noqa: A002 - Stripe's word
        found = [refund for refund in self._refunds.values() if refund.about.row == row]
        return self._ledger.announce(type, found[-1].shown, About(call, row)) if found else None
