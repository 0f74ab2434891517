"""The provider over HTTP, on loopback, for clients that know nothing of us.

A thread per connection, since the driver of the run may hold a request still for as long as it likes.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from pointsman_conformance.core.history import KIT
from pointsman_conformance.core.plan import Fault, Point
from pointsman_conformance.core.wire import HttpReply, HttpRequest, Json, NoReply
from pointsman_conformance.provider.provider import Provider, Ticket
from pointsman_conformance.provider.replies import error

WhoOf = Mapping[str, tuple[str, str | None]]
"""Whose secret it is: the copy, and the actor that it plays. May grow while the server runs."""

Meet = Callable[[Ticket, Point], Fault | None]
"""Called in the connection's thread before a request is executed and before its answer goes out; may block.

What it returns before is the fault that strikes; what it returns after is not looked at.
"""

LONGEST_BODY = 1 << 20
"""The most bytes of a body; a longer one is refused."""

LONGEST_LINE = 1024
"""The most bytes of a line between chunks."""

_LOOKS = 0.02
"""Seconds between two looks whether the client still waits for a slow answer."""

_PATIENCE = 5.0
"""Seconds to wait for a connection's thread to end."""

_STRANGER = "a stranger"
"""A secret that the provider refuses."""


def _pass(ticket: Ticket, point: Point) -> None:  # noqa: ARG001 - the usual `Meet`
    return None


