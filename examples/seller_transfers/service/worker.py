"""One worker's round over a row: claim, last look, send or settle, record.

The round is the same for all three queues. A crash anywhere is harmless: the next claim,
once the lease is over, goes on from the row alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from psycopg import sql

from service.rules import CEILING, FIRST_PAUSE, Queue, jittered, pause_after
from service.stripe_calls import Answer, Call, Outcome
from service.transfers import NOW_DUE, RENEWED, Changes, Transfer, Transfers, due_after_lease, due_in, target

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worker:
    """The worker of one queue."""

    queue: Queue
    call: Call
    transfers: Transfers

    def work(self) -> bool:
        """Work on the oldest due row; False if no row is due."""
        claimed = self.transfers.claim(self.queue)
        if claimed is None:
            return False
        Round(self.queue, self.call, self.transfers, self.queue.worker).go(claimed)
        return True


@dataclass(frozen=True)
class Round:
    """The work of `actor` under one claim. Every write compares the claim, so after a lost claim nothing is written."""

    queue: Queue
    call: Call
    transfers: Transfers
    actor: str

    def go(self, claimed: Transfer) -> None:
        """Do the last look, send or settle, and record."""
        row = self.transfers.last_look(self.queue, claimed)
        if row is None:
            log.warning("transfer %s: the claim is lost or too old, nothing is sent", claimed.id)
        elif row.key_is_old:
            self._settle(row, sent=False)
        elif row.settle_only and row.key_first_used_at is None:
            self._absent(row, sent=False)  # no request is out
        else:
            self._heard(row, self.call.send(row))

    # --- outcomes ------------------------------------------------------------

    def _heard(self, row: Transfer, answer: Answer) -> None:
        log.info("transfer %s: %s %s", row.id, answer.outcome.name, answer.message)
        match answer.outcome:
            case Outcome.ACCEPTED:
                self._done(row, answer.receipt)
            case Outcome.REFUSED:
                self._refused(row)
            case Outcome.REFUSED_FOR_NOW:
                self._again(row)
            case Outcome.NOT_TRIED:
                self._stay(row, {**due_in(jittered(FIRST_PAUSE)), **self._given_back(row)})
            case Outcome.KEY_IN_USE:
                self._stay(row, {**due_after_lease(pause_after(row.retry_count)), **self._given_back(row)})
            case Outcome.NO_ANSWER:
                self._unknown(row)
            case Outcome.MISUSED:
                log.error("transfer %s: ALARM, our key was sent with other parameters: %s", row.id, answer.message)
                self._settle(row, sent=True)
            case Outcome.ALREADY_DONE | Outcome.ERROR:
                self._settle(row, sent=True)

    def _settle(self, row: Transfer, *, sent: bool) -> None:
        """Look the effect up. `sent`: a request was sent and answered in this round, so that none is executing."""
        found = self.call.look_up(row)
        if found is None and sent:
            self._unknown(row)
        elif found is None:
            self._stay(row, {**due_in(jittered(CEILING)), **self._given_back(row)})
        elif found.receipt is not None:
            self._done(row, found.receipt)
        else:
            self._absent(row, sent=sent)

    # --- records ------------------------------------------------------------

    def _done(self, row: Transfer, receipt: str | None) -> None:
        self._move(row, self.queue.accepted, {self.call.receipt_column: sql.Literal(receipt)})

    def _refused(self, row: Transfer) -> None:
        if self.queue.refused is None:
            self._again(row)
        else:
            self._give_up(row, self.queue.refused)

    def _absent(self, row: Transfer, *, sent: bool) -> None:
        """The look-up found no effect. Settling is no attempt: with attempts left, one under a new key follows."""
        if row.settle_only or (sent and row.retry_count >= self.queue.limit):
            self._give_up(row, self.queue.absent)
        elif sent:
            self._again(row)
        else:
            self._stay(row, {**RENEWED, **NOW_DUE, **self._given_back(row)})

    def _give_up(self, row: Transfer, event: str) -> None:
        """End the row, but only while the lease runs; after it, record only that the key is spent."""
        if not self._move(row, event, RENEWED, leased=True):
            self._stay(row, {**RENEWED, **NOW_DUE})

    def _again(self, row: Transfer) -> None:
        self._stay(row, {**RENEWED, **due_in(pause_after(row.retry_count))})

    def _unknown(self, row: Transfer) -> None:
        self._stay(row, due_after_lease(pause_after(row.retry_count)))

    def _given_back(self, row: Transfer) -> Changes:
        return {} if row.settle_only else {"retry_count": sql.SQL("retry_count - 1")}

    def _move(self, row: Transfer, event: str, changes: Changes, *, leased: bool = False) -> bool:
        to = target(row.status, event, self.actor)
        if to is None:
            return self._stay(row, NOW_DUE)  # the move is another actor's: its worker settles the row at once
        return self._told(row, to, self.transfers.move(row, to, changes, claimed=True, leased=leased))

    def _stay(self, row: Transfer, changes: Changes) -> bool:
        return self._told(row, row.status, self.transfers.stay(row, changes, claimed=True))

    def _told(self, row: Transfer, status: str, done: bool) -> bool:
        log.info("transfer %s: %s%s", row.id, status, "" if done else " was not written: another write came first")
        return done
