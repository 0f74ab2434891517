"""The workers' queries: what they do to rows, and that each uses its own index on a million of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Attempts, ClaimBy, Claims, Column, Lifecycle, Now, Queue, Status, Table, Transition
from pointsman.sql.queries import Query, queries
from pointsman.sql.schema_target import schema_sql
from pointsman_conformance.postgres import PostgresServer
from tests.acceptance.sql.applying import SPEC

LIFECYCLE = load(SPEC)
QUERIES = {query.name: query for query in queries(LIFECYCLE)}

MILLION = """
insert into seller_transfers
  (status, amount_cents, reversal_cents, stripe_transfer_id, stripe_reversal_id, next_retry_at, refund_requested_at)
select case when n % 200 = 0 then 'pending' when n % 250 = 1 then 'failed' when n % 500 = 3 then 'reversal_pending'
            when n % 10 = 5 then 'reversed' when n % 1000 = 7 then 'permanently_failed' else 'completed' end,
  1 + n % 90000, 1, 'tr_' || n, 'trr_' || n, now() - interval '1 hour' + n % 7200 * interval '1 second',
  case when n % 2000 = 9 then now() end
from generate_series(1, 1000000) as n
"""

INDEXES = {
    **{f"claim_{queue.name}": queue.index for queue in LIFECYCLE.queues},
    **{f"last_look_{queue.name}": "seller_transfers_pkey" for queue in LIFECYCLE.queues},
    "sweep_refund_requested": "idx_seller_transfers_refund_requested_kept",
}


def prepared(query: Query) -> str:
    types = {1: "(bigint)", 2: "(bigint, integer)"}[2 if "$2" in query.sql else 1]
    return f"prepare {query.name}{types} as {query.sql}"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def explained(connection: psycopg.Connection[Any], statement: str) -> list[dict[str, Any]]:
    row = connection.execute(f"explain (format json) {statement}".encode()).fetchone()
    assert row is not None
    text = next(iter(row.values())) if isinstance(row, dict) else row[0]
    return list(nodes((json.loads(text) if isinstance(text, str) else text)[0]["Plan"]))


# --- a million rows ---------------------------------------------------------------


@pytest.fixture(scope="module")
def million(postgres: PostgresServer) -> Iterator[psycopg.Connection]:
    """A table of a million rows of which few are in any queue."""
    with postgres.database() as dsn, psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(schema_sql(LIFECYCLE).encode())
        connection.execute(MILLION)
        connection.execute("vacuum analyze seller_transfers")
        for query in QUERIES.values():
            connection.execute(prepared(query).encode())
        yield connection


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan", "auto"])
@pytest.mark.parametrize("name", QUERIES)
def test_every_query_uses_its_own_index_on_a_million_rows(million: psycopg.Connection, name: str, mode: str) -> None:
    million.execute(f"set plan_cache_mode = {mode}".encode())
    words = "10, 1" if "$2" in QUERIES[name].sql else "10"
    plan = explained(million, f"execute {name}({words})")
    assert INDEXES[name] in {node.get("Index Name") for node in plan}
    assert "Seq Scan" not in {node["Node Type"] for node in plan}


@pytest.mark.parametrize("name", [name for name in QUERIES if name.startswith("claim_")])
def test_a_claim_reads_little_more_than_it_takes(million: psycopg.Connection, name: str) -> None:
    million.execute("set plan_cache_mode = force_generic_plan")
    with million.transaction(force_rollback=True):
        row = million.execute(f"explain (analyze, buffers, format json) execute {name}(10)".encode()).fetchone()
    assert row is not None
    scans = [node for node in nodes(row[0][0]["Plan"]) if node.get("Index Name") == INDEXES[name]]
    assert scans
    # Rows of one due time are sorted by key, so a few more than ten may be read.
    assert all(node["Actual Rows"] <= 200 for node in scans)


def test_a_status_in_a_parameter_would_lose_the_index(million: psycopg.Connection) -> None:
    million.execute("set plan_cache_mode = force_generic_plan")
    literal = QUERIES["claim_reversal"].sql
    assert literal.count("'reversal_pending'") == 2
    parameter = literal.replace("'reversal_pending'", "$2")
    million.execute(f"prepare naive(bigint, text) as {parameter}".encode())
    plan = explained(million, "execute naive(10, 'reversal_pending')")
    million.execute("deallocate naive")
    assert INDEXES["claim_reversal"] not in {node.get("Index Name") for node in plan}


def two_statuses() -> Lifecycle:
    statuses = (Status("new", "new", initial=True), Status("again", "again"), Status("done", "done", terminal=True))
    moves = tuple(Transition(name, "done") for name in ("new", "again"))
    columns = (Column("due", "timestamptz", default=Now.NOW), Column("claim", "integer", default=0))
    queue = Queue("both", ("new", "again"), due="due", order=("due", "id"), index="idx_both")
    claims = Claims(ClaimBy.BUMP, lease=timedelta(minutes=1), fence="claim")
    return Lifecycle(
        "two", statuses, moves, table=Table("jobs", "status", columns=columns), queues=(queue,), claims=claims
    )


def test_a_queue_of_several_statuses_is_read_in_order_without_sorting_its_backlog(database: str) -> None:
    lifecycle = two_statuses()
    claim = next(query for query in queries(lifecycle) if query.name == "claim_both")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(schema_sql(lifecycle).encode())
        connection.execute(
            "insert into jobs (status, due) select (array['new', 'again', 'done'])[1 + n % 3], "
            "now() - n * interval '1 millisecond' from generate_series(1, 200000) as n"
        )
        connection.execute("analyze jobs")
        connection.execute("set plan_cache_mode = force_generic_plan")
        connection.execute(f"prepare claim(bigint) as {claim.sql}".encode())
        plan = explained(connection, "execute claim(10)")
    assert "idx_both" in {node.get("Index Name") for node in plan}
    assert {"Sort", "Seq Scan"}.isdisjoint(node["Node Type"] for node in plan)


# --- what they do -----------------------------------------------------------------


@pytest.fixture
def table(database: str) -> Iterator[psycopg.Connection[DictRow]]:
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        connection.execute(schema_sql(LIFECYCLE).encode())
        for query in QUERIES.values():
            connection.execute(prepared(query).encode())
        yield connection


def insert(connection: psycopg.Connection[DictRow], **columns: object) -> int:
    given: dict[str, object] = {
        "amount_cents": 100,
        "stripe_transfer_id": "tr",
        "reversal_cents": 100,
        "status": "reversal_pending",
    }
    given.update(columns)
    names, marks = ", ".join(given), ", ".join(["%s"] * len(given))
    sql = f"insert into seller_transfers ({names}) values ({marks}) returning id"
    row = connection.execute(sql.encode(), tuple(given.values())).fetchone()
    assert row is not None
    return int(row["id"])


def call(connection: psycopg.Connection[DictRow], statement: str) -> list[DictRow]:
    return connection.execute(f"execute {statement}".encode()).fetchall()


def test_a_claim_counts_the_attempt_raises_the_fence_and_sets_the_lease(table: psycopg.Connection[DictRow]) -> None:
    insert(table)
    (row,) = call(table, "claim_reversal(5)")
    assert (row["claim_count"], row["retry_count"], row["settle_only"]) == (1, 1, False)
    assert row["next_retry_at"] - row["key_first_used_at"] == timedelta(minutes=10)
    assert call(table, "claim_reversal(5)") == []


def test_the_first_use_of_a_key_is_kept_by_later_claims(table: psycopg.Connection[DictRow]) -> None:
    insert(table, key_first_used_at="2001-01-01T00:00Z")
    (row,) = call(table, "claim_reversal(5)")
    assert row["key_first_used_at"].year == 2001


def test_a_claim_past_the_limit_is_only_for_settling_and_counts_nothing(table: psycopg.Connection[DictRow]) -> None:
    insert(table, retry_count=11)
    (last,) = call(table, "claim_reversal(5)")
    assert (last["retry_count"], last["settle_only"]) == (12, False)
    table.execute("update seller_transfers set next_retry_at = now(), key_first_used_at = null")
    (settling,) = call(table, "claim_reversal(5)")
    assert (settling["retry_count"], settling["settle_only"]) == (12, True)
    assert settling["key_first_used_at"] is None
    assert settling["claim_count"] == last["claim_count"] + 1


def test_the_oldest_rows_are_claimed_first_and_rows_not_yet_due_are_left(table: psycopg.Connection[DictRow]) -> None:
    young = insert(table, next_retry_at="2002-01-01T00:00Z")
    old = insert(table, next_retry_at="2001-01-01T00:00Z")
    insert(table, next_retry_at="2999-01-01T00:00Z")
    insert(table, status="completed")
    assert [row["id"] for row in call(table, "claim_reversal(1)")] == [old]
    assert [row["id"] for row in call(table, "claim_reversal(9)")] == [young]


def test_two_workers_at_once_never_claim_the_same_row(database: str, table: psycopg.Connection[DictRow]) -> None:
    both = {insert(table), insert(table)}
    with psycopg.connect(database, row_factory=dict_row) as other:
        other.execute(prepared(QUERIES["claim_reversal"]).encode())
        first = [row["id"] for row in call(other, "claim_reversal(1)")]
        second = [row["id"] for row in call(table, "claim_reversal(2)")]
    assert len(first) == len(second) == 1
    assert {*first, *second} == both


NAIVE_CLAIM = """
update seller_transfers set claim_count = claim_count + 1
where status = 'reversal_pending' and id in (
  select id from seller_transfers where status = 'reversal_pending' and next_retry_at <= now()
  order by next_retry_at, id limit 1 for update skip locked)
