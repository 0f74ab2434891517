"""The admin's actions: give a row up, or complete a failed transfer that was made after all."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from service.refunds import Handled
from service.rules import QUEUES
from service.stripe_calls import Call
from service.transfers import Transfer, Transfers, target
from service.worker import Round

ACTOR = "admin"


@dataclass(frozen=True)
class RoundByHand(Round):
    """A round that gives up: after a refusal, or a look-up without a result, there is no further attempt."""

    def _refused(self, row: Transfer) -> None:
        self._give_up(row, "given_up")

    def _absent(self, row: Transfer, *, sent: bool) -> None:  # noqa: ARG002 - absent is absent
        self._give_up(row, "given_up")


def give_up(transfers: Transfers, calls: dict[str, Call], row_id: int) -> Handled:
    """End a row, under a claim of the admin's own and only if a look-up finds no effect.

    Refused: the row is not due, or is in a status that an admin does not give up. Ignored: the
    look-up found an effect, or Stripe did not answer.
    """
    row = transfers.read(row_id)
    queue = next((queue for queue in QUEUES if row and queue.status == row.status), None)
    if row is None or queue is None or target(row.status, "given_up", ACTOR) is None:
        return Handled.REFUSED
    claimed = transfers.claim_by_hand(queue, row_id)
    if claimed is None:
        return Handled.REFUSED
    RoundByHand(queue, calls[queue.call], transfers, ACTOR).go(claimed)
    after = transfers.read(row_id)
    return Handled.APPLIED if after is not None and after.status == "permanently_failed" else Handled.IGNORED


def complete(transfers: Transfers, calls: dict[str, Call], row_id: int) -> Handled:
    """Complete a failed transfer that was made after all, only if Stripe confirms it.

    Refused: the row is in another status, or Stripe finds no transfer.
    """
    row = transfers.read(row_id)
    to = target(row.status, "transfer_accepted", ACTOR) if row else None
    if row is None or to is None:
        return Handled.REFUSED
    found = calls["create_transfer"].look_up(row)
    if found is None or found.receipt is None:
        return Handled.REFUSED
    moved = transfers.move(row, to, {"stripe_transfer_id": sql.Literal(found.receipt)})
    return Handled.APPLIED if moved else Handled.IGNORED