class ProviderServer:
    """The provider at `url`, until closed. A context manager.

    Requests without a known secret are refused. An answer that is to be silence is a connection that is reset.
    """

    def __init__(self, provider: Provider, who_of: WhoOf, meet: Meet = _pass) -> None:
        self.provider = provider
        self.who_of = who_of
        self.meet = meet
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._address = self._listener.getsockname()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._troubles: list[BaseException] = []
        self._closing = False
        self._accepting = threading.Thread(target=self._accept, name="provider", daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        """The URL of the server, without a slash at the end."""
        return f"http://127.0.0.1:{self._address[1]}"

    @property
    def trouble(self) -> BaseException | None:
        """The first exception in the kit itself while a request was served."""
        return next(iter(self._troubles), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if problem is None and self.trouble is not None:
            raise self.trouble

    def close(self) -> None:
        """End all connections. May be called twice. A `meet` that still blocks is given some seconds."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            connections = dict(self._open)
        with contextlib.suppress(OSError):
            socket.create_connection(self._address, timeout=_PATIENCE).close()  # wakes `accept`, on every system
        self._accepting.join(_PATIENCE)
        self._listener.close()
        for connection in connections.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            thread.join(_PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection, address), name="provider", daemon=True)
            with self._lock:
                if self._closing:
                    connection.close()
                    return
                self._open[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            _Connection(self, connection, address)
        except OSError:
            pass  # the client went away
        except BaseException as problem:  # noqa: BLE001 - raised again when the server is closed
            self._troubles.append(problem)
        finally:
            connection.close()
            with self._lock:
                self._open.pop(threading.current_thread(), None)


class _Connection(BaseHTTPRequestHandler):
    """One connection, request after request."""

    protocol_version = "HTTP/1.1"
    server_version = "provider"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet: two small ones wait for each other's acknowledgement, 40 ms

    def __init__(self, owner: ProviderServer, connection: socket.socket, address: tuple[str, int]) -> None:
        self._owner = owner
        super().__init__(connection, address, None)  # type: ignore[arg-type]  # nothing here asks for the server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's word
        """Writes no log: the history has every request."""

    def do_GET(self) -> None:
        """Serves a request of any method."""
        request = self._read()
        if request is None:
            return
        owner = self._owner
        who, actor = owner.who_of.get(request.token, (KIT, None))
        ticket = owner.provider.receive(request, who, actor)
        fault = owner.meet(ticket, Point.REQUEST_BEFORE)
        owner.provider.execute(ticket, None if fault is None else fault.kind, 0.0 if fault is None else fault.seconds)
        self._take_time(ticket.delay)
        owner.meet(ticket, Point.REQUEST_AFTER)
        if ticket.silence is not None:
            ticket.silence = "connection"
        heard = owner.provider.answer(ticket, heard=self._there())
        if isinstance(heard, NoReply):
            self._reset()
        else:
            self._write(heard)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the base looks for these names

    def _read(self) -> HttpRequest | None:
        """The request; None where it could not be read and has been answered."""
        try:
            body = self._chunks() if "Transfer-Encoding" in self.headers else self._sized()
        except EOFError:
            self.close_connection = True  # its client died: what never arrived whole is no request
            return None
        except ValueError:
            self._refuse(413, f"A body has at most {LONGEST_BODY} bytes, and says how many.")
            return None
        try:
            where = urlsplit(self.path)
        except ValueError:
            self._refuse(400, "The address cannot be read.")
            return None
        params = dict(parse_qsl(where.query, keep_blank_values=True))
        try:
            params |= _fields(body, self.headers.get("Content-Type", ""))
        except (ValueError, RecursionError):
            self._refuse(400, "The body cannot be read.")
            return None
        token = _token(self.headers.get("Authorization", ""))
        known = token if token in self._owner.who_of else _STRANGER
        return HttpRequest(self.command, where.path, params, self.headers.get("Idempotency-Key") or None, known)

    def _sized(self) -> bytes:
        return self._whole(_bounded(self.headers.get("Content-Length", "0"), 10))

    def _whole(self, size: int) -> bytes:
        """The next `size` bytes. Raises EOFError where the client sends no more before them."""
        found = self.rfile.read(size)
        if len(found) < size:
            raise EOFError
        return found

    def _chunks(self) -> bytes:
        """A body in chunks, as Go's net/http sends one of unknown length. Raises ValueError and EOFError."""
        found = b""
        while size := _bounded(self._line().split(b";")[0].strip().decode("ascii"), 16):
            found += self._whole(size)
            self._line()
            if len(found) > LONGEST_BODY:
                raise ValueError(len(found))
        while self._line().strip():
            pass  # trailers say nothing to us
        return found

    def _line(self) -> bytes:
        """The next line of a body in chunks. Raises EOFError where the client sends no more."""
        found = self.rfile.readline(LONGEST_LINE)
        if not found:
            raise EOFError
        return found

    def _refuse(self, status: int, words: str) -> None:
        self.close_connection = True
        self._write(error(status, words))

    def _write(self, reply: HttpReply) -> None:
        body = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _take_time(self, delay: float) -> None:
        """Let `delay` seconds pass, or fewer where the client does not wait so long."""
        until = time.monotonic() + delay
        while (left := until - time.monotonic()) > 0 and self._there():
            time.sleep(min(left, _LOOKS))

    def _there(self) -> bool:
        """Whether the client still has its end open: a dead one's is closed by its system."""
        try:
            readable = select.select([self.connection], [], [], 0)[0]
            return not readable or self.connection.recv(1, socket.MSG_PEEK) != b""
        except OSError:
            return False

    def _reset(self) -> None:
        """End the connection so that the client sees it lost, not ended."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The buffers around the socket hold it open; its descriptor is what has to go.
        os.close(self.connection.detach())


def serve(provider: Provider, who_of: WhoOf, meet: Meet = _pass) -> ProviderServer:
    """Serve the provider on a free port of 127.0.0.1. Use as a context manager, or close it."""
    return ProviderServer(provider, who_of, meet)


def _bounded(told: str, base: int) -> int:
    """The number of bytes in `told`. Raises ValueError if `told` is no number, or is above `LONGEST_BODY`."""
    if not told.isalnum() or len(told) > 16 or int(told, base) > LONGEST_BODY:
        raise ValueError(told)
    return int(told, base)


def _token(header: str) -> str:
    """The secret: of a bearer, or the user of a basic authorization; empty where there is none."""
    scheme, _, told = header.partition(" ")
    if scheme.lower() == "bearer":
        return told.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(told, validate=True).decode().partition(":")[0]
        except ValueError:  # no base64, no UTF-8, or no ASCII
            return ""
    return ""


def _fields(body: bytes, kind: str) -> dict[str, str]:
    """The fields of a form, or of a JSON object, with nested names in brackets. Raises ValueError."""
    if not body:
        return {}
    if "json" in kind:
        return dict(_flat(json.loads(body), ""))
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _flat(told: Json, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(told, dict):
        for key, value in told.items():
            yield from _flat(value, f"{name}[{key}]" if name else key)
    elif isinstance(told, list):
        for place, value in enumerate(told):
            yield from _flat(value, f"{name}[{place}]")
    elif name:
        yield name, told if isinstance(told, str) else json.dumps(told)
