"""The example's reversal worker with a client library of another sort: ``database_clients.py WAY ROLE``.

``runs-again`` carries out a statement again by itself when its connection is lost, as Go's database/sql does with
lib/pq. ``runs-again-blind`` does so with a claim that does not ask whether the row is due. ``takes-57p01-for-no`` takes
a session that the server ended for a write that was not done. ``keeps-an-ended-session`` does not connect again after
it. ``takes-a-time-out-for-no`` gives up on a write after 0.3 seconds and takes it for not done.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from service import __main__ as program  # type: ignore[import-not-found]  # the example, on a path of its own
from service import database, transfers, worker

WAY = sys.argv.pop(1)
URL = os.environ["DATABASE_URL"]
EXECUTE, WRITE, WORK = psycopg.Connection.execute, transfers.Transfers._write, worker.Worker.work
RUNS = 3
DUE = """
    SELECT id FROM seller_transfers WHERE status = $1 AND next_retry_at <= now() ORDER BY next_retry_at, id LIMIT 1
"""
CLAIM = """
    UPDATE seller_transfers SET claim_count = claim_count + 1, retry_count = retry_count + 1,
        next_retry_at = now() + interval '10 minutes', key_first_used_at = coalesce(key_first_used_at, now())
    WHERE id = $1 AND status = $2 RETURNING *, false AS settle_only
"""
UNDO = """
    UPDATE seller_transfers SET status = $2, key_generation = key_generation + 1, key_first_used_at = NULL,
        stripe_reversal_id = NULL, next_retry_at = now()
    WHERE id = $1
"""
REPLACED: dict[Any, Any] = {}
ENDED: list[bool] = []


def again(self: Any, query: Any, params: Any = None, **how: Any) -> Any:
    """Run a statement, on a new connection when the one in hand is lost."""
    for _ in range(RUNS):
        try:
            return EXECUTE(REPLACED.get(self, self), query, params, **how)
        except psycopg.OperationalError:
            REPLACED[self] = database.connect(URL)
    return EXECUTE(REPLACED[self], query, params, **how)


def blind(self: Any, queue: Any) -> Any:
    """Claim the row that was due a moment ago."""
    found = self.connection.execute(DUE, [queue.status.value]).fetchone()
    return self._one(CLAIM, [found["id"], queue.status.value]) if found is not None else None


def undo(row: Any) -> None:
    """Put the row back to where it was before the write."""
    with database.connect(URL) as other:
        EXECUTE(other, UNDO, [row.id, row.status])


def by_notice(self: Any, row: Any, to: Any, changes: Any, **how: Any) -> Any:
    """The service's write; undone where the server says that it ends the session."""
    said: list[str | None] = []
    self.connection.add_notice_handler(lambda told: said.append(told.sqlstate))
    try:
        return WRITE(self, row, to, changes, **how)
    except psycopg.OperationalError:
        if "57P01" in said:
            undo(row)
        raise


def impatiently(self: Any, row: Any, to: Any, changes: Any, **how: Any) -> Any:
    """The service's write; undone where it takes long."""
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(WRITE, self, row, to, changes, **how)
        try:
            return writing.result(0.3)
        except TimeoutError:
            undo(row)
            raise


def trustingly(self: Any) -> Any:
    """The service's turn; an error of the server is taken for an answer, after which the connection is good still."""
    if ENDED:
        time.sleep(0.05)
        return False
    try:
        return WORK(self)
    except psycopg.errors.AdminShutdown:
        ENDED.append(True)
        return False


if WAY.startswith("runs-again"):
    psycopg.Connection.execute = again  # type: ignore[method-assign]  # the client library itself is another one
if WAY == "runs-again-blind":
    transfers.Transfers.claim = blind
if WAY == "takes-57p01-for-no":
    transfers.Transfers._write = by_notice
if WAY == "takes-a-time-out-for-no":
    transfers.Transfers._write = impatiently
if WAY == "keeps-an-ended-session":
    worker.Worker.work = trustingly
program.main()
