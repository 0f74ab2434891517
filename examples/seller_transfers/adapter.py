"""An adapter, by which the conformance kit drives the whole service over standard input and output.

``pointsman conform spec/seller_transfer.yaml --driver pipe -- python examples/seller_transfers/adapter.py``

Each line of the input is a message, and is answered by a line. The adapter translates and decides nothing, so that
the kit tests the service. Logs go to stderr.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import psycopg
from service import admin
from service.database import Connection, connect
from service.refunds import Handled, refund
from service.rules import QUEUES
from service.settings import Settings
from service.stripe_calls import Call, calls
from service.transfers import Transfers
from service.webhooks import ForgedError, receive
from service.worker import Worker

Words = dict[str, Any]

ROLES = [*(queue.worker for queue in QUEUES), "refund_handler", "webhook", "admin"]

HELLO: Words = {
    "version": 1,
    "implementation": {"name": "seller transfers", "version": "1", "language": "Python"},
    "roles": ROLES,
    "capabilities": ["events", "hooks", "moves"],
}

ANSWERS = {Handled.KEPT: "applied"}
"""The kit's word where it differs from ours: a kept refund counts as applied."""


class Adapter:
    """Answers messages, one after the other."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._connection: Connection | None = None
        self._calls: dict[str, Call] = {}

    def answer(self, message: Words) -> Words:
        """The answer, without its number."""
        match message["cmd"]:
            case "start":
                self._start(message)
                return HELLO
            case "reset" | "stop":  # the state is in the database only, so there is nothing to forget
                return {"answer": "applied"}
        try:
            return self._act(message)
        except psycopg.Error as problem:  # the connection was cut: the outcome of the statement is unknown
            self._hang_up()
            return {"answer": "unknown", "message": str(problem)}
        except ForgedError as problem:
            return {"answer": "refused", "message": str(problem)}

    def _start(self, message: Words) -> None:
        self._hang_up()
        self._settings = Settings.read(
            {
                "DATABASE_URL": message["database"],
                "STRIPE_API_BASE": message["provider"]["url"],
                "STRIPE_API_KEY": message["provider"]["key"],
                "STRIPE_WEBHOOK_SECRET": message["webhook_secret"],
            }
        )
        self._calls = calls(self._settings)

    def _act(self, message: Words) -> Words:
        if self._settings is None:
            return {"answer": "errored", "message": "start comes first"}
        if self._connection is None:
            self._connection = connect(self._settings.database_url)
        transfers = Transfers(self._connection)
        match message["cmd"]:
            case "work":
                return self._work(transfers, message["actor"])
            case "event":
                return _said(self._event(transfers, message))
            case "hook":
                signature = message["headers"]["Stripe-Signature"]
                body = message["body"].encode()
                return _said(receive(transfers, body, signature, self._settings.webhook_secret))
            case "move":
                return _said(self._move(transfers, message))
            case word:
                return {"answer": "skipped", "message": f"{word} is not for us"}

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _work(self, transfers: Transfers, actor: str) -> Words:
        """Work on all rows that are due for a worker; for the refund handler, apply kept refunds."""
        if actor == "refund_handler":
            return {"answer": "applied" if transfers.sweep() else "ignored"}
        queue = next((queue for queue in QUEUES if queue.worker == actor), None)
        if queue is None:
            return {"answer": "skipped", "message": f"{actor} does nothing by itself"}
        worker, worked = Worker(queue, self._calls[queue.call], transfers), False
        while worker.work():
            worked = True
        return {"answer": "applied" if worked else "ignored"}

    def _event(self, transfers: Transfers, message: Words) -> Handled:
        row, actor = int(message["row"]), message["actor"]
        match message["event"]:
            case "refund_requested":
                return refund(transfers, row, message["fields"].get("amount"), actor)
            case "given_up" if actor == "admin":
                return admin.give_up(transfers, self._calls, row)
            case "transfer_accepted" if actor == "admin":
                return admin.complete(transfers, self._calls, row)
            case _:
                return Handled.IGNORED

    def _move(self, transfers: Transfers, message: Words) -> Handled:
        """Move a row by hand to one of the statuses for which the admin's screen has a button."""
        row, actor = int(message["row"]), message["actor"]
        match actor, message["status"]:
            case "admin", "permanently_failed":
                return admin.give_up(transfers, self._calls, row)
            case "admin", "completed":
                return admin.complete(transfers, self._calls, row)
            case "admin" | "refund_handler", "reversal_pending":
                return refund(transfers, row, None, actor)
            case _:
                return Handled.REFUSED


def _said(handled: Handled) -> Words:
    return {"answer": ANSWERS.get(handled, str(handled))}


def main() -> None:
    """Answer line after line, until a stop message or the end of the input."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    adapter = Adapter()
    for line in sys.stdin:
        message = json.loads(line)
        sys.stdout.write(json.dumps({"seq": message["seq"], **adapter.answer(message)}) + "\n")
        sys.stdout.flush()
        if message["cmd"] == "stop":
            return


if __name__ == "__main__":
    main()