returning id
"""
"""findings/postgres-limit-in-a-subquery-claims-more.sh says when this claims every due row."""


def test_a_claim_takes_no_more_than_asked_where_a_limit_in_a_sub_select_takes_all(
    table: psycopg.Connection[DictRow],
) -> None:
    table.execute(
        "insert into seller_transfers (status, amount_cents, stripe_transfer_id) "
        "select 'completed', 1, 'tr_' || n from generate_series(1, 10000) as n"
    )
    table.execute("vacuum analyze seller_transfers")
    oldest, *_ = [insert(table) for _ in range(5)]
    with table.transaction(force_rollback=True):
        assert len(table.execute(NAIVE_CLAIM).fetchall()) == 5
    assert [row["id"] for row in call(table, "claim_reversal(1)")] == [oldest]


def test_the_last_look_finds_a_standing_claim_and_no_other(table: psycopg.Connection[DictRow]) -> None:
    key = insert(table)
    call(table, "claim_reversal(1)")
    assert [row["id"] for row in call(table, f"last_look_reversal({key}, 1)")] == [key]
    assert call(table, f"last_look_reversal({key}, 2)") == []


@pytest.mark.parametrize(("left", "found"), [("211 seconds", 1), ("209 seconds", 0), ("-1 hour", 0)])
def test_the_last_look_wants_more_of_the_lease_than_a_pause_and_a_request_take(
    table: psycopg.Connection[DictRow], left: str, found: int
) -> None:
    key = insert(table)
    call(table, "claim_reversal(1)")
    table.execute(f"update seller_transfers set next_retry_at = clock_timestamp() + interval '{left}'".encode())
    assert len(call(table, f"last_look_reversal({key}, 1)")) == found


def test_the_last_look_in_an_old_transaction_looks_at_the_real_time(table: psycopg.Connection[DictRow]) -> None:
    key = insert(table)
    with table.transaction():
        call(table, "claim_reversal(1)")
        table.execute("update seller_transfers set next_retry_at = now() + interval '210.2 seconds'")
        table.execute("select pg_sleep(0.3)")
        assert call(table, f"last_look_reversal({key}, 1)") == []


def test_the_sweep_applies_a_kept_event_once_and_enters_the_status_as_the_spec_says(
    table: psycopg.Connection[DictRow],
) -> None:
    key = insert(table, status="completed", refund_requested_at="2001-01-01T00:00Z", retry_count=3)
    insert(table, status="completed")
    insert(table, status="failed", refund_requested_at="2001-01-01T00:00Z")
    (row,) = call(table, "sweep_refund_requested(10)")
    assert (row["id"], row["status"], row["retry_count"]) == (key, "reversal_pending", 0)
    assert row["refund_requested_at"] is None
    assert row["next_retry_at"] is not None
    assert call(table, "sweep_refund_requested(10)") == []


def test_claiming_by_lock_writes_nothing_and_holds_the_rows(database: str) -> None:
    lifecycle = replace(two_statuses(), claims=Claims(ClaimBy.LOCK))
    (lock,) = queries(lifecycle)
    with (
        psycopg.connect(database) as one,
        psycopg.connect(database) as two,
    ):
        one.execute(schema_sql(lifecycle).encode())
        one.execute("insert into jobs (status) values ('new'), ('again')")
        one.commit()
        for worker in (one, two):
            worker.execute(f"prepare claim(bigint) as {lock.sql}".encode())
        first = one.execute("execute claim(1)").fetchall()
        second = two.execute("execute claim(5)").fetchall()
        assert len(first) == len(second) == 1
        assert first != second


def test_a_column_or_table_named_like_a_part_of_a_query_is_no_obstacle(database: str) -> None:
    base = two_statuses()
    columns = (
        Column("settle_only", "integer", default=0), Column("t", "timestamptz", default=Now.NOW),
        Column("claimable", "integer", default=0), Column("kept", "integer", default=0),
    )  # fmt: skip
    (queue,) = base.queues
    queue = replace(queue, due="t", order=("t", "id"), attempts=Attempts("settle_only", 2))
    claims = Claims(ClaimBy.BUMP, lease=timedelta(minutes=1), fence="claimable")
    with psycopg.connect(database) as connection:
        for name in ("claimable", "kept", "t"):
            table = Table(name, "status", columns=columns)
            lifecycle = replace(base, table=table, queues=(replace(queue, index=f"idx_{name}"),), claims=claims)
            connection.execute(schema_sql(lifecycle).encode())
            connection.execute(f"insert into {name} (status) values ('new')".encode())
            claim = queries(lifecycle)[0].sql.replace("$1", "5")
            answer = connection.execute(claim.encode())
            assert [column.name for column in answer.description or ()][-1] == "settle_only_"
            assert len(answer.fetchall()) == 1
