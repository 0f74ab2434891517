"""Measures `pointsman audit` on a large table, and its effect on a writer meanwhile.

    python bench/audit.py [ROWS]

Ten million rows of the seller transfer, unless given, on a throw-away server. It
prints how long an audit takes of a clean table, and of one with broken rows, the
rarest of them at the table's end; which locks the audit was seen to hold on the
table; and how long a writer's single-row updates take without and with an audit
beside it, as ratios.
"""

from __future__ import annotations

import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from pointsman.auditing.run import Report, audit
from pointsman.database import connect
from pointsman.loading.load import load
from pointsman.sql.schema_target import schema_sql
from pointsman_conformance.postgres import Postgres

ROWS = 10_000_000
WRITING = 10.0
"""Seconds for which the writer is timed, each time."""

SPEC = load(Path(__file__).parents[1] / "spec" / "seller_transfer.yaml")

FILL = """
insert into seller_transfers (status, amount_cents, reversal_cents, stripe_transfer_id, stripe_reversal_id)
select status, 100 + i %% 900, case when status like 'revers%%' then 50 end,
       case when status in ('completed', 'reversal_pending', 'reversed') then 'tr_' || i end,
       case when status = 'reversed' then 'trr_' || i end
from generate_series(1, %s) i,
     lateral (select case i %% 50 when 0 then 'pending' when 1 then 'failed' when 2 then 'reversal_pending'
                when 3 then 'reversed' when 4 then 'permanently_failed' else 'completed' end) s (status)
"""

BREAK = """
update seller_transfers set status = 'cancelled' where id > {rows} - 5;
update seller_transfers set stripe_transfer_id = null where status = 'completed' and id <= {rows} / 10;
update seller_transfers set retry_count = 99 where status = 'failed' and id between {rows} / 2 and {rows} / 2 + 1000;
update seller_transfers set next_retry_at = now() - interval '1 day' where status = 'pending' and id <= {rows} / 5;
"""

HELD = """
select distinct l.mode from pg_locks l join pg_stat_activity a using (pid)
where a.application_name = 'pointsman' and l.relation = 'seller_transfers'::regclass and l.granted
"""


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with Postgres.start(settings={"max_wal_size": "8GB"}) as server:
        dsn = server.create_database()
        size = fill(dsn, rows)
        print(f"PostgreSQL {server.version}, {rows:,} rows, {size}")
        with seen_locks(dsn) as modes:
            timed("clean table", dsn)
            execute(dsn, BREAK.format(rows=rows), "vacuum analyze seller_transfers")
            timed("broken rows", dsn)
        print(f"locks seen on the table: {', '.join(sorted(modes)) or 'none'}")
        compare(dsn, rows)


def fill(dsn: str, rows: int) -> str:
    assert SPEC.table is not None
    execute(dsn, schema_sql(replace(SPEC, table=replace(SPEC.table, enforce=frozenset()))))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(FILL.encode(), (rows,))
        connection.execute("vacuum analyze seller_transfers")
        found = connection.execute("select pg_size_pretty(pg_table_size('seller_transfers'))").fetchone()
    return str(found[0]) if found else "?"


def execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def timed(what: str, dsn: str) -> Report:
    with connect(dsn) as database:
        begun = time.perf_counter()
        report = audit(SPEC, database)
        taken = time.perf_counter() - begun
    assert report.incomplete == (), report.incomplete
    of_rows = sum("count" in dict(finding.facts) for finding in report.findings)
    print(f"{what}: {taken:.1f} s, {len(report.findings)} findings, {of_rows} of them about rows")
    return report


@contextmanager
def seen_locks(dsn: str) -> Iterator[set[str]]:
    """Collect the modes of the locks that the audit holds on the table, read a hundred times a second."""
    modes: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not over.wait(0.01):
                modes.update(str(mode) for (mode,) in connection.execute(HELD).fetchall())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield modes
    finally:
        over.set()
        watcher.join()


def compare(dsn: str, rows: int) -> None:
    """A writer's latency alone, beside audits, and beside the plainest scan there is."""
    alone = writer(dsn, rows)
    with repeated(lambda: audit_once(dsn)):
        beside = writer(dsn, rows)
    with repeated(lambda: execute(dsn, "select count(*) from seller_transfers")):
        scan = writer(dsn, rows)
    print(f"{'one update, ms':<24}{'median':>9}{'p99':>9}{'longest':>9}")
    for name, figures in (("alone", alone), ("beside audits", beside), ("beside count(*)", scan)):
        print(f"{name:<24}" + "".join(f"{figure * 1000:>9.2f}" for figure in figures))
    for name, figures in (("audits : alone", beside), ("count(*) : alone", scan)):
        print(f"{name:<24}" + "".join(f"{one / other:>9.2f}" for one, other in zip(figures, alone, strict=True)))


def audit_once(dsn: str) -> None:
    with connect(dsn) as database:
        audit(SPEC, database)


@contextmanager
def repeated(work: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            work()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def writer(dsn: str, rows: int) -> tuple[float, float, float]:
    """Median, 99th percentile and longest of single-row updates, one after the other, in seconds."""
    dice, taken = random.Random(7), []  # noqa: S311 - picks rows
    with psycopg.connect(dsn, autocommit=True) as connection:
        end = time.perf_counter() + WRITING
        while time.perf_counter() < end:
            begun = time.perf_counter()
            connection.execute(
                "update seller_transfers set claim_count = claim_count + 1 where id = %s", (dice.randint(1, rows),)
            )
            taken.append(time.perf_counter() - begun)
    ordered = sorted(taken)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.99)], ordered[-1]


if __name__ == "__main__":
    main()
