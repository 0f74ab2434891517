"""What the audit does where it may not look, or where the table is not what the spec thinks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from pointsman.auditing.run import CODES, AuditScope, audit
from pointsman.database import Database, DatabaseRow, DatabaseValue, Timeouts, connect
from pointsman.spec.lifecycle import Column, Lifecycle, Status, Table, Transition
from tests.acceptance.audit.tables import SPEC, UNENFORCED, codes, execute, look, make

BARE = "create table seller_transfers (id bigint, status text)"


@pytest.fixture
def auditor(database: str) -> Iterator[str]:
    """The DSN of a role that may connect and do nothing else."""
    execute(database, "create role auditor login password 'x'")
    try:
        yield psycopg.conninfo.make_conninfo(database, user="auditor", password="x")  # noqa: S106 - made up
    finally:
        execute(database, "drop owned by auditor", "drop role auditor")


def test_a_role_that_may_not_read_the_table_still_reads_the_catalogue(database: str, auditor: str) -> None:
    make(
        database,
        SPEC,
        "drop index idx_seller_transfers_retry",
        "alter table seller_transfers alter status drop not null",
    )
    report = look(auditor)
    assert {finding.code for finding in report.findings} == {"status-nullable"}
    assert any("Grant SELECT on public.seller_transfers" in sentence for sentence in report.incomplete)


def test_a_role_that_may_read_some_columns_answers_what_they_answer(database: str, auditor: str) -> None:
    make(
        database,
        UNENFORCED,
        "grant select (id, status, retry_count) on seller_transfers to auditor",
        "update seller_transfers set retry_count = 99, amount_cents = 0",
    )
    report = look(auditor, UNENFORCED)
    assert {finding.code for finding in report.findings} == {"attempts-out-of-bounds"}
    assert any("amount_cents" in sentence and "permission denied" in sentence for sentence in report.incomplete)


def test_rows_that_a_policy_hides_are_not_passed_over_in_silence(database: str, auditor: str) -> None:
    make(
        database,
        UNENFORCED,
        "alter table seller_transfers enable row level security",
        "create policy own on seller_transfers using (status = 'completed')",
        "grant select on seller_transfers to auditor",
    )
    report = look(auditor, UNENFORCED)
    assert any("row-level security" in sentence for sentence in report.incomplete)


def test_a_query_that_takes_too_long_leaves_the_rows_out_and_says_how_to_go_on(database: str) -> None:
    execute(database, BARE, "insert into seller_transfers select i, 'completed' from generate_series(1, 1500000) i")
    with connect(database, timeouts=Timeouts(statement=timedelta(milliseconds=100))) as opened:
        report = audit(UNENFORCED, opened)
    assert any("--statement-timeout" in sentence for sentence in report.incomplete)


def test_a_table_with_nothing_but_a_key_and_a_status_is_audited(database: str) -> None:
    execute(database, BARE, "insert into seller_transfers values (1, 'completed'), (2, 'gone'), (3, null)")
    found = {finding.code: finding for finding in look(database).findings}
    assert {"column-missing", "key-missing", "status-nullable", "unknown-status", "trigger-missing"} <= found.keys()
    assert found["unknown-status"].message.endswith("2 ('gone': 1, null: 1).")


def test_a_table_without_the_status_column_still_answers_for_its_other_columns(database: str) -> None:
    execute(
        database,
        "create table seller_transfers (id bigint primary key, amount_cents bigint not null)",
        "insert into seller_transfers values (1, 0)",
    )
    found = {finding.code for finding in look(database, UNENFORCED).findings}
    assert {"column-missing", "condition-broken"} <= found
    assert "unknown-status" not in found


def test_a_table_without_the_key_column_shows_rows_by_their_place(database: str) -> None:
    execute(
        database, "create table seller_transfers (status text not null)", "insert into seller_transfers values ('x')"
    )
    (facts,) = (dict(finding.facts) for finding in look(database).findings if finding.code == "unknown-status")
    assert facts["examples"] == "(0,1)"


def test_a_table_in_another_schema_is_found_there_and_named(database: str) -> None:
    execute(database, "create schema billing", "create table billing.seller_transfers (id bigint)")
    (finding,) = look(database).findings
    assert finding.code == "table-missing"
    assert "'billing'" in finding.help
    assert SPEC.table is not None
    placed = replace(SPEC, table=replace(SPEC.table, schema="billing"))
    assert "table-missing" not in {finding.code for finding in look(database, placed).findings}


def test_a_view_is_not_taken_for_the_table(database: str) -> None:
    execute(database, "create view seller_transfers as select 1 as id, 'completed' as status")
    (finding,) = look(database).findings
    assert finding.message == "public.seller_transfers is a view, not a table."


def test_columns_of_types_that_do_not_compare_leave_out_their_own_questions_only(database: str) -> None:
    execute(
        database,
        "create table seller_transfers (id bigint primary key, status text not null, amount_cents text, "
        "retry_count text, next_retry_at text)",
        "insert into seller_transfers values (1, 'gone', 'x', 'y', 'z')",
    )
    report = look(database, UNENFORCED)
    assert {"column-type", "unknown-status"} <= {finding.code for finding in report.findings}
    assert any(sentence.startswith("Rows that break the condition of 'amount_cents'") for sentence in report.incomplete)


# --- how the status is stored ----------------------------------------------------

STORED = {
    "text": ("text", "pending"),
    "varchar": ("varchar(40)", "pending"),
    "char": ("char(20)", "pending"),
    "char with a blank": ("char(20)", "pending "),
    "enum": ("stored_status", "pending"),
    "domain": ("short_text", "pending"),
    "integer": ("integer", "1"),
}


def _small(value: str) -> Lifecycle:
    return Lifecycle(
        "order_line",
        (Status("open", value, initial=True), Status("done", "2", terminal=True, requires=("paid_at",))),
        (Transition("open", "done"),),
        table=Table(
            "order_lines", "status", columns=(Column("paid_at", "timestamptz", nullable=True),), enforce=frozenset()
        ),
    )


@pytest.mark.parametrize("how", STORED)
def test_statuses_are_read_however_they_are_stored(database: str, how: str) -> None:
    type_, value = STORED[how]
    execute(
        database,
        "create type stored_status as enum ('pending', '2', '3')",
        "create domain short_text as varchar(10)",
        f"create table order_lines (id bigint primary key, status {type_} not null, paid_at timestamptz)",
        f"insert into order_lines values (1, '{value}', null), (2, '2', null), (3, '2', now()), (4, '3', null)",
    )
    report = look(database, _small(value))
    assert codes(report) == {"requires-broken", "unknown-status"}
    assert {(each.status, each.rows) for each in report.statuses or ()} == {("open", 1), ("done", 2), (None, 1)}


def test_an_enum_that_lacks_a_status_refuses_it_and_one_that_has_more_needs_the_check(database: str) -> None:
    execute(
        database,
        "create type stored_status as enum ('pending', '3')",
        "create table order_lines (id bigint primary key, status stored_status not null, paid_at timestamptz)",
    )
    lifecycle = _small("pending")
    assert lifecycle.table is not None
    enforced = replace(
        lifecycle, table=replace(lifecycle.table, enforce=frozenset(SPEC.table.enforce if SPEC.table else ()))
    )
    found = codes(look(database, enforced, AuditScope(codes=frozenset(CODES) - {"trigger-missing"})))
    assert "status-refused" in found


def test_values_that_are_hostile_to_sql_are_compared_as_they_are(database: str) -> None:
    value = 'it\'s \\ "x"; drop table order_lines -- %s {0} \u2028'
    lifecycle = _small(value)
    execute(database, "create table order_lines (id bigint primary key, status text not null, paid_at timestamptz)")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("insert into order_lines values (1, %s, null)", (value,))
    report = look(database, lifecycle)
    assert codes(report) == set()
    assert {(each.status, each.rows) for each in report.statuses or ()} == {("open", 1)}


def test_a_partitioned_table_is_counted_over_all_its_partitions(database: str) -> None:
    execute(
        database,
        "create table order_lines (id bigint, status text not null, paid_at timestamptz, primary key (id)) "
        "partition by range (id)",
        "create table order_lines_1 partition of order_lines for values from (0) to (10)",
        "create table order_lines_2 partition of order_lines for values from (10) to (20)",
        "insert into order_lines values (1, 'pending', null), (11, 'gone', null)",
    )
    report = look(database, _small("pending"))
    assert codes(report) == {"unknown-status"}
    assert sum(each.rows for each in report.statuses or ()) == 2


def test_a_condition_that_calls_code_of_others_is_never_handed_to_the_planner(database: str) -> None:
    make(
        database,
        SPEC,
        "create function loud() returns text immutable language plpgsql as $$ begin raise exception 'I ran'; end $$",
    )
    execute(
        database,
        "alter table seller_transfers add constraint evil check (status <> loud()) not valid",
        "alter table seller_transfers alter column stripe_transfer_id set default loud()",
    )
    with closing(psycopg.connect(database, autocommit=True)) as connection:
        opened = Recording(connection, Timeouts())
        opened.queries = []
        report = audit(SPEC, opened)
    assert codes(report) == {"column-default"}
    assert any("explain" in query for query in opened.queries)
    assert not any("loud" in query for query in opened.queries)


class Recording(Database):
    """A connection that notes down what it asks."""

    queries: list[str]

    def read(
        self, query: str, parameters: Sequence[DatabaseValue] | Mapping[str, DatabaseValue] | None = None
    ) -> tuple[DatabaseRow, ...]:
        self.queries.append(query)
        return super().read(query, parameters)


# --- a part of the table ---------------------------------------------------------


def test_a_sample_is_said_to_be_incomplete(database: str) -> None:
    make(database, UNENFORCED)
    report = look(database, UNENFORCED, AuditScope(sample=100))
    assert report.findings == ()
    assert report.incomplete == ("Only 100 % of the table was read; other rows may break the spec too.",)


def test_many_rows_are_counted_exactly_and_shown_by_a_few(database: str) -> None:
    make(
        database,
        UNENFORCED,
        "insert into seller_transfers (status, amount_cents) select 'gone', 1 from generate_series(1, 3000)",
        "insert into seller_transfers (status, amount_cents) select 'lost', 1 from generate_series(1, 20)",
        "insert into seller_transfers (status, amount_cents) select 'failed', 0 from generate_series(1, 3)",
    )
    found = {
        finding.code: dict(finding.facts) for finding in look(database, UNENFORCED, AuditScope(examples=2)).findings
    }
    assert found["unknown-status"]["count"] == "3020"
    assert found["unknown-status"]["values"] == "'gone': 3,000, 'lost': 20"
    assert found["condition-broken"] == {
        "count": "3",
        "examples": "3027, 3028",
        "query": "select id::text, amount_cents::text from public.seller_transfers where not (amount_cents > 0)",
    }


def test_questions_that_do_not_fit_one_query_are_asked_in_several(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(
        database,
        UNENFORCED,
        "update seller_transfers set retry_count = 99, stripe_transfer_id = null, next_retry_at = null",
    )
    whole = look(database, UNENFORCED)
    monkeypatch.setattr("pointsman.auditing.rows.MOST_COUNTS", 1)
    assert look(database, UNENFORCED) == whole
    assert len(whole.findings) > 3


def test_examples_for_which_there_was_no_time_take_nothing_from_the_count(database: str) -> None:
    make(database, UNENFORCED, "update seller_transfers set status = 'gone' where status = 'failed'")
    with closing(psycopg.connect(database, autocommit=True)) as connection:
        report = audit(UNENFORCED, Hasty(connection, Timeouts()))
    (finding,) = report.findings
    assert finding.message == "Rows whose status the spec does not know: 1."
    assert report.incomplete == ()


class Hasty(Database):
    """A connection on which a query that fetches examples is cut short."""

    def read(
        self, query: str, parameters: Sequence[DatabaseValue] | Mapping[str, DatabaseValue] | None = None
    ) -> tuple[DatabaseRow, ...]:
        if query.startswith("select ") and " limit " in query:
            query = f"select pg_sleep(1), ({query.replace('select ', 'select 1 from (select ', 1)}) as q limit 1)"
            with self.transaction(read_only=True):
                self.execute("set local statement_timeout = '20ms'")
                return self.ask(query, parameters)
        return super().read(query, parameters)
