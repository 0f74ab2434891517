"""A proxy in front of PostgreSQL that recognises the statements about our rows and stops before and after each.

One `Proxy` is one port for one copy of an implementation. A `Visitor` is called before each statement that touches our
rows, and after the server has done it but before the implementation gets the answer. The visitor may wait, and it may
cut the connection. *Done* means durable: inside a transaction, a write is done when the transaction is committed.

Of the protocol (version 3) the proxy understands: the start, where it refuses encryption; simple queries; prepared
statements in pipelines; transactions. It holds answers to statements about our rows back until the server is ready for
the next query; everything else passes at once.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from pointsman_conformance.drivers.statements import StatementKind, StatementReader, executed, prepared

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
LONGEST_START = 10_000
"""Bytes of the longest start message that is accepted."""

MOST_HELD = 4_000_000
"""Bytes of an answer that are held back; a longer answer passes at once."""

BROKEN = frozenset({b"53100", b"58030", b"57P02"})
"""SQLSTATEs of a full disk, of a disk that cannot be read, and of a server that has crashed."""

DENIED = frozenset({b"42501"})
"""The SQLSTATE of a statement that the role may not run."""


def _told(kind: bytes, severity: bytes, words: bytes) -> bytes:
    """An error (E) or a notice (N) with the SQLSTATE of a session that an administrator ends."""
    fields = b"S" + severity + b"\0V" + severity + b"\0C57P01\0M" + words + b"\0\0"
    return kind + struct.pack(">I", len(fields) + 4) + fields


_WORDS = b"terminating connection due to administrator command"
TERMINATED = _told(b"E", b"FATAL", _WORDS)
"""What a session hears that is ended while it is idle, or at work: nothing was committed."""

WARNED = _told(b"N", b"WARNING", b"canceling the wait for synchronous replication and " + _WORDS)
"""What a session hears that is ended while its commit waits to be copied elsewhere: all was committed here."""

CONNECT_TIMEOUT = 10.0
"""Seconds that a connection to the server may take."""


class Visitor(Protocol):
    """Called by the proxy's threads before and after statements. True: go on. False: cut the connection."""

    def before(self, connection: Connection, sort: StatementKind) -> bool:
        """Called before a statement that touches our rows goes to the server."""

    def after(self, connection: Connection, done: Done) -> bool:
        """Called after the server has done statements, before the implementation gets the answer."""

    def opened(self, connection: Connection) -> None:
        """Called when the server has named its process for the connection."""

    def closed(self, connection: Connection) -> None:
        """Called when the connection has ended."""


@dataclass(frozen=True, slots=True)
class Done:
    """What the server has done since it was last ready.

    `reads` is the number of statements that read our rows. `writes` is the number of writes that became durable.
    `others` are texts of statements that do not name our table. `open`: a transaction with writes goes on. `failed`: a
    statement failed. `broken` is the server's message if it could not work (a full disk, a crash), else empty. `denied`
    is its message if it refused a statement because the role may not do that, else empty.
    """

    reads: int
    writes: int
    others: tuple[str, ...]
    open: bool
    failed: bool
    broken: str = ""
    denied: str = ""


@dataclass
class _Cycle:
    """The messages that the client sends until it waits for the server to be ready."""

    sorts: list[StatementKind] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    streams: bool = False
    failed: bool = False
    undone: bool = False
    broken: str = ""
    denied: str = ""

    @property
    def holds(self) -> bool:
        return not self.streams and bool(self.sorts or self.others)


class Proxy:
    """Listens on 127.0.0.1 for one copy and passes on to the server at `host` and `port`."""

    def __init__(self, host: str, port: int, table: StatementReader, visitor: Visitor) -> None:
        self._server, self._table, self._visitor = (host, port), table, visitor
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._closed = False
        threading.Thread(target=self._accept, name=f"proxy {self.port}", daemon=True).start()

    @property
    def connections(self) -> frozenset[Connection]:
        """The open connections."""
        with self._lock:
            return frozenset(self._connections)

    def cut(self) -> frozenset[int]:
        """End every connection at once, as a lost network does. Gives the ids of the server's processes behind them."""
        gone = self.connections
        for connection in gone:
            connection.cut()
        return frozenset(connection.backend for connection in gone if connection.backend)

    def terminate(self) -> None:
        """End every connection as the server does when an administrator ends its session."""
        for connection in self.connections:
            connection.terminate()

    def close(self) -> None:
        """Stop listening and end every connection. No thread may wait in the visitor any more."""
        self._closed = True
        # A thread that waits in accept() is not woken by close() everywhere, but by shutdown() or a connection.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            pass
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._closed:
                client.close()
                return
            connection = Connection(client, self._table, self._visitor)
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="proxy connection", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        try:
            with contextlib.suppress(OSError, EOFError, struct.error, UnicodeDecodeError, IndexError, ValueError):
                connection.serve(self._server)
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.cut()
            self._visitor.closed(connection)


