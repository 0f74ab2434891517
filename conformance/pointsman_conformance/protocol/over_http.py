"""The protocol over HTTP: each message is the body of a POST to one URL, and its answer the body of the response."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from urllib.parse import urlsplit

from pointsman.spec.errors import UsageError
from pointsman_conformance.protocol.session import LostError

CONNECT_TIMEOUT = 5.0
"""Seconds that connecting may take: `kill` cannot break it off before there is a socket."""

LONGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of the longest body that is read as an answer."""


class Http:
    """A transport to a URL, with a new connection for each message. Raises UsageError for a text that is no URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
            raise UsageError(f"{url} is no http:// or https:// address")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._url = url
        self._path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._connection = kind(parts.hostname, port)
        self._broken_off = False

    def ask(self, message: str, deadline: float) -> str:
        """POST the message. Raises LostError for everything but a 200 with a text."""
        # A new connection for each message: one that died while idle cannot be told from one that died of the message.
        self._connection.close()
        self._connection.timeout = min(deadline, CONNECT_TIMEOUT)
        try:
            self._connection.connect()
            self._connection.sock.settimeout(deadline)
            if self._broken_off:
                raise LostError("the kit no longer waits for it")
            self._connection.request(
                "POST", self._path, body=message.encode(), headers={"Content-Type": "application/json"}
            )
            response = self._connection.getresponse()
            body = _body(response, time.monotonic() + deadline)
        except TimeoutError:
            raise LostError(f"no answer within {deadline:g} s") from None
        except (OSError, http.client.HTTPException) as problem:
            raise LostError(f"{self._url} does not answer: {problem}") from None
        if response.status != http.client.OK:
            raise LostError(f"{self._url} answered with HTTP {response.status}: {body[:80]!r}")
        if len(body) > LONGEST_ANSWER:
            raise LostError(f"a body of more than {LONGEST_ANSWER:,} bytes")
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise LostError(f"its body is not UTF-8: {body[:80]!r}") from None

    def log(self) -> str:
        """An empty text: the log of a server stays with the server."""
        return ""

    def kill(self) -> None:
        """Break off the request that is under way; may be called from another thread."""
        self._broken_off = True
        sock = self._connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self, *, kindly: bool = True) -> None:  # noqa: ARG002 - the server's owner ends it
        """Close the connection."""
        self._connection.close()


def _body(response: http.client.HTTPResponse, end: float) -> bytes:
    """The body, up to the limit and until `end`. A time-out of the socket alone would let bytes trickle in for ever."""
    body = b""
    while len(body) <= LONGEST_ANSWER and (data := response.read1(LONGEST_ANSWER)):
        body += data
        if time.monotonic() > end:
            raise TimeoutError
    return body
