"""The HTTP server for Stripe's webhooks, refunds from the shop, and the admin's screen."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

from service import admin
from service.database import connect
from service.refunds import Handled, refund
from service.settings import Settings
from service.stripe_calls import Call
from service.transfers import Transfers
from service.webhooks import ForgedError, receive

log = logging.getLogger(__name__)

LARGEST_BODY = 1 << 20
"""The largest body of a request, in bytes."""

ADMIN = re.compile(r"/admin/transfers/(\d+)/(give-up|complete)")


class RequestError(Exception):
    """The request cannot be understood."""


@dataclass(frozen=True)
class App:
    """Handles requests, each on a new connection to the database. A larger service would have a pool."""

    settings: Settings
    calls: dict[str, Call]

    def handle(self, path: str, body: bytes, signature: str) -> Handled:
        """Handle one request. Raises RequestError, ForgedError, psycopg.Error."""
        with connect(self.settings.database_url) as connection:
            transfers = Transfers(connection)
            if path == "/webhooks/stripe":
                return receive(transfers, body, signature, self.settings.webhook_secret)
            if path == "/refunds":
                return refund(transfers, *_asked(body))
            asked = ADMIN.fullmatch(path)
            if asked is None:
                raise RequestError(f"nothing is at {path}")
            act = admin.give_up if asked[2] == "give-up" else admin.complete
            return act(transfers, self.calls, int(asked[1]))


def _asked(body: bytes) -> tuple[int, int | None]:
    """The transfer and the amount in cents of a refund; None: the whole amount."""
    try:
        told = json.loads(body)
        amount = told.get("amount_cents")
        return int(told["transfer"]), None if amount is None else int(amount)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise RequestError(f"a refund has a transfer and amount_cents: {problem!r}") from problem


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    app: App

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
            return
        body = self.rfile.read(length)
        try:
            handled = self.app.handle(self.path, body, self.headers.get("Stripe-Signature", ""))
        except RequestError as problem:
            self._answer(HTTPStatus.BAD_REQUEST, str(problem))
        except ForgedError as problem:
            self._answer(HTTPStatus.BAD_REQUEST, f"not from Stripe: {problem}")
        except psycopg.Error as problem:
            log.warning("database: %s", problem)
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "try again")
        else:
            status = HTTPStatus.CONFLICT if handled is Handled.REFUSED else HTTPStatus.OK
            self._answer(status, handled)

    def _answer(self, status: HTTPStatus, answer: str) -> None:
        body = json.dumps({"answer": answer}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that its caller uses
        log.info(format, *args)


def server(app: App) -> ThreadingHTTPServer:
    """A server that listens on 127.0.0.1; `serve_forever` serves."""
    handler = type("Handler", (_Handler,), {"app": app})
    return ThreadingHTTPServer(("127.0.0.1", app.settings.webhook_port), handler)
