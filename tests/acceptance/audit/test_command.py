"""`pointsman audit` as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import forked
from tests.acceptance.audit.tables import SPEC, UNENFORCED, make

SPEC_FILE = str(Path(__file__).parents[3] / "spec" / "seller_transfer.yaml")


def _audit(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DATABASE"))}
    return forked.run([sys.executable, "-m", "pointsman", "audit", *words], env={**kept, **variables}, text=True)


def test_a_clean_table_is_exit_code_0_and_shows_the_rows_of_each_status(database: str) -> None:
    make(database, SPEC)
    ran = _audit(SPEC_FILE, DATABASE_URL=database)
    assert ran.returncode == 0, ran.stderr
    assert "public.seller_transfers: 6 rows read." in ran.stdout
    assert "permanently_failed" in ran.stdout


def test_findings_are_exit_code_1_and_carry_the_query_in_json(database: str) -> None:
    make(database, UNENFORCED, "update seller_transfers set retry_count = 99 where status = 'failed'")
    ran = _audit(
        SPEC_FILE, "--dsn", "env:SHOP", "--only", "attempts-out-of-bounds", "--format", "json", "--quiet", SHOP=database
    )
    assert ran.returncode == 1, ran.stderr
    assert ran.stderr == ""
    (finding,) = json.loads(ran.stdout)["findings"]
    assert finding["code"] == "attempts-out-of-bounds"
    assert (finding["facts"]["count"], finding["facts"]["examples"]) == ("1", "3")
    with psycopg.connect(database) as connection:
        assert connection.execute(finding["facts"]["query"].encode()).fetchall() == [("3", "99")]


def test_what_could_not_be_looked_at_is_exit_code_4(database: str) -> None:
    make(database, SPEC)
    ran = _audit(SPEC_FILE, "--sample", "50", DATABASE_URL=database)
    assert ran.returncode == 4
    assert "Only 50 % of the table was read" in ran.stdout


def test_how_long_a_row_may_be_due_can_be_said(database: str) -> None:
    make(
        database, SPEC, "update seller_transfers set next_retry_at = now() - interval '31 min' where status = 'failed'"
    )
    assert _audit(SPEC_FILE, DATABASE_URL=database).returncode == 0
    ran = _audit(SPEC_FILE, "--overdue-after", "30m", DATABASE_URL=database)
    assert ran.returncode == 1
    assert "due for more than 30m: 1" in ran.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--only", "overdu"), "Did you mean 'overdue'?"),
        (("--sample", "0"), "more than 0 and at most 100"),
        (("--sample", "nan"), "more than 0 and at most 100"),
        (("--overdue-after", "soon"), "no span of time"),
        (("--examples", "-1"), "from 0 to 1000"),
        ((), "DATABASE_URL"),
        (("--dsn", "env:NOT_SET"), "'NOT_SET'"),
        (("--dsn", "postgresql://app:hunter2@127.0.0.1:1/x"), "Cannot connect"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_to_write(words: tuple[str, ...], says: str) -> None:
    ran = _audit(SPEC_FILE, *words)
    assert ran.returncode == 2
    assert says in ran.stderr
    assert "hunter2" not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_spec_without_a_table_is_wrong_usage(database: str, tmp_path: Path) -> None:
    spec = tmp_path / "bare.yaml"
    spec.write_text("pointsman: 1\nlifecycle: bare\nstatuses: {open: {initial: true}}\ntransitions: []\n", "utf-8")
    ran = _audit(str(spec), DATABASE_URL=database)
    assert ran.returncode == 2
    assert "no table" in ran.stderr
