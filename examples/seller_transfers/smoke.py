"""The smoke probe: a refund, from the shop's request to the reversed transfer.

Starts a throw-away PostgreSQL (or uses the one that POINTSMAN_TEST_DSN names), applies the
migrations, puts a Stripe-like provider on loopback, starts the service's processes for real, and
follows one order through them::

    pending -> worker -> completed -> refund -> reversal_pending -> worker -> reversed

Each step is printed as it happens. Nothing is left behind.

    python examples/seller_transfers/smoke.py
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import DictRow, dict_row

from pointsman.loading.load import load
from pointsman_conformance.core.history import Effect, Record
from pointsman_conformance.postgres import Postgres, PostgresError
from pointsman_conformance.processes.supervisor import Supervisor, SupervisorError
from pointsman_conformance.provider.provider import Provider
from pointsman_conformance.provider.server import serve

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

KEY = "sk_test_hunter2"
WEBHOOK_SECRET = "hunter2"  # noqa: S105 - made up, for a provider that ends with this program
PATIENCE = 20.0
"""Seconds that a step may take."""


class SmokeError(Exception):
    """A step did not end in time; the message says which."""


@dataclass(frozen=True)
class Probe:
    """The steps of the probe, on the table, the provider's ledger and the service's address."""

    table: psycopg.Connection[DictRow]
    records: list[Record]
    service: Service
    port: int

    def follow(self) -> None:
        """Take every step in turn. Raises SmokeError."""
        self.service.start("web")
        self.service.start("transfer_worker")
        found = self.table.execute(
            "insert into seller_transfers (status, amount_cents) values ('pending', 1000) returning id"
        ).fetchone()
        row = found["id"] if found else 0
        say(f"order paid: row {row} is pending, 10.00 for the seller")
        self._until(row, "completed", "the transfer worker has paid the seller")
        refund = {"transfer": row, "amount_cents": 400, "id": "re_1"}
        say(f"POST /refunds 4.00: {self._post('/refunds', refund)}")
        self._until(row, "reversal_pending", "the refund waits for its worker")
        self.service.start("reversal_worker")
        self._until(row, "reversed", "the reversal worker has taken it back")
        say(f"POST /refunds 4.00 once more: {self._post('/refunds', refund)}")
        self._agree(row)

    def _until(self, row: int, status: str, says: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._status(row) != status:
            if time.monotonic() > deadline:
                raise SmokeError(f"row {row} did not become {status} within {PATIENCE:.0f} s: {self._row(row)}")
            time.sleep(0.02)
        say(f"row {row} is {status}: {says}")

    def _agree(self, row: int) -> None:
        """Compare the table with Stripe's ledger. Raises SmokeError if they differ."""
        stored = self._row(row)
        made = [record for record in self.records if isinstance(record, Effect)]
        for effect in made:
            say(f"Stripe has {effect.receipt}: {effect.call}, {(effect.amount or 0) / 100:.2f}")
        told = [("create_transfer", stored["stripe_transfer_id"], 1000)]
        told += [("create_reversal", stored["stripe_reversal_id"], 400)]
        if [(effect.call, effect.receipt, effect.amount) for effect in made] != told:
            raise SmokeError(f"the table says {told}, and Stripe says {made}")
        say("the table and Stripe agree: paid once, taken back once")

    def _row(self, row: int) -> DictRow:
        return self.table.execute("select * from seller_transfers where id = %s", [row]).fetchone() or {}

    def _status(self, row: int) -> str:
        return str(self._row(row)["status"])

    def _post(self, path: str, told: dict[str, object]) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", path, json.dumps(told))
            return str(json.loads(connection.getresponse().read())["answer"])
        finally:
            connection.close()


def say(words: str) -> None:
    """Print one step."""
    print(f"  {words}", flush=True)


def migrate(table: psycopg.Connection[DictRow]) -> int:
    """Apply every migration; returns their number."""
    files = sorted(file for file in (ROOT / "migrations").glob("[0-9]*.sql") if not file.stem.endswith("_down"))
    for file in files:
        table.execute(file.read_bytes())
    return len(files)


def free_port() -> int:
    """A free port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Service:
    """Starts the service's processes, one for each part; they end with the supervisor, or with this program."""

    supervisor: Supervisor
    environment: dict[str, str]

    def start(self, part: str) -> None:
        """Start one part and wait until it says that it is ready. Raises SmokeError."""
        command = [sys.executable, "-m", "service", part]
        process = self.supervisor.start(command, self.environment, folder=str(HERE), ready=r"ready: ")
        if not process.ready.wait(PATIENCE):
            raise SmokeError(f"{part} does not start:\n{process.said()}")
        say(f"started {part}")


def environment(dsn: str, stripe: str, port: int) -> dict[str, str]:
    """The environment of the service's processes."""
    return {
        **os.environ,
        "DATABASE_URL": dsn,
        "STRIPE_API_BASE": stripe,
        "STRIPE_API_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "WEBHOOK_PORT": str(port),
    }


def main() -> int:
    """Run the probe; returns the exit code, 0 if every step ended."""
    began, records = time.monotonic(), list[Record]()
    lifecycle = load(ROOT / "spec" / "seller_transfer.yaml")
    provider = Provider(lifecycle, now=lambda: time.monotonic() - began, record=records.append)
    try:
        with (
            Postgres.for_tests() as server,
            server.database() as dsn,
            psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as table,
            serve(provider, {KEY: ("service", None)}) as stripe,
            closing(Supervisor()) as supervisor,
        ):
            say(f"PostgreSQL {server.version} is running, {migrate(table)} migrations applied")
            port = free_port()
            Probe(table, records, Service(supervisor, environment(dsn, stripe.url, port)), port).follow()
    except (SmokeError, PostgresError, SupervisorError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"The smoke probe passed in {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
