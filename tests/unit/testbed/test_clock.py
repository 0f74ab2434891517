"""The run's clock beside the database's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pointsman.spec.lifecycle import Column, Table
from pointsman_conformance.core.clock import Clock
from pointsman_conformance.core.values import TableShape

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = Table("jobs", "status", columns=(Column("due", "timestamptz", nullable=True), Column("count", "integer")))


def test_a_timestamp_that_was_made_older_is_the_same_time_to_the_last_bit() -> None:
    clock = Clock()
    clock.start(BEGAN)
    moment = BEGAN + timedelta(microseconds=1_234_567)
    before = clock.time_of(moment)
    for span in (timedelta(hours=7), timedelta(microseconds=1), timedelta(days=3, microseconds=333_333)):
        clock.pass_by(span)
        moment -= span
        assert clock.time_of(moment) == before
        assert clock.moment(before) == moment


def test_time_goes_on_by_itself_and_by_what_passes() -> None:
    clock = Clock()
    clock.start(BEGAN)
    assert 0 <= clock.now() < 1
    clock.pass_by(timedelta(hours=1))
    assert 3600 <= clock.now() < 3601


def test_rows_are_read_with_times_as_json_or_as_the_client_has_them() -> None:
    clock = Clock()
    clock.start(BEGAN)
    shape = TableShape.on(TABLE, clock)
    for told in ("2026-01-01T00:00:01.5+00:00", BEGAN + timedelta(seconds=1.5)):
        row = shape.from_database({"id": 7, "status": "new", "due": told, "count": 3, "theirs": "x"})
        assert row == {"id": 7, "status": "new", "due": 1.5, "count": 3}
    assert shape.from_database({"due": "infinity"}) == {"due": float("inf")}
    assert shape.from_database({"due": None}) == {"due": None}
    assert shape.to_database("due", 1.5) == BEGAN + timedelta(seconds=1.5)
    assert shape.to_database("count", 3) == 3
