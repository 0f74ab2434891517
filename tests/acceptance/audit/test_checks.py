"""Every check of the audit: a table that triggers exactly it, and a clean one that triggers nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.auditing.run import CODES, AuditScope
from pointsman.spec.finding import Severity
from pointsman.spec.lifecycle import Column, EarlyEvent, Event, Lifecycle, Status, Table, Transition
from pointsman.sql.schema import wanted
from pointsman.sql.schema_target import schema_sql
from tests.acceptance.audit.tables import SPEC, UNENFORCED, codes, execute, look, make

BROKEN_ROWS: dict[str, str] = {
    "unknown-status": "update seller_transfers set status = 'cancelled' where status = 'pending'",
    "requires-broken": "update seller_transfers set stripe_transfer_id = null where status = 'completed'",
    "condition-broken": "update seller_transfers set amount_cents = 0 where status = 'permanently_failed'",
    "attempts-out-of-bounds": "update seller_transfers set retry_count = 13 where status = 'failed'",
    "never-picked-up": "update seller_transfers set next_retry_at = 'infinity' where status = 'failed'",
    "overdue": "update seller_transfers set next_retry_at = now() - interval '7h 23m' where status = 'failed'",
    "due-too-late": "update seller_transfers set next_retry_at = now() + interval '7h 13m' where status = 'failed'",
    "kept-event-not-applied": (
        "update seller_transfers set refund_requested_at = now() - interval '8h' where status = 'completed'"
    ),
}

BROKEN_TABLES: dict[str, str] = {
    "table-missing": "drop table seller_transfers",
    "column-missing": "alter table seller_transfers drop column stripe_reversal_id",
    "column-type": "alter table seller_transfers alter column amount_cents type numeric",
    "column-nullability": "alter table seller_transfers alter column key_generation drop not null",
    "column-default": "alter table seller_transfers alter column retry_count set default 1",
    "key-missing": "alter table seller_transfers drop constraint seller_transfers_pkey",
    "status-nullable": "alter table seller_transfers alter column status drop not null",
    "status-refused": (
        "alter table seller_transfers add constraint old check (status = 'pending' or status = 'completed') not valid"
    ),
    "check-missing": "alter table seller_transfers drop constraint seller_transfers_status_known",
    "check-not-valid": (
        "alter table seller_transfers drop constraint seller_transfers_amount_cents_check, "
        "add constraint seller_transfers_amount_cents_check check (amount_cents > 0) not valid"
    ),
    "check-different": (
        "alter table seller_transfers drop constraint seller_transfers_amount_cents_check, "
        "add constraint seller_transfers_amount_cents_check check (amount_cents >= 0)"
    ),
    "index-missing": "drop index idx_seller_transfers_retry",
    "index-invalid": (
        "update pg_index set indisvalid = false where indexrelid = 'idx_seller_transfers_retry'::regclass"
    ),
    "index-different": (
        "drop index idx_seller_transfers_retry; "
        "create index idx_seller_transfers_retry on seller_transfers (status, next_retry_at) where status = 'pending'"
    ),
    "trigger-missing": "drop trigger seller_transfers_status_transitions on seller_transfers",
    "trigger-disabled": ("alter table seller_transfers disable trigger seller_transfers_status_transitions"),
    "trigger-different": (
        "create or replace function seller_transfers_status_transitions() returns trigger language plpgsql "
        "as $$ begin return null; end $$"
    ),
}

NULL_FOUND = (
    "alter table seller_transfers alter column key_generation drop not null",
    "update seller_transfers set key_generation = null where status = 'completed'",
)


@pytest.mark.parametrize("lifecycle", [SPEC, UNENFORCED], ids=["enforced", "unenforced"])
def test_a_table_as_the_schema_makes_it_has_no_findings(database: str, lifecycle: Lifecycle) -> None:
    make(database, lifecycle)
    assert codes(look(database, lifecycle)) == set()


@pytest.mark.parametrize("code", BROKEN_ROWS)
def test_a_row_that_breaks_one_thing_is_found_by_its_check_alone(database: str, code: str) -> None:
    make(database, UNENFORCED, BROKEN_ROWS[code])
    report = look(database, UNENFORCED)
    assert codes(report) == {code}
    facts = dict(report.findings[0].facts)
    assert facts["count"] == "1"
    assert facts["query"].startswith("select ")


@pytest.mark.parametrize("code", BROKEN_TABLES)
def test_a_table_that_breaks_one_thing_is_found_by_its_check_alone(database: str, code: str) -> None:
    make(database, SPEC, BROKEN_TABLES[code])
    assert codes(look(database)) == {code}


@pytest.mark.parametrize("type_", ["varchar(40)", "char(20)"])
def test_a_status_of_another_text_type_makes_no_difference(database: str, type_: str) -> None:
    assert SPEC.table is not None
    table = replace(SPEC.table, columns=(Column("status", type_), *SPEC.table.columns))
    lifecycle = replace(SPEC, table=table)
    make(database, lifecycle)
    assert codes(look(database, lifecycle)) == set()


OTHER_INDEXES = (
    "unique index {name} on seller_transfers (status, next_retry_at) where status = 'failed'",
    "index {name} on seller_transfers (next_retry_at, status) where status = 'failed'",
    "index {name} on seller_transfers (status, next_retry_at desc) where status = 'failed'",
    "index {name} on seller_transfers (status, next_retry_at nulls first) where status = 'failed'",
    "index {name} on seller_transfers (status text_pattern_ops, next_retry_at) where status = 'failed'",
    "index {name} on seller_transfers (status collate \"C\", next_retry_at) where status = 'failed'",
    "index {name} on seller_transfers (status, next_retry_at)",
    "index {name} on seller_transfers using brin (status, next_retry_at) where status = 'failed'",
)


@pytest.mark.parametrize("index", OTHER_INDEXES)
def test_an_index_that_serves_other_queries_is_different(database: str, index: str) -> None:
    make(
        database,
        SPEC,
        "drop index idx_seller_transfers_retry",
        "create " + index.format(name="idx_seller_transfers_retry"),
    )
    assert codes(look(database)) == {"index-different"}


def test_columns_that_an_index_only_includes_make_no_difference(database: str) -> None:
    index = "on seller_transfers (status, next_retry_at) include (amount_cents) where status in ('failed')"
    make(database, SPEC, "drop index idx_seller_transfers_retry", f"create index idx_seller_transfers_retry {index}")
    assert codes(look(database)) == set()


def test_the_order_of_statuses_in_the_spec_makes_no_difference(database: str) -> None:
    early = Event(
        "stop", "stop", otherwise=(("new", EarlyEvent.KEEP), ("done", EarlyEvent.IGNORE)), keep_in="stop_asked_at"
    )
    lifecycle = Lifecycle(
        "order",
        (Status("new", "new", initial=True), Status("open", "open"), Status("paid", "paid"), Status("done", "done")),
        (Transition("open", "done", "stop"), Transition("paid", "done", "stop"), Transition("new", "open", "go")),
        table=Table("orders", "status", columns=(Column("stop_asked_at", "timestamptz", nullable=True),)),
        events=(early,),
    )
    execute(database, schema_sql(lifecycle))
    assert wanted(lifecycle).indexes[0].where == "status IN ('open', 'paid') AND stop_asked_at IS NOT NULL"
    assert codes(look(database, replace(lifecycle, statuses=lifecycle.statuses[::-1]))) == set()


def test_null_in_a_column_that_must_not_be_null_is_found_beside_the_column_that_allows_it(database: str) -> None:
    make(database, UNENFORCED, *NULL_FOUND)
    assert codes(look(database, UNENFORCED)) == {"null-found", "column-nullability"}


def test_every_check_has_a_table_that_triggers_it() -> None:
    assert {*BROKEN_ROWS, *BROKEN_TABLES, "null-found"} == set(CODES)


@pytest.mark.parametrize("code", ["overdue", "index-missing"])
def test_a_check_that_is_not_asked_for_says_nothing(database: str, code: str) -> None:
    lifecycle = UNENFORCED if code in BROKEN_ROWS else SPEC
    make(database, lifecycle, (BROKEN_ROWS | BROKEN_TABLES)[code])
    assert codes(look(database, lifecycle, AuditScope(codes=frozenset(CODES) - {code}))) == set()


def test_the_severities_fail_a_run_for_everything_but_notes(database: str) -> None:
    make(database, SPEC, "alter index idx_seller_transfers_retry rename to retry_by_another_name")
    report = look(database)
    assert [(finding.code, finding.severity) for finding in report.findings] == [("index-different", Severity.NOTE)]
