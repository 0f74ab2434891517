"""`pointsman init` as a user types it: the file it writes, what it refuses, and that what it wrote goes on to work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pointsman.loading.load import load, load_text
from pointsman.spec.lifecycle import Lifecycle
from tests import forked
from tests.acceptance.audit.tables import execute

TABLE = """
create table seller_transfers (
  id bigserial primary key,
  status varchar(32) not null default 'pending'
    check (status in ('pending', 'completed', 'failed', 'permanently_failed')),
  amount_cents bigint not null,
  next_retry_at timestamptz,
  place point);
create index idx_seller_transfers_retry on seller_transfers (status, next_retry_at) where status = 'failed';
create index seller_transfers_open on seller_transfers (id) where status <> 'completed';
"""


def pointsman(*words: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DATABASE"))}
    return forked.run([sys.executable, "-m", "pointsman", *words], cwd=cwd, env={**kept, **variables}, text=True)


def drafted(database: str, *words: str) -> Lifecycle:
    ran = pointsman("init", *words, "--out", "-", DATABASE_URL=database)
    assert ran.returncode == 0, ran.stderr
    return load_text(ran.stdout)


# --- from a list -------------------------------------------------------------------


def test_a_list_of_statuses_becomes_a_file_that_loads_and_a_word_on_what_is_next(tmp_path: Path) -> None:
    ran = pointsman("init", "order", "open", "in progress", "done", "--terminal", "done", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "pointsman lint order.yaml" in ran.stdout
    lifecycle = load(tmp_path / "order.yaml")
    assert [(status.name, status.value) for status in lifecycle.statuses] == [
        ("open", "open"),
        ("in_progress", "in progress"),
        ("done", "done"),
    ]
    assert lifecycle.status["open"].initial
    assert lifecycle.status["done"].terminal


def test_lint_of_a_first_spec_asks_for_transitions_and_for_nothing_else(tmp_path: Path) -> None:
    pointsman("init", "order", "open", "paid", "done", "--terminal", "done", cwd=tmp_path)
    ran = pointsman("lint", "order.yaml", "--quiet", cwd=tmp_path)
    assert ran.returncode == 1
    codes = {line.split(": ", 1)[0].split()[-1] for line in ran.stdout.splitlines() if line}
    assert codes == {"dead-end", "unused-status"}


def test_a_file_that_is_there_is_not_touched_unless_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text("mine", "utf-8")
    ran = pointsman("init", "order", "open", cwd=tmp_path)
    assert ran.returncode == 2
    assert "--force" in ran.stderr
    assert (tmp_path / "order.yaml").read_text("utf-8") == "mine"
    assert pointsman("init", "order", "open", "--force", cwd=tmp_path).returncode == 0
    assert load(tmp_path / "order.yaml").name == "order"
    assert [path.name for path in tmp_path.iterdir()] == ["order.yaml"]


def test_standard_output_gets_the_spec_and_nothing_else(tmp_path: Path) -> None:
    ran = pointsman("init", "order", "open", "--out", "-", cwd=tmp_path)
    assert load_text(ran.stdout).name == "order"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Give a name and the statuses"),
        (("order",), "Give a name and the statuses"),
        (("my order", "open"), "no name for a lifecycle"),
        (("order", "open", "open"), "given twice"),
        (("order", "open", "done", "--terminal", "dne"), "Did you mean 'done'?"),
        (("order", "open", "--terminal", "open", "--resting", "open"), "both terminal and resting"),
        (("order", "two\nlines"), "make no spec"),
        (("order", "open", "--dsn", "host=x"), "goes with --table"),
        (("order", "open", "--table", "orders"), "leave out --table"),
        (("--table", 'a"b'), "no name of a table"),
        (("--table", "orders"), "DATABASE_URL"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_to_write(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    ran = pointsman("init", *words, cwd=tmp_path)
    assert ran.returncode == 2
    assert says in ran.stderr
    assert list(tmp_path.iterdir()) == []


# --- from a table ------------------------------------------------------------------


def test_a_tables_check_default_key_and_partial_index_become_the_spec(database: str) -> None:
    execute(database, TABLE)
    lifecycle = drafted(database, "--table", "seller_transfers")
    assert lifecycle.name == "seller_transfers"
    assert [status.name for status in lifecycle.statuses] == ["pending", "completed", "failed", "permanently_failed"]
    assert [status.name for status in lifecycle.statuses if status.initial] == ["pending"]
    assert lifecycle.table is not None
    assert [(column.name, column.type, column.nullable) for column in lifecycle.table.columns] == [
        ("next_retry_at", "timestamptz", True)
    ]
    (queue,) = lifecycle.queues
    assert (queue.statuses, queue.due, queue.index) == (("failed",), "next_retry_at", "idx_seller_transfers_retry")


def test_what_could_not_be_used_is_told_in_comments(database: str) -> None:
    execute(database, TABLE)
    text = pointsman("init", "--table", "seller_transfers", "--out", "-", DATABASE_URL=database).stdout
    assert "seller_transfers_open is about the status too" in text
    assert "#   amount_cents: {type: bigint}" in text
    assert "#   place (its type is none of the spec language)" in text


def test_an_enum_gives_its_labels_in_its_order(database: str) -> None:
    execute(
        database,
        """create type st as enum ('open', 'it''s "done"', 'null')""",
        "create table lines (id bigint primary key, state st not null default 'null')",
    )
    lifecycle = drafted(database, "line", "--table", "lines", "--column", "state")
    assert lifecycle.name == "line"
    assert [status.value for status in lifecycle.statuses] == ["open", 'it\'s "done"', "null"]
    assert [status.name for status in lifecycle.statuses if status.initial] == ["null"]


@pytest.mark.parametrize(
    "check",
    [
        "status in ('new', 'it''s', 'a\\b')",
        "status = 'new' or status = 'it''s' or status = 'a\\b'",
        "status = any (array['new', 'it''s', 'a\\b'])",
        "(status)::text = any (array['new'::varchar, 'it''s'::varchar, 'a\\b'::varchar]::text[])",
    ],
)
@pytest.mark.parametrize("type_", ["text", "varchar(10)", "char(5)"])
def test_a_check_is_read_however_it_was_written(database: str, check: str, type_: str) -> None:
    execute(database, f"create table lines (id bigint primary key, status {type_} check ({check}))")
    lifecycle = drafted(database, "--table", "lines")
    assert {status.value.rstrip() for status in lifecycle.statuses} == {"new", "it's", "a\\b"}


def test_without_a_list_the_rows_tell_and_the_spec_says_that_a_rare_one_may_be_missing(database: str) -> None:
    execute(
        database,
        "create table lines (id bigint primary key, status text)",
        "insert into lines select i, case when i % 3 = 0 then 'paid' when i % 5 = 0 then 'new' end "
        "from generate_series(1, 50) i",
    )
    ran = pointsman("init", "--table", "lines", "--initial", "new", "--out", "-", DATABASE_URL=database)
    lifecycle = load_text(ran.stdout)
    assert {status.name for status in lifecycle.statuses} == {"paid", "new"}
    assert "may be missing" in ran.stdout
    assert "is a guess" not in ran.stdout


def test_a_large_table_is_sampled(database: str) -> None:
    execute(
        database,
        "create table lines (id bigint primary key, status text)",
        "insert into lines select i, 'paid' from generate_series(1, 600000) i",
        "analyze lines",
    )
    ran = pointsman("init", "--table", "lines", "--out", "-", DATABASE_URL=database)
    rows = int(ran.stdout.split("from ", 1)[1].split(" rows", 1)[0].replace(",", ""))
    assert 100_000 < rows < 400_000


def test_names_that_are_hostile_to_sql_are_read_and_left_out_of_the_spec(database: str) -> None:
    execute(
        database,
        'create schema "we""ird."',
        'create table "we""ird."."my; drop table x --" ("st atus" text check ("st atus" in (\'a\', \'b\')), '
        '"we%s{}" timestamptz)',
        'create index on "we""ird."."my; drop table x --" ("we%s{}") where "st atus" = \'a\'',
    )
    lifecycle = drafted(database, "--table", '"we""ird."."my; drop table x --"', "--column", "st atus")
    assert lifecycle.name == "my_drop_table_x"
    assert lifecycle.table is None
    assert [status.name for status in lifecycle.statuses] == ["a", "b"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--table", "nowhere"), "There is no table 'nowhere'"),
        (("--table", "things"), "There is one in shop: write shop.things."),
        (("--table", "shop.things", "--column", "state"), "it has id, status"),
        (("--table", "shop.things", "--column", "id"), "it is no status"),
        (("--table", "shop.things"), "holds no statuses yet"),
        (("--table", "shop.many"), "more than 200 values"),
        (("--table", "shop.seen"), "is a view"),
    ],
)
def test_a_table_that_gives_no_spec_is_refused_with_a_reason(
    database: str, words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    execute(
        database,
        "create schema shop",
        "create table shop.things (id bigint primary key, status text)",
        "create table shop.many as select i::text as status from generate_series(1, 300) i",
        "create view shop.seen as select * from shop.things",
    )
    ran = pointsman("init", *words, cwd=tmp_path, DATABASE_URL=database)
    assert ran.returncode == 2
    assert says in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_role_that_may_not_read_the_table_is_told_what_to_grant(database: str) -> None:
    execute(database, TABLE, "create role looker login password 'x'")
    try:
        as_looker = psycopg.conninfo.make_conninfo(database, user="looker", password="x")  # noqa: S106 - made up
        ran = pointsman("init", "--table", "seller_transfers", "--out", "-", DATABASE_URL=as_looker)
        assert ran.returncode == 2
        assert "SELECT" in ran.stderr
    finally:
        execute(database, "drop role looker")


# --- and on ------------------------------------------------------------------------


def test_a_first_spec_with_transitions_generates_a_schema_that_postgresql_takes_and_audit_finds_clean(
    database: str, tmp_path: Path
) -> None:
    execute(database, TABLE)
    file = tmp_path / "seller_transfers.yaml"
    assert pointsman("init", "--table", "seller_transfers", cwd=tmp_path, DATABASE_URL=database).returncode == 0
    text = file.read_text("utf-8").replace("transitions: []", "transitions: [{from: pending, to: failed}]")
    file.write_text(text, "utf-8")
    ran = pointsman("generate", str(file), "--target", "sql", "--out", str(tmp_path / "sql"), cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    (schema,) = (tmp_path / "sql").rglob("schema.sql")
    execute(database, "drop table seller_transfers", schema.read_text("utf-8"))
    audited = pointsman("audit", str(file), cwd=tmp_path, DATABASE_URL=database)
    assert audited.returncode == 0, audited.stdout
