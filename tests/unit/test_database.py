"""Where a DSN comes from, and that no message shows what must stay secret."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest

from pointsman.database import DatabaseError, Timeouts, connect, resolve_dsn
from pointsman.spec.errors import UsageError


def test_a_dsn_on_the_command_line_is_taken_as_it_is() -> None:
    assert resolve_dsn("host=db dbname=shop", {"DATABASE_URL": "other"}) == "host=db dbname=shop"


def test_env_and_a_name_read_the_dsn_from_that_variable() -> None:
    assert resolve_dsn("env:AUDIT_DSN", {"AUDIT_DSN": "host=db"}) == "host=db"


def test_no_dsn_means_database_url_and_then_libpqs_own_variables() -> None:
    assert resolve_dsn(None, {"DATABASE_URL": "postgres://db/shop", "PGHOST": "x"}) == "postgres://db/shop"
    assert resolve_dsn(None, {"PGHOST": "db"}) == ""


@pytest.mark.parametrize(("given", "says"), [(None, "DATABASE_URL"), ("env:NOT_SET", "'NOT_SET'")])
def test_a_missing_dsn_says_which_variable_to_set(given: str | None, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        resolve_dsn(given, {})


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql+asyncpg://app:hunter2@db/shop",
        "postgres://app:hunter2/x@db/shop",
        "postgres://app:x@hunter2@db/shop",
        "host=db password=abc hunter2",
        "postgresql://app:hunter2@[::1/shop",
        "mysql://app:hunter2@db/shop",
        "hunter2",
    ],
)
def test_a_dsn_that_cannot_be_read_is_refused_without_quoting_it(dsn: str) -> None:
    with pytest.raises(UsageError) as refused, connect(dsn):
        pass
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_port_without_a_server_is_a_usage_error_that_names_the_host_and_hides_the_password() -> None:
    cannot = pytest.raises(UsageError, match=r"Cannot connect.*127\.0\.0\.1")
    with cannot as refused, connect("postgresql://app:hunter2@127.0.0.1:1/shop"):
        pass
    assert "hunter2" not in str(refused.value)


def test_without_psycopg_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pointsman\[postgres\]"), connect("host=db"):
        pass


def test_timeouts_are_whole_milliseconds() -> None:
    timeouts = Timeouts(statement=timedelta(seconds=1.5), lock=timedelta(milliseconds=200))
    assert timeouts.settings() == (("statement_timeout", "1500ms"), ("lock_timeout", "200ms"))


@pytest.mark.parametrize(
    ("sqlstate", "denied", "timed_out", "read_only"),
    [
        ("42501", True, False, False),
        ("57014", False, True, False),
        ("25006", False, False, True),
        ("", False, False, False),
    ],
)
def test_an_error_says_what_kind_it_is(sqlstate: str, denied: bool, timed_out: bool, read_only: bool) -> None:
    error = DatabaseError("no", sqlstate)
    assert (error.denied, error.timed_out, error.read_only) == (denied, timed_out, read_only)
