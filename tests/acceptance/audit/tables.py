"""The seller transfer's table, as its schema makes it, with one good row in every status."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg

from pointsman.auditing.run import AuditScope, Report, audit
from pointsman.database import connect
from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman.sql.schema_target import schema_sql

SPEC = load(Path(__file__).parents[3] / "spec" / "seller_transfer.yaml")

assert SPEC.table is not None
UNENFORCED = replace(SPEC, table=replace(SPEC.table, enforce=frozenset()))
"""The same spec for a table on which the database refuses nothing, so that rows can break it."""

GOOD_ROWS = """
insert into seller_transfers (status, amount_cents, reversal_cents, stripe_transfer_id, stripe_reversal_id) values
  ('pending',            100, null, null,   null),
  ('completed',          100, null, 'tr_2', null),
  ('failed',             100, null, null,   null),
  ('reversal_pending',   100, 50,   'tr_4', null),
  ('reversed',           100, 50,   'tr_5', 'trr_5'),
  ('permanently_failed', 100, null, null,   null);
"""


def make(dsn: str, lifecycle: Lifecycle, *statements: str, rows: str = GOOD_ROWS) -> None:
    """The lifecycle's schema with rows, then what a test changes about them."""
    execute(dsn, schema_sql(lifecycle), rows, *statements)


def execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def look(dsn: str, lifecycle: Lifecycle = SPEC, scope: AuditScope | None = None) -> Report:
    with connect(dsn) as database:
        return audit(lifecycle, database, scope)


def codes(report: Report) -> set[str]:
    assert report.incomplete == ()
    return {finding.code for finding in report.findings}
