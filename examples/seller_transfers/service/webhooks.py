"""What Stripe tells us: late, twice, in any order, or never. The signature is checked by the SDK."""

from __future__ import annotations

from typing import Any

import stripe
from guard.python.seller_transfer_guard import Status
from psycopg import sql

from service.refunds import Handled, refund
from service.stripe_calls import receipt_among, row_of
from service.transfers import Transfer, Transfers, target

ACTOR = "webhook"


class ForgedError(Exception):
    """The message is not from Stripe, or too old."""


def receive(transfers: Transfers, body: bytes, signature: str, secret: str) -> Handled:
    """Handle one webhook. Raises ForgedError, psycopg.Error; Stripe delivers again what was not answered with a 200."""
    try:
        event: Any = stripe.Webhook.construct_event(body, signature, secret)
    except (ValueError, stripe.SignatureVerificationError) as problem:
        raise ForgedError(str(problem)) from problem
    transfer = event.data.object
    match event.type:
        case "transfer.created":
            return _transfer_created(transfers, transfer)
        case "transfer.reversed":
            return _transfer_reversed(transfers, transfer)
        case _:
            return Handled.IGNORED


def _transfer_created(transfers: Transfers, transfer: Any) -> Handled:
    row = _row(transfers, transfer)
    to = target(row.status, "transfer_accepted", ACTOR) if row else None
    if row is None or to is None:
        return Handled.IGNORED
    moved = transfers.move(row, to, {"stripe_transfer_id": sql.Literal(transfer.id)})
    return Handled.APPLIED if moved else Handled.IGNORED


def _transfer_reversed(transfers: Transfers, transfer: Any) -> Handled:
    """It also comes for a part, and then says nothing about the row."""
    row = _row(transfers, transfer)
    if row is None or not transfer.reversed:
        return Handled.IGNORED
    if row.status == Status.COMPLETED:  # somebody took it back by hand: the row follows
        return refund(transfers, row.id, row.amount_cents, ACTOR)
    to = target(row.status, "reversal_accepted", ACTOR)
    receipt = receipt_among(transfer.reversals.data, row)
    if to is None or receipt is None:
        return Handled.IGNORED  # without a receipt the worker finds it
    moved = transfers.move(row, to, {"stripe_reversal_id": sql.Literal(receipt)})
    return Handled.APPLIED if moved else Handled.IGNORED


def _row(transfers: Transfers, transfer: Any) -> Transfer | None:
    mark = row_of(transfer)
    return transfers.of_receipt(transfer.id) if mark is None else transfers.read(mark)
