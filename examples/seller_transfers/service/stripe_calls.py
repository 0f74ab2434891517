"""The two calls to Stripe, their look-ups, and the outcomes of Stripe's answers.

The SDK's own retries are off: the row's columns decide whether and when a request is
sent again, not a loop in memory, which a crash would end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

import stripe

from service.settings import Settings
from service.transfers import Transfer


class Outcome(Enum):
    """The outcome of a request, as far as its answer tells."""

    ACCEPTED = auto()
    ALREADY_DONE = auto()
    REFUSED = auto()
    REFUSED_FOR_NOW = auto()
    MISUSED = auto()
    NOT_TRIED = auto()
    KEY_IN_USE = auto()
    ERROR = auto()
    NO_ANSWER = auto()


@dataclass(frozen=True)
class Answer:
    """Stripe's answer to a request. `receipt` is the id of the effect if it was accepted."""

    outcome: Outcome
    receipt: str | None = None
    message: str = ""


@dataclass(frozen=True)
class LookedUp:
    """The result of a look-up: the id of the effect, or None if there is none."""

    receipt: str | None


class Call(Protocol):
    """A call that a queue makes."""

    receipt_column: str

    def send(self, row: Transfer) -> Answer:
        """Send the request for `row`, under the key of its generation."""
        ...

    def look_up(self, row: Transfer) -> LookedUp | None:
        """Ask Stripe whether the effect exists; None if Stripe did not answer."""
        ...


@dataclass(frozen=True)
class CreateTransfer:
    """Pays the seller."""

    stripe: Any
    settings: Settings
    receipt_column = "stripe_transfer_id"

    def send(self, row: Transfer) -> Answer:
        """POST /v1/transfers."""
        parameters = {
            "amount": row.amount_cents,
            "currency": self.settings.currency,
            "destination": self.settings.destination,
            "transfer_group": str(row.id),
            "metadata": {"row": str(row.id)},
        }
        options = {"idempotency_key": f"transfer-{row.id}-{row.key_generation}"}
        try:
            return _accepted(self.stripe.transfers.create(parameters, options))
        except stripe.StripeError as error:
            return understood(error)

    def look_up(self, row: Transfer) -> LookedUp | None:
        """GET /v1/transfers?transfer_group=..."""
        try:
            listed = self.stripe.transfers.list({"transfer_group": str(row.id), "limit": 100})
            ours = [transfer.id for transfer in listed.auto_paging_iter() if row_of(transfer) == row.id]
        except stripe.StripeError:
            return None
        return LookedUp(ours[0] if ours else None)


@dataclass(frozen=True)
class CreateReversal:
    """Reverses the transfer to the seller."""

    stripe: Any
    receipt_column = "stripe_reversal_id"

    def send(self, row: Transfer) -> Answer:
        """POST /v1/transfers/{stripe_transfer_id}/reversals."""
        parameters = {"amount": row.reversal_cents, "metadata": {"row": str(row.id)}}
        options = {"idempotency_key": f"reversal-{row.id}-{row.key_generation}"}
        try:
            return _accepted(self.stripe.transfers.reversals.create(row.stripe_transfer_id, parameters, options))
        except stripe.StripeError as error:
            return understood(error)

    def look_up(self, row: Transfer) -> LookedUp | None:
        """GET /v1/transfers/{stripe_transfer_id}/reversals."""
        try:
            listed = self.stripe.transfers.reversals.list(row.stripe_transfer_id, {"limit": 100})
            return LookedUp(receipt_among(listed.auto_paging_iter(), row))
        except stripe.StripeError:
            return None


def services(settings: Settings) -> Any:
    """The SDK's services of API v1."""
    client = stripe.StripeClient(
        settings.stripe_api_key,
        base_addresses={"api": settings.stripe_api_base},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=settings.timeout),
    )
    return getattr(client, "v1", client)


def calls(settings: Settings) -> dict[str, Call]:
    """Every call by its name in the spec."""
    api = services(settings)
    return {"create_transfer": CreateTransfer(api, settings), "create_reversal": CreateReversal(api)}


# --- outcomes of answers -----------------------------------------------------------


def understood(error: stripe.StripeError) -> Answer:
    """The outcome of an error, in the order of the spec: the first that matches."""
    told = _told(error)
    message = str(told.get("message") or error.user_message or "")
    return Answer(_outcome(error.http_status, told, message), message=message)


def _outcome(status: int | None, told: dict[str, object], message: str) -> Outcome:  # noqa: PLR0911 - a table
    if status is None:
        return Outcome.NO_ANSWER
    if status == 400 and message.endswith(" is already fully reversed."):
        return Outcome.ALREADY_DONE
    if status == 400 and told.get("code") == "balance_insufficient":
        return Outcome.REFUSED_FOR_NOW
    if told.get("type") == "idempotency_error":
        return Outcome.MISUSED
    if status == 409:
        return Outcome.KEY_IN_USE
    if status in {401, 403, 429}:
        return Outcome.NOT_TRIED
    if (
        status in {400, 402, 404} and told
    ):  # without Stripe's error object the answer may be a proxy's, and is no refusal
        return Outcome.REFUSED
    return Outcome.ERROR if status >= 500 else Outcome.NO_ANSWER


def _told(error: stripe.StripeError) -> dict[str, object]:
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    return told if isinstance(told, dict) else {}


def _accepted(made: Any) -> Answer:
    """Accepted if the answer names the effect, else unknown."""
    receipt = getattr(made, "id", None)
    return Answer(Outcome.ACCEPTED, receipt) if receipt else Answer(Outcome.NO_ANSWER, message="no id in the answer")


def receipt_among(reversals: Iterable[Any], row: Transfer) -> str | None:
    """The id of our reversal of `row`; else of the first one, if at least our amount is reversed already; else None."""
    found = list(reversals)
    ours = [reversal.id for reversal in found if row_of(reversal) == row.id]
    if ours:
        return str(ours[0])
    back = sum(reversal.amount for reversal in found)
    return str(found[0].id) if found and back >= (row.reversal_cents or 0) else None


def row_of(made: Any) -> int | None:
    """The row for which an object at Stripe was made, by its metadata; None without ours."""
    marks = getattr(made, "metadata", None)
    mark = str(getattr(marks, "row", "") if marks else "")
    return int(mark) if mark.isdecimal() else None
