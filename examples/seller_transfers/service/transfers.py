"""The rows of seller_transfers: the statements that claim, read and write them.

All times are the database's. Every write compares the status that was read, and under
a claim the claim as well; if they differ, the write has lost a race and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from guard.python.seller_transfer_guard import MOVES, Status, assert_transition
from psycopg import sql

from service.database import Connection, query
from service.rules import KEY_IS_OLD, LEASE, Queue


@dataclass(frozen=True)
class Transfer:
    """A row. `settle_only` and `key_is_old` are known only after a claim or a last look."""

    id: int
    status: str
    amount_cents: int
    reversal_cents: int | None
    stripe_transfer_id: str | None
    retry_count: int
    claim_count: int
    key_generation: int
    key_first_used_at: datetime | None
    refund_requested_at: datetime | None
    settle_only: bool = False
    key_is_old: bool = False


Changes = Mapping[str, sql.Composable]
"""The columns that a write changes beside the status, and their new values in SQL."""

NOW = sql.SQL("now()")
NULL = sql.NULL

NOW_DUE: Changes = {"next_retry_at": NOW}

RENEWED: Changes = {"key_generation": sql.SQL("key_generation + 1"), "key_first_used_at": NULL}
"""The key is spent; the next request has a new one."""

ON_ENTRY: Mapping[Status, Changes] = {
    Status.FAILED: {"retry_count": sql.Literal(0), "next_retry_at": NOW},
    Status.REVERSAL_PENDING: {
        "retry_count": sql.Literal(0),
        "next_retry_at": NOW,
        "key_first_used_at": NULL,
        "refund_requested_at": NULL,
    },
}
"""The columns that are reset when the row enters a status with a new call."""

_ALWAYS = sql.SQL("true")
_LEASED = sql.SQL("next_retry_at > clock_timestamp()")
_NOTHING_KEPT = sql.SQL("refund_requested_at IS NULL")


def due_in(pause: timedelta) -> Changes:
    """Makes a row due after `pause`."""
    return {"next_retry_at": sql.SQL("now() + {}").format(sql.Literal(pause))}


def due_after_lease(pause: timedelta) -> Changes:
    """Makes a row due after `pause`, but not before the lease ends, as a request may still be executing."""
    return {"next_retry_at": sql.SQL("greatest(next_retry_at, now() + {})").format(sql.Literal(pause))}


def target(status: str, event: str, actor: str) -> Status | None:
    """The status to which `event` by `actor` leads from `status`; None if the lifecycle has no such transition."""
    moves = (move for move in MOVES if move.from_status == status and move.event == event and actor in move.actors)
    return next((move.to_status for move in moves), None)


@dataclass(frozen=True)
class Transfers:
    """The table, over one connection. Every method is one statement and raises psycopg.Error."""

    connection: Connection

    def claim(self, queue: Queue) -> Transfer | None:
        """Claim the oldest due row for the time of a lease; None if no row is due."""
        return self._one(query(f"claim_{queue.name}"), [1])

    def claim_by_hand(self, queue: Queue, row: int) -> Transfer | None:
        """Claim a due row for an admin, only to settle it: no attempt is counted, and no key is begun."""
        statement = sql.SQL(
            "UPDATE seller_transfers SET claim_count = claim_count + 1, next_retry_at = now() + {} "
            "WHERE id = $1 AND status = $2 AND next_retry_at <= now() RETURNING *, true AS settle_only"
        )
        return self._one(statement.format(sql.Literal(LEASE)), [row, queue.status.value])

    def last_look(self, queue: Queue, claimed: Transfer) -> Transfer | None:
        """The row, if the claim still stands and leaves time to send."""
        statement = sql.SQL(
            "SELECT look.*, {} AS settle_only, "
            "coalesce(look.key_first_used_at <= clock_timestamp() - {}, false) AS key_is_old FROM ({}) AS look"
        ).format(sql.Literal(claimed.settle_only), sql.Literal(KEY_IS_OLD), sql.SQL(query(f"last_look_{queue.name}")))
        return self._one(statement, [claimed.id, claimed.claim_count])

    def read(self, row: int) -> Transfer | None:
        """The row as it is now."""
        return self._one("SELECT * FROM seller_transfers WHERE id = $1", [row])

    def of_receipt(self, stripe_transfer_id: str) -> Transfer | None:
        """The row that this Stripe transfer paid."""
        return self._one("SELECT * FROM seller_transfers WHERE stripe_transfer_id = $1", [stripe_transfer_id])

    def sweep(self, limit: int = 100) -> int:
        """Apply refunds that came before their transfer was made, at most `limit`; returns their number."""
        return len(self.connection.execute(query("sweep_refund_requested"), [limit]).fetchall())

    def stay(self, row: Transfer, changes: Changes, *, claimed: bool = False) -> bool:
        """Change columns and keep the status. False if another write came first."""
        return self._write(row, Status(row.status), changes, claimed=claimed)

    def keep(self, row: Transfer, changes: Changes) -> bool:
        """Keep an early refund in the row, if none is kept yet. False if another write came first."""
        return self._write(row, Status(row.status), changes, claimed=False, also=_NOTHING_KEPT)

    def move(self, row: Transfer, to: Status, changes: Changes, *, claimed: bool = False, leased: bool = False) -> bool:
        """Change the status, if the lifecycle allows it. False if another write came first.

        `claimed`: only under the claim that `row` was read with. `leased`: and only while its lease runs.
        """
        return self._write(
            row, to, {**changes, **ON_ENTRY.get(to, {})}, claimed=claimed, also=_LEASED if leased else _ALWAYS
        )

    def _write(
        self, row: Transfer, to: Status, changes: Changes, *, claimed: bool, also: sql.Composable = _ALWAYS
    ) -> bool:
        assert_transition(row.status, to)
        values: Changes = {"status": sql.Literal(to.value), **changes}
        pairs = [sql.SQL("{} = {}").format(sql.Identifier(column), value) for column, value in values.items()]
        statement = sql.SQL("UPDATE seller_transfers SET {} WHERE id = $1 AND status = $2 AND {}").format(
            sql.SQL(", ").join(pairs), also
        )
        parameters: list[object] = [row.id, row.status]
        if claimed:
            statement += sql.SQL(" AND claim_count = $3")
            parameters.append(row.claim_count)
        return self.connection.execute(statement, parameters).rowcount == 1

    def _one(self, statement: Any, parameters: list[object]) -> Transfer | None:
        found = self.connection.execute(statement, parameters).fetchone()
        if found is None:
            return None
        known = {field.name for field in fields(Transfer)}
        return Transfer(**{column: value for column, value in found.items() if column in known})
