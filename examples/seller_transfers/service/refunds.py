"""Handles refunds of orders, which reverse the seller's transfer. They may come early, late and more than once."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from guard.python.seller_transfer_guard import Status, can_transition
from psycopg import sql

from service.transfers import NOW, Changes, Transfer, Transfers, target

EARLY = {Status.PENDING, Status.FAILED}
"""The transfer is not made yet. The refund is kept in the row, and applied once it is."""


class Handled(StrEnum):
    """The result of an event. *Kept*: stored in the row, and applied later. *Ignored*: the event is a repetition."""

    APPLIED = "applied"
    KEPT = "kept"
    IGNORED = "ignored"
    REFUSED = "refused"


def until_handled(
    read: Callable[[], Transfer | None], step: Callable[[Transfer], Handled | None], *, missing: Handled
) -> Handled:
    """Read the row and do `step`; repeat both while `step` returns None, as another process moved the row meanwhile.

    It ends, since no row comes back to a status. `missing` is the answer if there is no such row.
    """
    while True:
        row = read()
        handled = missing if row is None else step(row)
        if handled is not None:
            return handled


def refund(transfers: Transfers, row_id: int, amount_cents: int | None, actor: str = "refund_handler") -> Handled:
    """Take back `amount_cents` of a transfer, or all of it for None.

    A repetition is recognised by the row: it is reversed already, or keeps a refund already.
    """
    return until_handled(
        lambda: transfers.read(row_id),
        lambda row: _refund(transfers, row, row.amount_cents if amount_cents is None else amount_cents, actor),
        missing=Handled.REFUSED,
    )


def _refund(transfers: Transfers, row: Transfer, wanted: int, actor: str) -> Handled | None:
    if not can_transition(row.status, row.status) or not 0 < wanted <= row.amount_cents:
        return Handled.REFUSED
    amount: Changes = {"reversal_cents": sql.Literal(wanted)}
    if row.refund_requested_at is not None and row.status in {*EARLY, Status.COMPLETED}:
        return Handled.KEPT  # kept already; the sweep applies it
    if row.status in EARLY:
        return Handled.KEPT if transfers.keep(row, {**amount, "refund_requested_at": NOW}) else None
    to = target(row.status, "refund_requested", actor)
    if to is None:
        return Handled.IGNORED
    return Handled.APPLIED if transfers.move(row, to, amount) else None
