"""What the database itself refuses, and how it says so."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Column, Enforcement, Lifecycle, Status, Table, Transition
from pointsman.sql.queries import queries
from pointsman.sql.quoting import KEYWORDS, identifier, literal
from pointsman.sql.schema_target import schema_sql
from tests.acceptance.sql.applying import ROOT, SPEC
from tests.lifecycles import HOSTILE_VALUES, UNPRINTABLE_VALUES

LIFECYCLE = load(SPEC)
VALUES = tuple(status.value for status in LIFECYCLE.statuses)
ALLOWED = frozenset((LIFECYCLE.status[a].value, LIFECYCLE.status[b].value) for a, b in LIFECYCLE.pairs)
PAIRS = tuple(itertools.product(VALUES, VALUES))
RULE = "seller_transfers_status_transitions"

COMPLETE_ROW = """
insert into seller_transfers (status, amount_cents, reversal_cents, stripe_transfer_id, stripe_reversal_id)
values (%s, 100, 100, 'tr_1', 'trr_1') returning id
"""


def enforcing(*enforced: Enforcement) -> str:
    assert LIFECYCLE.table is not None
    return schema_sql(replace(LIFECYCLE, table=replace(LIFECYCLE.table, enforce=frozenset(enforced))))


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def guarded(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(schema_sql(LIFECYCLE).encode())
    return connection


def move(connection: psycopg.Connection, source: str, target: str) -> None:
    row = connection.execute(COMPLETE_ROW, (source,)).fetchone()
    connection.execute("update seller_transfers set status = %s where id = %s", (target, row[0] if row else None))


def test_the_matrix_is_seven_moves_six_bumps_and_twenty_three_refusals() -> None:
    same = [pair for pair in PAIRS if pair[0] == pair[1]]
    assert (len(PAIRS), len(ALLOWED), len(same), len(PAIRS) - len(ALLOWED) - len(same)) == (36, 7, 6, 23)


def test_each_of_the_thirteen_pairs_is_accepted(guarded: psycopg.Connection) -> None:
    accepted = [pair for pair in PAIRS if pair in ALLOWED or pair[0] == pair[1]]
    assert len(accepted) == 13
    for source, target in accepted:
        move(guarded, source, target)


def test_each_of_the_twenty_three_pairs_is_refused_by_the_rules_name(guarded: psycopg.Connection) -> None:
    refused = [pair for pair in PAIRS if pair not in ALLOWED and pair[0] != pair[1]]
    assert len(refused) == 23
    for source, target in refused:
        with pytest.raises(psycopg.errors.CheckViolation) as refusal:
            move(guarded, source, target)
        said = refusal.value.diag
        assert (said.sqlstate, said.constraint_name) == ("23514", RULE)
        assert (said.schema_name, said.table_name, said.column_name) == ("public", "seller_transfers", "status")
        assert said.message_primary == f"seller_transfers.status must not change from '{source}' to '{target}'"


def test_the_hint_says_what_is_allowed_instead(guarded: psycopg.Connection) -> None:
    hints = {}
    for source, target in (("pending", "reversed"), ("reversed", "pending")):
        with pytest.raises(psycopg.errors.CheckViolation) as refusal:
            move(guarded, source, target)
        hints[source] = refusal.value.diag.message_hint
    assert hints["pending"] == "From 'pending' it may change to 'completed', 'failed'."
    assert hints["reversed"] == "There is no way out of 'reversed'."


def test_a_status_that_the_spec_does_not_know_is_refused_by_a_check(guarded: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        guarded.execute(COMPLETE_ROW, ("pendign",))
    assert refusal.value.diag.constraint_name == "seller_transfers_status_known"


def test_an_update_of_an_unknown_status_to_itself_is_refused_by_the_check(connection: psycopg.Connection) -> None:
    connection.execute(enforcing().encode())
    connection.execute(COMPLETE_ROW, ("pendign",))
    known = f"check (status in ({', '.join(literal(value) for value in VALUES)})) not valid"
    connection.execute(f"alter table seller_transfers add constraint seller_transfers_status_known {known}".encode())
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("update seller_transfers set status = status")


@pytest.mark.parametrize("target", VALUES)
def test_no_way_leads_out_of_an_unknown_status(connection: psycopg.Connection, target: str) -> None:
    connection.execute(enforcing(Enforcement.TRIGGER).encode())
    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        move(connection, "pendign", target)
    assert refusal.value.diag.constraint_name == RULE
    assert refusal.value.diag.message_hint == "'pendign' is not a status of seller_transfer."


def test_what_a_status_requires_is_a_check_with_the_statuss_name(guarded: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        guarded.execute("insert into seller_transfers (status, amount_cents) values ('completed', 1)")
    assert refusal.value.diag.constraint_name == "seller_transfers_completed_requires"


def test_a_status_that_another_before_trigger_changes_is_caught(guarded: psycopg.Connection) -> None:
    guarded.execute(
        "create function meddle() returns trigger language plpgsql as "
        "$$ begin new.status := 'reversed'; return new; end $$"
    )
    guarded.execute("create trigger zz_meddle before update on seller_transfers for each row execute function meddle()")
    guarded.execute(COMPLETE_ROW, ("pending",))
    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        guarded.execute("update seller_transfers set retry_count = 1")
    assert refusal.value.diag.constraint_name == RULE


def test_a_move_decided_on_a_status_from_before_a_wait_is_refused(database: str, guarded: psycopg.Connection) -> None:
    """findings/postgres-status-in-a-subquery-is-not-looked-at-again.sh: without the trigger, `failed` is written."""
    guarded.execute(COMPLETE_ROW, ("pending",))
    pending = "(select id from seller_transfers where status = 'pending')"
    with psycopg.connect(database, autocommit=True) as other, ThreadPoolExecutor(1) as thread:
        with guarded.transaction():
            guarded.execute("update seller_transfers set status = 'completed'")
            late = thread.submit(other.execute, f"update seller_transfers set status = 'failed' where id in {pending}")
            wait_until_blocked(guarded, other)
        with pytest.raises(psycopg.errors.CheckViolation) as refusal:
            late.result(timeout=20)
    assert refusal.value.diag.constraint_name == RULE


def wait_until_blocked(connection: psycopg.Connection, other: psycopg.Connection) -> None:
    """Return when `other` waits for a lock; fail after ten seconds."""
    waiting = "select from pg_locks where not granted and pid = %s"
    deadline = time.monotonic() + 10
    while connection.execute(waiting, (other.info.backend_pid,)).fetchone() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_upsert_and_merge_are_watched_too(guarded: psycopg.Connection) -> None:
    row = guarded.execute(COMPLETE_ROW, ("pending",)).fetchone()
    key = row[0] if row else None
    upsert = (
        "insert into seller_transfers (id, status, amount_cents, stripe_reversal_id) values (%s, 'reversed', 1, 'x') "
        "on conflict (id) do update set status = excluded.status"
    )
    merge = (
        "merge into seller_transfers t using (values (%s::bigint)) as v (id) on t.id = v.id "
        "when matched then update set status = 'reversed'"
    )
    for statement in (upsert, merge):
        with pytest.raises(psycopg.errors.CheckViolation) as refusal:
            guarded.execute(statement, (key,))
        assert refusal.value.diag.constraint_name == RULE


def test_the_rule_cannot_be_fooled_by_a_search_path(guarded: psycopg.Connection) -> None:
    guarded.execute("create schema hostile")
    guarded.execute("create function hostile.cardinality(text[]) returns int language sql as 'select 1/0'")
    guarded.execute(
        "create function hostile.same(text, text) returns boolean immutable language sql as 'select true';"
        "create operator hostile.= (leftarg = text, rightarg = text, function = hostile.same)"
    )
    guarded.execute("set search_path = hostile, public, pg_catalog")
    with pytest.raises(psycopg.errors.CheckViolation):
        move(guarded, "pending", "reversed")


@pytest.mark.parametrize(
    ("enforced", "kinds"),
    [((), set()), ((Enforcement.CHECK,), {"check"}), ((Enforcement.TRIGGER,), {"trigger"})],
)
def test_enforce_switches_checks_and_trigger_separately(
    connection: psycopg.Connection, enforced: tuple[Enforcement, ...], kinds: set[str]
) -> None:
    connection.execute(enforcing(*enforced).encode())
    found = connection.execute(
        "select 'check' from pg_constraint where contype = 'c' and conrelid = 'seller_transfers'::regclass "
        "union select 'trigger' from pg_trigger where not tgisinternal and tgrelid = 'seller_transfers'::regclass"
    ).fetchall()
    assert {kind for (kind,) in found} == kinds


# --- names and values ------------------------------------------------------------


def test_stored_values_of_every_kind_go_through_checks_trigger_and_index(connection: psycopg.Connection) -> None:
    values = HOSTILE_VALUES + UNPRINTABLE_VALUES
    statuses = tuple(Status(f"s{number}", value, requires=("due",)) for number, value in enumerate(values))
    ring = tuple(Transition(a.name, b.name) for a, b in zip(statuses, statuses[1:] + statuses[:1], strict=True))
    columns = (Column("due", "timestamptz", nullable=True),)
    lifecycle = Lifecycle("hostile", statuses, ring, table=Table("t", "status", columns=columns))
    connection.execute(schema_sql(lifecycle).encode())
    connection.execute("insert into t (status, due) values (%s, now())", (values[0],))
    for value in (*values[1:], values[0]):
        connection.execute("update t set status = %s", (value,))
    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        connection.execute("update t set status = %s", (values[5],))
    assert refusal.value.diag.constraint_name == "t_status_transitions"


def test_names_that_are_keywords_are_quoted(connection: psycopg.Connection) -> None:
    columns = (Column("order", "integer", default=0), Column("User", "text", nullable=True))
    table = Table("select", "case", primary_key="end", schema="Group", columns=columns)
    statuses = (Status("new", "new", initial=True, requires=("User",)), Status("old", "old"))
    connection.execute('create schema "Group"')
    lifecycle = Lifecycle("keywords", statuses, (Transition("new", "old"),), table=table)
    connection.execute(schema_sql(lifecycle).encode())
    name = SQL(".").join((Identifier("Group"), Identifier("select")))
    connection.execute(SQL("insert into {} (\"case\", \"User\") values ('new', 'me')").format(name))
    connection.execute(SQL("update {} set \"case\" = 'old'").format(name))
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(SQL("update {} set \"case\" = 'new'").format(name))


def test_we_quote_what_the_server_quotes(connection: psycopg.Connection) -> None:
    words = ["plain", "under_score", "Mixed", "ümlaut", "1st", 'qu"ote', "", " ", "a-b", "select", "status"]
    words += [row[0] for row in connection.execute("select word from pg_get_keywords()")]
    for word in words:
        row = connection.execute("select quote_ident(%s)", (word,)).fetchone()
        # A word that only another version takes for a keyword is quoted without need.
        expected = (f'"{word}"',) if word in KEYWORDS else row
        assert (identifier(word),) == expected
        assert row is not None
        assert not row[0].startswith('"') or identifier(word).startswith('"')


@pytest.mark.parametrize("conforming", ["on", "off"])
def test_a_literal_means_the_text_whatever_the_strings_setting_is(
    connection: psycopg.Connection, conforming: str
) -> None:
    connection.execute(f"set standard_conforming_strings = {conforming}; set backslash_quote = on".encode())
    connection.execute("set escape_string_warning = off")
    for value in HOSTILE_VALUES + UNPRINTABLE_VALUES:
        row = connection.execute(f"select {literal(value)}::text".encode()).fetchone()
        assert row == (value,)
        assert "\n" not in literal(value)


@pytest.mark.parametrize("path", sorted((ROOT / "spec").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_of_every_spec_of_the_repository_can_be_made(connection: psycopg.Connection, path: Path) -> None:
    lifecycle = load(path)
    assert lifecycle.table is not None
    if lifecycle.table.schema is not None:
        connection.execute(SQL("create schema {}").format(Identifier(lifecycle.table.schema)))
    connection.execute(schema_sql(lifecycle).encode())
    for query in queries(lifecycle):
        connection.execute(f"prepare {query.name} as {query.sql}".encode())
