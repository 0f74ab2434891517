"""Transfers and their reversals, as Stripe has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pointsman.spec.lifecycle import Call
from pointsman_conformance.core.wire import HttpReply, HttpRequest, Json
from pointsman_conformance.provider.addresses import Endpoint
from pointsman_conformance.provider.forms import amount, metadata, required
from pointsman_conformance.provider.ledger import About, HookEvent, Ledger, Object
from pointsman_conformance.provider.listing import page
from pointsman_conformance.provider.replies import error, missing
from pointsman_conformance.provider.resource import PlannedEffect

ROOT = "/v1/transfers"


@dataclass
class _Reversal:
    id: str
    about: About
    shown: Object


@dataclass
class _Transfer:
    id: str
    about: About
    amount: int
    shown: Object
    reversals: list[_Reversal] = field(default_factory=list)

    @property
    def back(self) -> int:
        """How much of it was taken back."""
        return sum(_whole(reversal.shown["amount"]) for reversal in self.reversals)

    @property
    def rest(self) -> int:
        return self.amount - self.back

    def show(self) -> Object:
        """The object as answers have it, with its ten newest reversals."""
        url = f"{ROOT}/{self.id}/reversals"
        newest: list[Json] = [reversal.shown for reversal in reversed(self.reversals[-10:])]
        listed: Object = {
            "object": "list",
            "data": newest,
            "has_more": len(self.reversals) > 10,
            "total_count": len(self.reversals),
            "url": url,
        }
        return self.shown | {"amount_reversed": self.back, "reversed": self.rest == 0, "reversals": listed}


def _whole(value: Json) -> int:
    return value if isinstance(value, int) else 0


class StripeTransfers:
    """POST and GET of transfers and of their reversals, in parts or whole.

    Source: stripe-python's parameters and service docstrings; the words of "already fully reversed" from
    stripe-ruby issue 1058.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.clear()

    def clear(self) -> None:
        self._transfers: dict[str, _Transfer] = {}
        self._balance = self._ledger.options.platform_balance

    def found_elsewhere(self, call: Call, name: str, amount: int) -> None:
        """Have a transfer for a reversal that names one, if it is not there."""
        if _kind(call) == "reversal" and name not in self._transfers:
            self._ledger.given = name
            self._making(About(call, None), amount, {}, {}).do()
            self._ledger.given = None

    def handles(self, call: Call) -> bool:
        return call.provider == "stripe" and _kind(call) is not None

    def stores(self, call: Call | None, reply: HttpReply) -> bool:  # noqa: ARG002 - whatever the spec says, Stripe does
        return reply.status != 404 or self._ledger.options.missing_is_stored

    # --- requests ---

    def work(self, request: HttpRequest, about: About) -> PlannedEffect | HttpReply | None:
        if request.path != ROOT and not request.path.startswith(f"{ROOT}/"):
            return None
        match request.method, request.path.removeprefix(ROOT).strip("/").split("/"):
            case "POST", [""]:
                return self._create(request, about)
            case "GET", [""]:
                return self._list(request.params)
            case method, [name, *rest]:
                transfer = self._transfers.get(name)
                if transfer is None:
                    return missing("transfer", name)
                return self._one(method, transfer, rest, request, about)
        return None

    def _one(
        self, method: str, transfer: _Transfer, rest: list[str], request: HttpRequest, about: About
    ) -> PlannedEffect | HttpReply | None:
        match method, rest:
            case "GET", []:
                return HttpReply(200, transfer.show())
            case "POST", []:
                return self._update(transfer, request)
            case "POST", ["reversals"]:
                return self._reverse(transfer, request, about)
            case "GET", ["reversals"]:
                shown = [reversal.shown for reversal in transfer.reversals]
                return page(shown, request.params, f"{ROOT}/{transfer.id}/reversals")
            case "GET", ["reversals", name]:
                found = next((each.shown for each in transfer.reversals if each.id == name), None)
                return missing("transfer reversal", name) if found is None else HttpReply(200, found)
        return None

    def _create(self, request: HttpRequest, about: About) -> PlannedEffect | HttpReply:
        asked = amount(request)
        if asked is None:
            raise required("amount")
        for param in ("currency", "destination") if self._ledger.options.complete_transfers else ():
            if not request.params.get(param):
                raise required(param)
        if self._balance is not None and asked > self._balance:
            return error(400, "You have insufficient funds in your Stripe account.", code="balance_insufficient")
        return self._making(about, asked, request.params, metadata(request))

    def _reverse(self, transfer: _Transfer, request: HttpRequest, about: About) -> PlannedEffect | HttpReply:
        asked = amount(request)
        if transfer.rest == 0:
            code = self._ledger.options.already_reversed_code
            return error(400, f"Transfer {transfer.id} is already fully reversed.", code=code)
        if asked is not None and asked > transfer.rest:
            words = (
                f"Reversal amount ({asked}) is greater than the unreversed amount of the transfer ({transfer.rest})."
            )
            return error(400, words, param="amount")
        return self._reversing(transfer, about, asked or transfer.rest, request.params, metadata(request))

    def _update(self, transfer: _Transfer, request: HttpRequest) -> PlannedEffect:
        def do() -> tuple[None, HttpReply]:
            told = transfer.shown["metadata"]
            transfer.shown["metadata"] = {**(told if isinstance(told, dict) else {}), **metadata(request)}
            transfer.shown["description"] = request.params.get("description") or transfer.shown["description"]
            self._ledger.announce("transfer.updated", transfer.show(), transfer.about)
            return None, HttpReply(200, transfer.show())

        return PlannedEffect(transfer.about, None, do)

    def _list(self, params: Mapping[str, str]) -> HttpReply:
        wanted = {name: params[name] for name in ("transfer_group", "destination") if name in params}
        found = [
            transfer.show()
            for transfer in self._transfers.values()
            if all(transfer.shown[name] == value for name, value in wanted.items())
        ]
        return page(found, params, ROOT)

    # --- effects ---

    def _making(self, about: About, asked: int, params: Mapping[str, str], marks: Object) -> PlannedEffect:
        def do() -> tuple[str, HttpReply]:
            ledger = self._ledger
            receipt = ledger.receipt("tr")
            shown: Object = {
                "id": receipt,
                "object": "transfer",
                "amount": asked,
                "amount_reversed": 0,
                "balance_transaction": ledger.name("txn"),
                "created": ledger.stamp(),
                "currency": params.get("currency", "usd"),
                "description": params.get("description"),
                "destination": params.get("destination", "acct_1"),
                "destination_payment": ledger.name("py"),
                "livemode": False,
                "metadata": marks,
                "reversals": None,
                "reversed": False,
                "source_transaction": params.get("source_transaction"),
                "source_type": "card",
                "transfer_group": params.get("transfer_group"),
            }
            transfer = _Transfer(receipt, about, asked, shown)
            self._transfers[receipt] = transfer
            self._pay(-asked)
            ledger.announce("transfer.created", transfer.show(), about)
            return receipt, HttpReply(200, transfer.show())

        return PlannedEffect(about, asked, do)

    def _reversing(
        self, transfer: _Transfer, about: About, asked: int, params: Mapping[str, str], marks: Object
    ) -> PlannedEffect:
        def do() -> tuple[str, HttpReply]:
            ledger = self._ledger
            shown: Object = {
                "id": ledger.receipt("trr"),
                "object": "transfer_reversal",
                "amount": asked,
                "balance_transaction": ledger.name("txn"),
                "created": ledger.stamp(),
                "currency": transfer.shown["currency"],
                "description": params.get("description"),
                "destination_payment_refund": ledger.name("pyr"),
                "metadata": marks,
                "source_refund": None,
                "transfer": transfer.id,
            }
            reversal = _Reversal(str(shown["id"]), about, shown)
            transfer.reversals.append(reversal)
            self._pay(asked)
            ledger.announce("transfer.reversed", transfer.show(), About(about.call, about.row or transfer.about.row))
            return reversal.id, HttpReply(200, shown)

        return PlannedEffect(about, asked, do)

    def _pay(self, difference: int) -> None:
        if self._balance is not None:
            self._balance += difference

    def tell(self, call: Call, row: str, type: str) -> HookEvent | None:  # noqa: A002 - Stripe's word
        transfer = self._of(row)
        return None if transfer is None else self._ledger.announce(type, transfer.show(), About(call, row))

    def _of(self, row: str) -> _Transfer | None:
        """The row's transfer: the newest that has something left, else the newest."""
        found = [transfer for transfer in self._transfers.values() if transfer.about.row == row]
        return next((each for each in reversed(found) if each.rest), found[-1] if found else None)


def _kind(call: Call) -> str | None:
    """The kind of object that the call makes: ``transfer`` or ``reversal``; None where neither."""
    endpoint = Endpoint.of(call.request.text)
    path = endpoint.text.strip("/").split("/")
    if endpoint.method != "POST" or path[:2] != ["v1", "transfers"]:
        return None
    return {2: "transfer", 4: "reversal"}.get(len(path))
