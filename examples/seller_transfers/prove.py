"""Applies every migration to a real PostgreSQL and tries every pair of statuses.

Starts a throw-away server (or uses the one that POINTSMAN_TEST_DSN names),
applies the migrations in order, and tries each of the 36 pairs as an UPDATE.
Nothing is left behind.

    python examples/seller_transfers/prove.py
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import psycopg
from psycopg import sql

from pointsman.loading.load import load
from pointsman_conformance.postgres import Postgres, PostgresError

ROOT = Path(__file__).resolve().parents[2]

# A row that satisfies what every status requires, so that only the move is judged.
ROW = """
insert into seller_transfers
  (status, amount_cents, reversal_cents, stripe_transfer_id, stripe_reversal_id, next_retry_at)
values (%s, 1000, 1000, 'tr_1', 'trr_1', now()) returning id
"""


def migrations(folder: Path) -> list[Path]:
    """The files of migrations without those that undo them, in order."""
    return sorted(file for file in folder.glob("[0-9]*.sql") if not file.stem.endswith("_down"))


def apply(connection: psycopg.Connection, files: list[Path]) -> Iterator[str]:
    """Run each file as one message to the server, as a migration runner does."""
    for file in files:
        connection.execute(file.read_bytes())
        yield file.stem


def answer(connection: psycopg.Connection, source: str, target: str) -> str:
    """Move a row from `source` to `target`; returns the constraint that refused it, or an empty text."""
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        (row,) = cursor.execute(ROW, [source]).fetchone() or (None,)
        try:
            cursor.execute(sql.SQL("update seller_transfers set status = %s where id = %s"), [target, row])
        except psycopg.errors.CheckViolation as refusal:
            return str(refusal.diag.constraint_name)
    return ""


def prove(dsn: str) -> bool:
    """Print the database's answers; True if they agree with the spec."""
    lifecycle = load(ROOT / "spec" / "seller_transfer.yaml")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name in apply(connection, migrations(ROOT / "migrations")):
            print(f"  applied {name}")
        names = [status.name for status in lifecycle.statuses]
        answers = {pair: answer(connection, *pair) for pair in product(names, names)}
    print(f"\n{'from / to':>20}  {'  '.join(f'{name[:8]:<8}' for name in names)}")
    for source in names:
        cells = ("refused" if answers[source, target] else "=" if source == target else "moves" for target in names)
        print(f"{source:>20}  {'  '.join(f'{cell:<8}' for cell in cells)}")
    refusals = Counter(filter(None, answers.values()))
    expected = {(a, b) for a, b in answers if a != b and (a, b) not in lifecycle.pairs}
    print(f"\n{len(answers) - refusals.total()} pairs accepted, {refusals.total()} refused by {', '.join(refusals)}.")
    return {pair for pair, rule in answers.items() if rule} == expected


def main() -> int:
    """The exit code: 0 when the database agrees with the spec on every pair."""
    try:
        with Postgres.for_tests() as server, server.database() as dsn:
            print(f"PostgreSQL {server.version} is running.")
            agrees = prove(dsn)
    except PostgresError as error:
        print(error, file=sys.stderr)
        return 1
    print("The database and the spec agree." if agrees else "The database and the spec DISAGREE.")
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
