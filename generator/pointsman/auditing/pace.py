"""Computes from the spec how far ahead a due time may lie, and how long a row may stay due.

A worker that keeps to the spec writes a due time that is at most `furthest`
ahead of the database's clock at that write: a claim sets the due time to the
end of the lease, a pause to at most the longest pause, an unknown outcome to
the later of both, and entry into a status to now. After the write the distance
only shrinks. So a due time that is further ahead was not written by the spec.

A row that is due waits only for a worker. No spec says how often a worker
polls, but a running worker takes a row again within the longest pause and one
lease, even if a crash lost a claim. A row that has been due for longer than
that time, `patience`, is slower than the slowest row that the spec allows.
"""

from __future__ import annotations

from datetime import timedelta

from pointsman.spec.lifecycle import Lifecycle, Queue

NOTHING = timedelta(0)


def longest_pause(queue: Queue) -> timedelta | None:
    """The longest pause between two attempts, jitter included; None where the spec sets no bound.

    A ceiling bounds every pause, and look-ups go on at the ceiling after the last
    attempt. Without a ceiling the pause after the last attempt is the longest.
    """
    backoff = queue.backoff
    if backoff is None:
        return None
    if backoff.ceiling is not None:
        longest = backoff.ceiling
    elif queue.attempts is not None and queue.attempts.limit is not None:
        longest = backoff.pause(queue.attempts.limit)
    else:
        return None
    return _stretched(longest, backoff.jitter)


def furthest(lifecycle: Lifecycle, queue: Queue) -> timedelta | None:
    """The furthest that a worker may set the due time ahead of now; None where the spec sets no bound."""
    pause = longest_pause(queue)
    return None if pause is None else max(pause, _lease(lifecycle))


def patience(lifecycle: Lifecycle, queue: Queue) -> timedelta | None:
    """The time after which a row that is due counts as overdue; None where the spec sets no bound."""
    pause = longest_pause(queue)
    if pause is None:
        return None
    return timedelta.max if pause > timedelta.max - _lease(lifecycle) else pause + _lease(lifecycle)


def _lease(lifecycle: Lifecycle) -> timedelta:
    lease = lifecycle.claims.lease if lifecycle.claims is not None else None
    return NOTHING if lease is None else lease


def _stretched(pause: timedelta, jitter: float) -> timedelta:
    try:
        return pause * (1 + jitter)
    except OverflowError:
        return timedelta.max


def spoken(span: timedelta) -> str:
    """A span of time for a message: ``7h 22m``."""
    seconds = span // timedelta(seconds=1)
    parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
