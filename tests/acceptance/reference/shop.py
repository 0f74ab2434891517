"""A shop for the reference service: its database, its Stripe, and its processes."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pointsman.loading.load import load
from pointsman_conformance.core.history import Effect, Record, Request, Response
from pointsman_conformance.core.plan import Fault, FaultKind, Point
from pointsman_conformance.provider.provider import Provider, Ticket
from pointsman_conformance.provider.server import serve
from tests.checkout import TOP

EXAMPLES = TOP / "examples"
SERVICE = EXAMPLES / "seller_transfers"
TIMES = ("next_retry_at", "key_first_used_at", "refund_requested_at")
SECRET = "hunter2"  # noqa: S105 - made up
KEY = "sk_test_hunter2"

Row = dict[str, Any]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Shop:
    """`faults` strike the next requests of a row that want an effect; `meeting` is called at each point of those."""

    dsn: str
    table: psycopg.Connection[Row]
    log: Path
    records: list[Record] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    meeting: Callable[[Ticket, Point], None] = lambda ticket, point: None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    url: str = ""
    skipped: float = 0.0

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self.provider = Provider(load(TOP / "spec/seller_transfer.yaml"), now=self.now, record=self.records.append)

    def now(self) -> float:
        return time.monotonic() - self._began + self.skipped

    def meet(self, ticket: Ticket, point: Point) -> Fault | None:
        if ticket.request.method != "POST":
            return None
        self.meeting(ticket, point)
        waiting = self.faults.get(ticket.about.row or "", []) if point is Point.REQUEST_BEFORE else []
        return waiting.pop(0) if waiting else None

    # --- rows ---

    def insert(self, status: str, **columns: object) -> int:
        values: dict[str, object] = {"status": status, "amount_cents": 1000, **columns}
        names = sql.SQL(", ").join(map(sql.Identifier, values))
        literals = sql.SQL(", ").join(map(sql.Literal, values.values()))
        statement = sql.SQL("insert into seller_transfers ({}) values ({}) returning id").format(names, literals)
        found = self.table.execute(statement).fetchone()
        assert found is not None
        return int(found["id"])

    def paid(self, status: str = "completed", **columns: object) -> int:
        """A row whose transfer was made; its worker sees it only when it is complete."""
        row = self.insert("completed", stripe_transfer_id="tr_0", **columns)
        receipt = self.provider.put("create_transfer", str(row), 1000)
        self.table.execute(
            "update seller_transfers set stripe_transfer_id = %s, status = %s where id = %s", [receipt, status, row]
        )
        return row

    def refunded(self, *faults: Fault | FaultKind, **columns: object) -> int:
        """A row in reversal_pending, due now; the faults strike its requests, in this order."""
        row = self.insert("completed", stripe_transfer_id="tr_0", **{"reversal_cents": 1000, **columns})
        self.strike(row, *faults)
        receipt = self.provider.put("create_transfer", str(row), 1000)
        self.table.execute(
            "update seller_transfers set stripe_transfer_id = %s, status = 'reversal_pending', next_retry_at = now() "
            "where id = %s",
            [receipt, row],
        )
        return row

    def strike(self, row: int, *faults: Fault | FaultKind) -> None:
        self.faults[str(row)] = [each if isinstance(each, Fault) else Fault(each) for each in faults]

    def row(self, row: int) -> Row:
        found = self.table.execute(
            "select *, extract(epoch from next_retry_at - now())::float as due_in from seller_transfers where id = %s",
            [row],
        ).fetchone()
        assert found is not None
        return found

    def until(self, row: int, *statuses: str, **columns: object) -> Row:
        """The row once it is so. Fails after some seconds."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            found = self.row(row)
            if found["status"] in statuses and all(found[name] == value for name, value in columns.items()):
                return found
            time.sleep(0.02)
        raise AssertionError(f"wanted {statuses} {columns}, is {self.row(row)}\n{self.log.read_text()[-3000:]}")

    def recorded(self, row: int) -> Row:
        """The row once a request has been answered, and it was written what to make of it."""
        deadline = time.monotonic() + 15
        while not any(isinstance(each, Response) and each.request in self.asked(row) for each in self.records):
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.01)
        time.sleep(0.25)  # nothing outside tells when a worker has written that the row stays as it is
        return self.row(row)

    def advance(self, *, minutes: float) -> None:
        """Time passes in the database and at the provider."""
        self.skipped += minutes * 60
        aged = ", ".join(f"{column} = {column} - interval '{minutes} minutes'" for column in TIMES)
        self.table.execute(f"update seller_transfers set {aged}".encode())

    # --- what happened ---

    def effects(self, row: int, call: str = "create_reversal") -> list[Effect]:
        return [each for each in self.records if isinstance(each, Effect) and (each.call, each.row) == (call, str(row))]

    def asked(self, row: int) -> set[str]:
        """The numbers of the row's requests for an effect."""
        mark = {"metadata[row]": str(row)}
        posted = (each for each in self.records if isinstance(each, Request) and each.method == "POST")
        return {each.id for each in posted if mark.items() <= each.params.items()}

    def keys(self, row: int, call: str = "reversal") -> list[str | None]:
        """The keys of the row's requests, in order."""
        asked = [each.key for each in self.records if isinstance(each, Request) and each.method == "POST"]
        return [key for key in asked if key is not None and key.startswith(f"{call}-{row}-")]

    # --- processes ---

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.dsn,
            "STRIPE_API_BASE": self.url,
            "STRIPE_API_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_TIMEOUT_SECONDS": "1",
            "WEBHOOK_PORT": str(self.port),
        }

    def start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, cwd=SERVICE, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def start_service(self, *parts: str) -> subprocess.Popen[bytes]:
        return self.start([sys.executable, "-m", "service", *parts])

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    # --- messages ---

    def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())["answer"]
        finally:
            connection.close()

    def listening(self) -> None:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"nobody listens\n{self.log.read_text()[-3000:]}")

    def deliver(self, kind: str, row: int, *, secret: str = SECRET) -> tuple[int, str]:
        """The newest webhook of this type about the row."""
        event = [hook for hook in self.provider.hooks if (hook.type, hook.row) == (kind, str(row))][-1]
        body, headers = self.provider.webhook(event, secret, time.time())
        return self.post("/webhooks/stripe", body, dict(headers))


def migrations() -> list[Path]:
    files = (TOP / "migrations").glob("[0-9]*.sql")
    return sorted(file for file in files if not file.stem.endswith("_down"))


@contextmanager
def opened(dsn: str, log: Path) -> Iterator[Shop]:
    """A shop with its table and its Stripe, without a running worker."""
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as table:
        for file in migrations():
            table.execute(file.read_bytes())
        shop = Shop(dsn, table, log)
        with serve(shop.provider, {KEY: ("worker", None)}, shop.meet) as server:
            shop.url = server.url
            try:
                yield shop
            finally:
                shop.stop()


def in_a_thread(act: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread
