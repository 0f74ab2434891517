"""Measures the worker's index: none, one widened for both queues, or two partial ones side by side.

    python bench/claims.py [ROWS]

A million seller transfers, unless given, on a throw-away server (fsync off, so
writes cost less than on a disk; only the ratios count). Each choice of
indexes gets its own copy of the same table. One run prints

- how long a worker takes to claim ten rows, with a generic plan;
- how large the indexes are;
- what a write costs, for writes that meet the indexes in different ways;
- what is blocked by building the second index and by widening the old one: the locks
  that were seen on the table, and the longest wait of a writer beside the build.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from pointsman.loading.load import load
from pointsman.sql.queries import queries
from pointsman.sql.schema_target import schema_sql
from pointsman_conformance.postgres import Postgres, PostgresServer

ROWS = 1_000_000
CLAIMS = 30
WRITES = 20_000
"""Rows in one measured write."""
ROUNDS = 7
"""How often each write is measured, in turns. The quickest counts: other processes only make it slower."""

SPEC = load(Path(__file__).parents[1] / "spec" / "seller_transfer.yaml")
CLAIM = {query.name: query.sql for query in queries(SPEC)}

FILL = """
insert into seller_transfers (status, amount_cents, reversal_cents, stripe_transfer_id, next_retry_at)
select case when n % 33 = 0 then 'failed' when n % 50 = 1 then 'reversal_pending' when n % 10 = 2 then 'pending'
            else 'completed' end,
  100, 100, 'tr_' || n, now() + (n * 7919::bigint % 7200000 - 3600000) * interval '1 millisecond'
from generate_series(1, {rows}) as n
"""

RETRY = (
    "CREATE INDEX {how} idx_seller_transfers_retry ON seller_transfers (status, next_retry_at) WHERE status = 'failed'"
)
SIBLING = (
    "CREATE INDEX {how} idx_seller_transfers_reversal_pending ON seller_transfers (status, next_retry_at) "
    "WHERE status = 'reversal_pending'"
)
WIDENED = (
    "CREATE INDEX {how} idx_seller_transfers_both ON seller_transfers (status, next_retry_at) "
    "WHERE status IN ('failed', 'reversal_pending')"
)
CHOICES = {"no index": (), "one widened": (WIDENED,), "two partial": (RETRY, SIBLING)}

HEAP_ONLY = "select pg_stat_get_xact_tuples_hot_updated('seller_transfers'::regclass)"

CHANGES = {
    "bump, in no queue": "set amount_cents = amount_cents + 1 where status = 'completed' and id % 10 = 5",
    "pending to completed": "set status = 'completed' where status = 'pending'",
    "into the reversal queue": "set status = 'reversal_pending' where status = 'completed' and id % 10 = 5",
    "lease in the retry queue": "set next_retry_at = now() + interval '10 minutes' where status = 'failed'",
}


def milliseconds(connection: psycopg.Connection, statement: str) -> float:
    begun = time.perf_counter()
    connection.execute(statement.encode())
    return (time.perf_counter() - begun) * 1000


# --- claiming, size, writing --------------------------------------------------------


@dataclass
class Choice:
    """One choice of indexes on its own copy of the table, and the figures measured on it.

    Claims in milliseconds, the size in bytes, writes in microseconds for each row
    and the percentage of them that were heap-only, which touch no index.
    """

    connection: psycopg.Connection
    claims: dict[str, float] = field(default_factory=dict)
    size: int = 0
    writes: dict[str, list[float]] = field(default_factory=dict)
    heap_only: dict[str, float] = field(default_factory=dict)

    def number(self, query: str) -> int:
        row = self.connection.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0

    def prepare(self, indexes: tuple[str, ...]) -> None:
        for index in indexes:
            self.connection.execute(index.format(how="").encode())
        self.connection.execute("vacuum analyze seller_transfers")
        self.size = self.number(
            "select pg_indexes_size('seller_transfers') - pg_relation_size('seller_transfers_pkey')"
        )
        self.connection.execute("set plan_cache_mode = force_generic_plan")
        for name in ("claim_retry", "claim_reversal"):
            self.connection.execute(f"prepare {name}(bigint) as {CLAIM[name]}".encode())

    def claim(self) -> None:
        for name in ("claim_retry", "claim_reversal"):
            taken = []
            for _ in range(CLAIMS):
                with self.connection.transaction(force_rollback=True):
                    taken.append(milliseconds(self.connection, f"execute {name}(10)"))
            self.claims[name] = statistics.median(taken)

    def write(self, name: str) -> None:
        """Measure one write. The rows are chosen before the clock starts, and the change is undone."""
        what, _, which = CHANGES[name].partition(" where ")
        choose = f"create temp table chosen as select id from seller_transfers where {which} limit {WRITES}"
        self.connection.execute(choose.encode())
        self.connection.execute("analyze chosen")
        rows = self.number("select count(*) from chosen")
        with self.connection.transaction(force_rollback=True):
            before = self.number(HEAP_ONLY)
            taken = milliseconds(self.connection, f"update seller_transfers t {what} from chosen c where c.id = t.id")
            hot = self.number(HEAP_ONLY) - before
        self.writes.setdefault(name, []).append(taken * 1000 / rows)
        self.heap_only[name] = 100 * hot / rows
        self.connection.execute("drop table chosen")
        self.connection.execute("vacuum seller_transfers")


def measure(server: PostgresServer, template: str) -> dict[str, Choice]:
    with ExitStack() as stack:
        choices: dict[str, Choice] = {}
        for name, indexes in CHOICES.items():
            dsn = stack.enter_context(server.database(template=template))
            connection = stack.enter_context(psycopg.connect(dsn, autocommit=True, prepare_threshold=None))
            choices[name] = Choice(connection)
            choices[name].prepare(indexes)
        for choice in choices.values():
            choice.claim()
        # The first round warms up and does not count.
        for counts in (False, *[True] * ROUNDS):
            for name in CHANGES:
                for choice in choices.values():
                    choice.write(name)
                    if not counts:
                        choice.writes.clear()
        return choices


# --- building -----------------------------------------------------------------------


@dataclass
class Built:
    """A build: its seconds, the locks that it was seen to hold on the table, and a writer's longest wait in seconds."""

    seconds: float
    locks: set[str]
    longest_wait: float
    writes: int


def build(dsn: str, statements: tuple[str, ...]) -> Built:
    with watched(dsn) as (builder, locks), written(dsn) as waits:
        begun = time.perf_counter()
        for statement in statements:
            builder.execute(statement.encode())
        taken = time.perf_counter() - begun
    return Built(taken, locks, max(waits), len(waits))


@contextmanager
def watched(dsn: str) -> Iterator[tuple[psycopg.Connection, set[str]]]:
    """A connection, and the set of modes of the locks that it holds on the table, read all the time."""
    held = "select mode from pg_locks where pid = %s and relation = 'seller_transfers'::regclass and granted"
    locks: set[str] = set()
    done = threading.Event()
    with psycopg.connect(dsn, autocommit=True) as builder, psycopg.connect(dsn, autocommit=True) as looker:

        def look() -> None:
            while not done.is_set():
                locks.update(mode for (mode,) in looker.execute(held, (builder.info.backend_pid,)))
                time.sleep(0.001)

        with running(look, done):
            yield builder, locks


@contextmanager
def written(dsn: str) -> Iterator[list[float]]:
    """Single-row updates one after the other; how long each took, in seconds."""
    waits: list[float] = []
    done = threading.Event()
    with psycopg.connect(dsn, autocommit=True) as writer:

        def go() -> None:
            number = 0
            while not done.is_set():
                number += 1
                begun = time.perf_counter()
                writer.execute("update seller_transfers set retry_count = retry_count + 1 where id = %s", (number,))
                waits.append(time.perf_counter() - begun)

        with running(go, done):
            time.sleep(0.3)
            yield waits
            time.sleep(0.1)


@contextmanager
def running(work: Callable[[], None], done: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


DROP = "DROP INDEX {how} idx_seller_transfers_retry"
BUILDS = {
    "widen: drop and create": (DROP.format(how=""), WIDENED.format(how="")),
    "sibling: create": (SIBLING.format(how=""),),
    "widen: concurrently, then drop": (WIDENED.format(how="CONCURRENTLY"), DROP.format(how="CONCURRENTLY")),
    "sibling: concurrently": (SIBLING.format(how="CONCURRENTLY"),),
}


# --- printing -----------------------------------------------------------------------


def table(header: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    widths = [max(len(line[column]) for line in (header, *lines)) for column in range(len(header))]
    for line in (header, tuple("-" * width for width in widths), *lines):
        print(
            "  ".join(
                cell.ljust(width) if at == 0 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
        )
    print()


def compared(figures: list[float], unit: str, base: int) -> tuple[str, ...]:
    return tuple(f"{figure:,.2f} {unit} ({figure / figures[base]:.2f}x)" for figure in figures)


def report(choices: dict[str, Choice], built: dict[str, Built]) -> None:
    each = list(choices.values())
    lines = [
        (f"claim 10 rows, {name.removeprefix('claim_')}", *compared([c.claims[name] for c in each], "ms", -1))
        for name in each[0].claims
    ]
    lines.append(("size of the indexes", *(f"{c.size / 2**20:,.2f} MiB" for c in each)))
    for name in CHANGES:
        figures = [min(c.writes[name]) for c in each]
        lines.append((f"write: {name}", *compared(figures, "us/row", 0)))
        lines.append(("  heap-only updates", *(f"{c.heap_only[name]:.0f} %" for c in each)))
    table(("", *choices), lines)
    print("Claims are compared with two partial indexes, writes with no index.\n")
    table(
        ("build", "takes", "a writer waits", "locks on the table"),
        [
            (name, f"{b.seconds:,.2f} s", f"{b.longest_wait * 1000:,.0f} ms", ", ".join(sorted(short(b.locks))))
            for name, b in built.items()
        ],
    )


def short(modes: set[str]) -> set[str]:
    return {mode.removesuffix("Lock") for mode in modes}


def main(rows: int) -> None:
    bare = replace(SPEC, queues=(), events=())
    assert bare.table is not None
    bare = replace(bare, table=replace(bare.table, enforce=frozenset()))
    settings = {"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "1h", "autovacuum": "off"}
    with Postgres.start(settings=settings) as server, server.database() as template:
        with psycopg.connect(template, autocommit=True) as connection:
            connection.execute(schema_sql(bare).encode())
            # Free room on each page, as in a table that is written all the time.
            connection.execute("alter table seller_transfers set (fillfactor = 80)")
            connection.execute(FILL.format(rows=rows).encode())
            connection.execute("vacuum analyze seller_transfers")
        print(f"{rows:,} rows, PostgreSQL {server.version}: 2 % in the reversal queue, 3 % in the retry queue\n")
        choices = measure(server, template)
        built = {name: built_on_a_copy(server, template, statements) for name, statements in BUILDS.items()}
    report(choices, built)


def built_on_a_copy(server: PostgresServer, template: str, statements: tuple[str, ...]) -> Built:
    with server.database(template=template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(RETRY.format(how="").encode())
        return build(dsn, statements)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
