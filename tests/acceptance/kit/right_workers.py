"""The example's reversal worker in other designs that are right: ``right_workers.py DESIGN``.

``heartbeat`` makes its lease longer before it asks the provider and before it sends, by a conditional write.
``slow`` thinks for some seconds before it sends. ``version`` raises the fence with every write of its own, as the
version column of an object-relational mapper does. ``dated`` is wrong: the key that it sends holds the date.
"""

import sys
import time
from datetime import UTC, datetime
from typing import Any

import stripe
from psycopg import sql
from service import __main__ as program  # type: ignore[import-not-found]  # the example, on a path of its own
from service import stripe_calls, transfers

DESIGN = sys.argv.pop(1)
LOOK, WRITE = transfers.Transfers.last_look, transfers.Transfers._write
HEARTBEAT = """
    UPDATE seller_transfers SET next_retry_at = clock_timestamp() + interval '10 minutes'
    WHERE id = $1 AND status = $2 AND claim_count = $3 AND next_retry_at > clock_timestamp()
"""


def last_look(self: Any, queue: Any, claimed: Any) -> Any:
    """The last look, by a copy that first makes its lease longer."""
    renewed = self.connection.execute(HEARTBEAT, [claimed.id, claimed.status, claimed.claim_count])
    return LOOK(self, queue, claimed) if renewed.rowcount else None


def write(self: Any, row: Any, to: Any, changes: Any, **how: Any) -> Any:
    """The service's write, which raises the fence too."""
    return WRITE(self, row, to, {**changes, "claim_count": sql.SQL("claim_count + 1")}, **how)


def slowly(self: Any, queue: Any, claimed: Any) -> Any:
    """The last look, by a copy that thinks for longer than the kit waits for a sign of it."""
    found = LOOK(self, queue, claimed)
    time.sleep(2.0)
    return found


def dated(self: Any, row: Any) -> Any:
    """The service's request, under a key of this day."""
    options = {"idempotency_key": f"reversal-{row.id}-{row.key_generation}-{datetime.now(UTC):%Y-%m-%d}"}
    parameters = {"amount": row.reversal_cents, "metadata": {"row": str(row.id)}}
    try:
        made = self.stripe.transfers.reversals.create(row.stripe_transfer_id, parameters, options)
    except stripe.StripeError as error:
        return stripe_calls.understood(error)
    return stripe_calls._accepted(made)


if DESIGN == "dated":
    stripe_calls.CreateReversal.send = dated
if DESIGN == "slow":
    transfers.Transfers.last_look = slowly
if DESIGN == "heartbeat":
    transfers.Transfers.last_look = last_look
if DESIGN == "version":
    transfers.Transfers._write = write
program.main()
