"""The order was refunded: reverse the seller's accounting. The event may come early, late and more than once."""

from __future__ import annotations

from enum import StrEnum

from guard.python.seller_transfer_guard import Status, can_transition
from psycopg import sql

from service.transfers import NOW, Changes, Transfer, Transfers, target

EARLY = {Status.PENDING, Status.FAILED}
"""The transfer is not made yet. The refund is kept in the row, and applied once it is."""

TRIES = 5
"""How often a race is run again. Each loser has seen somebody else move the row, and it does not move often."""


class Handled(StrEnum):
    """What became of an event. *Kept*: it is in the row, and will be applied. *Ignored*: it is nothing new."""

    APPLIED = "applied"
    KEPT = "kept"
    IGNORED = "ignored"
    REFUSED = "refused"


def refund(transfers: Transfers, row_id: int, amount_cents: int | None, actor: str = "refund_handler") -> Handled:
    """Take back `amount_cents` of a transfer, or all of it for None."""
    for _ in range(TRIES):
        row = transfers.read(row_id)
        if row is None or not can_transition(row.status, row.status):
            return Handled.REFUSED
        wanted = row.amount_cents if amount_cents is None else amount_cents
        if not 0 < wanted <= row.amount_cents:
            return Handled.REFUSED
        handled = _handle(transfers, row, wanted, actor)
        if handled is not None:
            return handled
    return Handled.REFUSED


def _handle(transfers: Transfers, row: Transfer, wanted: int, actor: str) -> Handled | None:
    """None: the row moved meanwhile."""
    amount: Changes = {"reversal_cents": sql.Literal(wanted)}
    if row.refund_requested_at is not None and row.status in {*EARLY, Status.COMPLETED}:
        return Handled.KEPT  # already, and the sweep applies it
    if row.status in EARLY:
        return Handled.KEPT if transfers.keep(row, {**amount, "refund_requested_at": NOW}) else None
    to = target(row.status, "refund_requested", actor)
    if to is None:
        return Handled.IGNORED
    return Handled.APPLIED if transfers.move(row, to, amount) else None
