"""For any lifecycle, whatever its statuses store: its schema audits clean, and every row counts as what it is."""

from __future__ import annotations

import psycopg
from hypothesis import HealthCheck, assume, given, reject, settings

from pointsman.auditing.run import Report, audit
from pointsman.database import connect
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle, Table
from pointsman.sql.quoting import identifier
from pointsman.sql.schema_target import schema_sql
from tests.lifecycles import lifecycles

FOREIGN = 'a status\' that "no" spec {{ knows }}'

on_one_database = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@on_one_database
@given(lifecycle=lifecycles())
def test_a_table_as_the_schema_makes_it_is_clean(database: str, lifecycle: Lifecycle) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        _make(connection, lifecycle)
    report = _look(database, lifecycle)
    assert report.findings == ()
    assert report.incomplete == ()


@on_one_database
@given(lifecycle=lifecycles())
def test_every_row_is_counted_in_its_status_and_a_foreign_one_in_none(database: str, lifecycle: Lifecycle) -> None:
    values = [status.value for status in lifecycle.statuses]
    assume(FOREIGN not in values)
    with psycopg.connect(database, autocommit=True) as connection:
        table = _make(connection, lifecycle)
        _let_anything_in(connection, table)
        for value in [*values, FOREIGN]:
            connection.execute(f"insert into {identifier(table.name)} (status) values (%s)".encode(), (value,))
    report = _look(database, lifecycle)
    expected = {status.name: 1 for status in lifecycle.statuses} | {None: 1}
    assert {each.status: each.rows for each in report.statuses or ()} == expected
    (unknown,) = (finding for finding in report.findings if finding.code == "unknown-status")
    assert dict(unknown.facts)["count"] == "1"


def _make(connection: psycopg.Connection[tuple[object, ...]], lifecycle: Lifecycle) -> Table:
    assume(lifecycle.table is not None)
    assert lifecycle.table is not None
    try:
        schema = schema_sql(lifecycle)
    except UsageError:  # two things of one name, or one that PostgreSQL would cut
        reject()
    connection.execute("drop schema public cascade")
    connection.execute("create schema public")
    connection.execute(schema.encode())
    return lifecycle.table


def _let_anything_in(connection: psycopg.Connection[tuple[object, ...]], table: Table) -> None:
    name = identifier(table.name)
    checks = connection.execute("select conname from pg_constraint where contype = 'c' and conrelid <> 0").fetchall()
    for (check,) in checks:
        connection.execute(f"alter table {name} drop constraint if exists {identifier(str(check))}".encode())
    for column in table.columns:
        connection.execute(f"alter table {name} alter column {identifier(column.name)} drop not null".encode())


def _look(dsn: str, lifecycle: Lifecycle) -> Report:
    with connect(dsn) as database:
        return audit(lifecycle, database)