class Connection:
    """One connection of the implementation to the proxy, and the proxy's connection to the server for it."""

    def __init__(self, client: socket.socket, table: StatementReader, visitor: Visitor) -> None:
        self.backend = 0
        self.writing = False
        """True while a transaction with writes is open."""
        self._client, self._table, self._visitor = client, table, visitor
        self._server: socket.socket | None = None
        self._lock = threading.Lock()
        self._cycles: deque[_Cycle] = deque()
        self._current = _Cycle()
        self._pending = bytearray()
        self._statements: dict[str, str] = {}
        self._portals: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        self._reads = self._writes = 0
        self._ended = False
        self._others: list[str] = []
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def busy(self) -> bool:
        """True while the server works for the connection, or a transaction with writes is open."""
        with self._lock:
            return bool(self._cycles) or self.writing

    def cut(self) -> None:
        """End the connection at once: the implementation sees a reset, the server a closed connection."""
        for each in (self._client, self._server):
            if each is not None:
                with contextlib.suppress(OSError):
                    if not self._ended:  # else its last words are on their way
                        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RD)  # wakes a thread of ours that reads
                each.close()

    def terminate(self) -> None:
        """Send what the server sends to a session that an administrator ends, and then the end, without a reset.

        A session whose answer is held back has committed: it gets the warning of one that waits for its commit to be
        copied elsewhere. An idle one gets an error.
        """
        with self._lock:
            self._pending.clear()
            with contextlib.suppress(OSError):
                self._client.sendall(WARNED if self._cycles else TERMINATED)
                self._client.shutdown(socket.SHUT_WR)
            self._ended = True
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)

    def serve(self, server: tuple[str, int]) -> None:
        """Pass messages on until one side has ended."""
        reader = self._client.makefile("rb")
        with contextlib.closing(reader):
            start = self._start(reader)
            self._server = socket.create_connection(server, CONNECT_TIMEOUT)
            self._server.settimeout(None)
            self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._server.sendall(start)
            if start[4:8] == struct.pack(">I", CANCEL_REQUEST):
                self._server.recv(1)  # the server only closes, once it has cancelled
                self._client.shutdown(socket.SHUT_WR)
                reader.read(1)
                return
            back = threading.Thread(target=self._answers, args=(self._server,), name="proxy answers", daemon=True)
            back.start()
            try:
                self._requests(reader, self._server)
            finally:
                self.cut()
                back.join()

    def _start(self, reader: BinaryIO) -> bytes:
        """The first message after refusals of encryption."""
        while True:
            (size,) = struct.unpack(">I", _exactly(reader, 4))
            if not 8 <= size <= LONGEST_START:
                raise EOFError
            body = _exactly(reader, size - 4)
            (code,) = struct.unpack(">I", body[:4])
            if code not in (SSL_REQUEST, GSS_REQUEST):
                return struct.pack(">I", size) + body
            self._client.sendall(b"N")

    # --- from the implementation to the server -----------------------------------

    def _requests(self, reader: BinaryIO, server: socket.socket) -> None:
        held = bytearray()
        for kind, frame in _messages(reader):
            if not self._request(kind, memoryview(frame)[5:]):
                return
            held += frame
            if kind not in b"PBDC":  # messages that prepare a statement wait for the one that runs it
                server.sendall(held)
                held.clear()

    def _request(self, kind: bytes, body: memoryview) -> bool:
        """Note a message, and ask the visitor if it runs a statement. False: end the connection."""
        match kind:
            case b"P":
                name, text = _texts(body, 2)
                self._statements[name] = text
            case b"B":
                portal, name = _texts(body, 2)
                self._portals[portal] = name
            case b"E":
                text = self._statements.get(self._portals.get(_texts(body, 1)[0], ""), "")
                return self._may_go(text, self._current)
            case b"Q":
                cycle = _Cycle()
                if not self._may_go(_texts(body, 1)[0], cycle):
                    return False
                self._begin(cycle)
            case b"F":
                self._begin(_Cycle())
            case b"S":
                cycle, self._current = self._current, _Cycle()
                self._begin(cycle)
            case b"H":
                self._stream(self._current)
        return True

    def _begin(self, cycle: _Cycle) -> None:
        """Note that the server works on this cycle until it is ready again."""
        with self._lock:
            self._cycles.append(cycle)

    def _may_go(self, text: str, cycle: _Cycle) -> bool:
        """Note the statement, and ask the visitor if it touches our rows. False: end the connection."""
        if (keeps := prepared(text)) is not None:
            self._kept[keeps[0]] = keeps[1]
            return True
        if (name := executed(text)) is not None:
            text = self._kept.get(name, text)
        sort = self._table.sort(text)
        if sort is StatementKind.OTHER:
            cycle.others.append(text)
        if sort not in (StatementKind.READ, StatementKind.WRITE):
            return True
        cycle.sorts.append(sort)
        return self._visitor.before(self, sort)

    def _stream(self, cycle: _Cycle) -> None:
        """Let the answers of this cycle pass at once: the implementation waits for them before it sends the rest."""
        with self._lock:
            cycle.streams = True
            self._flush()

    # --- from the server to the implementation ------------------------------------

    def _answers(self, server: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, EOFError, struct.error), server.makefile("rb") as reader:
                for kind, frame in _messages(reader):
                    if not self._answer(kind, frame):
                        return
        finally:
            self.cut()

    def _answer(self, kind: bytes, frame: bytes) -> bool:
        if kind == b"K":
            self.backend = struct.unpack(">I", frame[5:9])[0]
            self._visitor.opened(self)
        with self._lock:
            cycle = self._cycles[0] if self._cycles else self._current
            self._pending += frame
            if kind == b"E":
                cycle.failed = True
                cycle.broken = cycle.broken or _message(frame, BROKEN)
                cycle.denied = cycle.denied or _message(frame, DENIED)
            elif kind == b"C":
                cycle.undone = frame[5:].startswith(b"ROLLBACK")
            ready = kind == b"Z" and bool(self._cycles)
            if not ready and (not cycle.holds or kind in b"GHW" or len(self._pending) > MOST_HELD):
                cycle.streams |= kind in b"GHW" or len(self._pending) > MOST_HELD
                self._flush()
        if ready and not self._ready(cycle, frame[5:6]):
            return False
        if ready:
            with self._lock:
                self._cycles.popleft()
                self._flush()
        return True

    def _ready(self, cycle: _Cycle, state: bytes) -> bool:
        """The server is ready: tell the visitor what it did. False: end the connection."""
        if not cycle.failed:
            self._writes += cycle.sorts.count(StatementKind.WRITE)
            self._others += cycle.others
        reads = 0 if cycle.failed else cycle.sorts.count(StatementKind.READ)
        if cycle.undone or cycle.failed or state == b"E":
            self._writes, self._others = 0, []
        durable = state == b"I"
        self.writing = not durable and self._writes > 0
        done = Done(
            reads=reads,
            writes=self._writes if durable else 0,
            others=tuple(self._others) if durable else (),
            open=self.writing,
            failed=cycle.failed,
            broken=cycle.broken,
            denied=cycle.denied,
        )
        if durable:
            self._writes, self._others = 0, []
        if not (cycle.sorts or done.writes or done.others or done.denied):
            return True
        return self._visitor.after(self, done)

    def _flush(self) -> None:
        if self._pending:
            self._client.sendall(self._pending)
            self._pending.clear()


def _messages(reader: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Each message: its kind, and all its bytes."""
    while True:
        head = reader.read(5)
        if len(head) < 5:
            return
        (size,) = struct.unpack(">I", head[1:])
        yield head[:1], head + _exactly(reader, size - 4)


def _message(frame: bytes, states: frozenset[bytes]) -> str:
    """The message of an error, if its SQLSTATE is among `states`; else empty."""
    fields = {part[:1]: part[1:] for part in frame[5:].split(b"\0") if part}
    return fields.get(b"M", b"").decode(errors="replace") if fields.get(b"C") in states else ""


def _exactly(reader: BinaryIO, size: int) -> bytes:
    found = reader.read(size)
    if len(found) < size:
        raise EOFError
    return found


def _texts(body: memoryview, count: int) -> list[str]:
    """The first `count` texts of a message; a zero byte ends each."""
    parts = bytes(body).split(b"\0", count)
    return [part.decode(errors="replace") for part in parts[:count]]
