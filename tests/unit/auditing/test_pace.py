"""How long a queue may put a row off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.auditing.pace import furthest, longest_pause, patience, spoken
from pointsman.spec.lifecycle import Attempts, Backoff, ClaimBy, Claims, Lifecycle, Queue

HOUR = timedelta(hours=1)


def _queue(backoff: Backoff | None, limit: int | None = None) -> Queue:
    return Queue("retry", ("failed",), due="due", backoff=backoff, attempts=Attempts("tries", limit))


def _with_lease(lease: timedelta | None) -> Lifecycle:
    return Lifecycle("x", (), (), claims=Claims(ClaimBy.BUMP, lease=lease))


def test_a_ceiling_with_its_jitter_is_the_longest_pause() -> None:
    assert longest_pause(_queue(Backoff(HOUR, ceiling=6 * HOUR, jitter=0.5))) == 9 * HOUR


def test_without_a_ceiling_the_pause_after_the_last_attempt_is_the_longest() -> None:
    assert longest_pause(_queue(Backoff(HOUR, factor=2), limit=4)) == 8 * HOUR


def test_without_a_ceiling_and_a_limit_there_is_no_bound() -> None:
    assert longest_pause(_queue(Backoff(HOUR))) is None
    assert furthest(_with_lease(HOUR), _queue(Backoff(HOUR))) is None


def test_without_a_backoff_there_is_no_bound() -> None:
    assert patience(_with_lease(HOUR), _queue(None)) is None


def test_a_claim_may_put_a_row_further_off_than_a_pause() -> None:
    queue = _queue(Backoff(HOUR, ceiling=HOUR))
    assert furthest(_with_lease(2 * HOUR), queue) == 2 * HOUR
    assert patience(_with_lease(2 * HOUR), queue) == 3 * HOUR
    assert patience(_with_lease(None), queue) == HOUR


@given(
    first=st.timedeltas(timedelta(seconds=1), timedelta(days=30)),
    factor=st.floats(1, 1000),
    ceiling=st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=3650)),
    jitter=st.floats(0, 1),
    limit=st.integers(1, 1000),
    lease=st.timedeltas(timedelta(seconds=1), timedelta(days=3650)),
)
def test_no_write_of_the_due_time_is_further_ahead_than_the_bound(
    first: timedelta, factor: float, ceiling: timedelta | None, jitter: float, limit: int, lease: timedelta
) -> None:
    backoff = Backoff(first, factor, ceiling, jitter)
    bound = furthest(_with_lease(lease), _queue(backoff, limit))
    assert bound is not None
    assert bound >= lease
    for attempt in (1, 2, limit):
        if attempt <= limit:
            assert backoff.pause(attempt) <= bound


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=7, minutes=22), "7h 22m"),
        (timedelta(days=2, seconds=1), "2d 1s"),
        (timedelta(0), "0s"),
    ],
)
def test_a_span_is_spoken_without_its_empty_parts(span: timedelta, words: str) -> None:
    assert spoken(span) == words
