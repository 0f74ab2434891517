"""The reference implementation's webhook receiver as an HTTP server: each post of a provider becomes a turn."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pointsman_conformance.core.wire import Json

Tell = Callable[[str, Mapping[str, Json], str], str]
"""Handles a webhook's type, object and id; returns a word of the driver's protocol. May raise."""

LONGEST_BODY = 1 << 20


def receive(port: int, secret: str, tell: Tell) -> None:
    """Listen on a port of this machine, in a thread of its own, for as long as the process lives."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), LONGEST_BODY))
            if not is_signed(body, self.headers.get("Stripe-Signature", ""), secret):
                self._answer(400, "not signed")
                return
            event = json.loads(body)
            try:
                with lock:
                    answer = tell(event["type"], event["data"]["object"], event["id"])
            except Exception as problem:  # noqa: BLE001 - the provider will tell again
                self._answer(500, str(problem))
                return
            self._answer(500 if answer == "unknown" else 200, answer)

        def _answer(self, status: int, words: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(words.encode())))
            self.end_headers()
            self.wfile.write(words.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's word
            """Writes no log."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, name="webhooks", daemon=True).start()


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Whether the header is the provider's signature of the body."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    wanted = hmac.new(secret.encode(), f"{parts.get('t', '')}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts.get("v1", ""))
