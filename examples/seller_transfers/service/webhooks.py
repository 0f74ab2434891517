"""Handles Stripe's webhooks, which come late, twice, in any order, or never. The SDK checks the signature."""

from __future__ import annotations

from typing import Any

import stripe
from guard.python.seller_transfer_guard import Status
from psycopg import sql

from service.refunds import Handled, refund, until_handled
from service.stripe_calls import receipt_among, row_of
from service.transfers import Transfer, Transfers, target

ACTOR = "webhook"


class ForgedError(Exception):
    """The message is not from Stripe, or too old."""


def receive(transfers: Transfers, body: bytes, signature: str, secret: str) -> Handled:
    """Handle one webhook. Raises ForgedError, psycopg.Error; Stripe repeats a webhook that got no 200."""
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
    def step(row: Transfer) -> Handled | None:
        return _move(transfers, row, "transfer_accepted", {"stripe_transfer_id": transfer.id})

    return until_handled(lambda: _row(transfers, transfer), step, missing=Handled.IGNORED)


def _transfer_reversed(transfers: Transfers, transfer: Any) -> Handled:
    """Handle transfer.reversed. It also comes for a partial reversal, and is then ignored."""

    def step(row: Transfer) -> Handled | None:
        if not transfer.reversed:
            return Handled.IGNORED
        if row.status == Status.COMPLETED:  # reversed by hand at Stripe: the row follows
            return refund(transfers, row.id, row.amount_cents, ACTOR)
        newest = getattr(transfer, "reversals", None)
        receipt = receipt_among(newest.data, row) if newest else None
        if receipt is None:
            return Handled.IGNORED  # the worker's look-up finds it
        return _move(transfers, row, "reversal_accepted", {"stripe_reversal_id": receipt})

    return until_handled(lambda: _row(transfers, transfer), step, missing=Handled.IGNORED)


def _move(transfers: Transfers, row: Transfer, event: str, receipts: dict[str, str]) -> Handled | None:
    to = target(row.status, event, ACTOR)
    if to is None:
        return Handled.IGNORED
    changes = {column: sql.Literal(receipt) for column, receipt in receipts.items()}
    return Handled.APPLIED if transfers.move(row, to, changes) else None


def _row(transfers: Transfers, transfer: Any) -> Transfer | None:
    mark = row_of(transfer)
    return transfers.of_receipt(transfer.id) if mark is None else transfers.read(mark)
