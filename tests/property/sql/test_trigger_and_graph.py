"""The trigger, the CHECK and the graph agree on every pair of statuses, whatever the statuses are stored as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg import sql

from pointsman.spec import database_names
from pointsman.spec.lifecycle import Enforcement, Lifecycle, Status, Table
from pointsman.sql.schema_target import schema_statements
from tests.lifecycles import lifecycles, stored_values

REFUSED = "23514"

TABLES = st.builds(
    Table,
    st.sampled_from(("orders", "order", "Mixed", "select", "user")),
    st.sampled_from(("status", "Status", "case", "value", "old_status", "allowed")),
    st.sampled_from(("id", "key", "ID", "order_by")),
)

TRY = """
create function pg_temp.try_move(was text, will_be text) returns text language plpgsql as $try$
declare rule text; state text; hint text;
begin
  delete from {table};
  insert into {table} ({status}) values (was);
  begin
    update {table} set {status} = will_be;
    return '';
  exception when others then
    get stacked diagnostics rule = constraint_name, state = returned_sqlstate;
    return state || ' ' || rule;
  end;
end $try$
"""

relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database) as opened:
        yield opened


def bare(lifecycle: Lifecycle, table: Table, *enforced: Enforcement) -> Lifecycle:
    """The lifecycle with nothing but its statuses and its moves, over a table of its own."""
    statuses = tuple(Status(each.name, each.value) for each in lifecycle.statuses)
    made = replace(table, columns=(), enforce=frozenset(enforced))
    return Lifecycle(lifecycle.name, statuses, lifecycle.transitions, table=made)


def make(connection: psycopg.Connection, lifecycle: Lifecycle) -> Table:
    assume(all(len(name.encode()) <= 63 for name, _ in database_names.derived_names(lifecycle)))
    connection.rollback()
    for statement in schema_statements(lifecycle):
        connection.execute(statement.sql.encode())
    assert lifecycle.table is not None
    return lifecycle.table


@relaxed
@given(lifecycles(), TABLES, stored_values())
def test_the_trigger_accepts_exactly_the_pairs_of_the_graph(
    connection: psycopg.Connection, drawn: Lifecycle, drawn_table: Table, stranger: str
) -> None:
    lifecycle = bare(drawn, drawn_table, Enforcement.TRIGGER)
    table = make(connection, lifecycle)
    names = {"table": sql.Identifier(table.name), "status": sql.Identifier(table.status_column)}
    connection.execute(sql.SQL(TRY).format(**names))
    values = list(dict.fromkeys([*(status.value for status in lifecycle.statuses), stranger]))
    tried = connection.execute(
        "select a.v, b.v, pg_temp.try_move(a.v, b.v) from unnest(%s::text[]) as a (v), unnest(%s::text[]) as b (v)",
        (values, values),
    ).fetchall()
    stored = {status.name: status.value for status in lifecycle.statuses}
    allowed = {(stored[source], stored[target]) for source, target in lifecycle.pairs}
    for source, target, answer in tried:
        # The trigger watches changes. Unknown to the same unknown is for the CHECK and for guards to refuse.
        accepted = source == target or (source, target) in allowed
        expected = "" if accepted else f"{REFUSED} {database_names.transitions_rule(table)}"
        assert answer == expected, (source, target)


@relaxed
@given(lifecycles(), TABLES, stored_values())
def test_the_check_accepts_exactly_the_statuses_of_the_spec(
    connection: psycopg.Connection, drawn: Lifecycle, drawn_table: Table, stranger: str
) -> None:
    lifecycle = bare(drawn, drawn_table, Enforcement.CHECK)
    table = make(connection, lifecycle)
    known = {status.value for status in lifecycle.statuses}
    insert = sql.SQL("insert into {} ({}) values (%s)").format(
        sql.Identifier(table.name), sql.Identifier(table.status_column)
    )
    for value in (*known, stranger, stranger + "x"):
        if value in known:
            connection.execute(insert, (value,))
            continue
        with pytest.raises(psycopg.errors.CheckViolation) as refusal, connection.transaction():
            connection.execute(insert, (value,))
        assert refusal.value.diag.constraint_name == database_names.known_check(table)
