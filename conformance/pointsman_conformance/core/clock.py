"""The run's clock: seconds since the run began, plus the time that a plan lets pass.

The database's clock is never faked. When a plan lets time pass, every timestamp in the
table is made older by as much (see `pointsman_conformance.testbed.table`), and the run's
clock is set ahead by as much. So a timestamp that no statement changed stays the
same time on the run's clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

SECOND = timedelta(seconds=1)

NEVER = 10 * 365 * 86_400.0
"""Seconds from now after which a time never comes: runs pass days at a time, and PostgreSQL knows an infinity."""


class Clock:
    """Translates between the database's timestamps and times of the run's clock."""

    def __init__(self) -> None:
        self.start(datetime.now(UTC))

    def start(self, database_now: datetime) -> None:
        """Begin a run. `database_now` is the present time of the database's clock."""
        self._began = database_now
        self._wall = time.monotonic()
        self._passed = timedelta(0)

    def now(self) -> float:
        """The time, in seconds since the run began."""
        return time.monotonic() - self._wall + self._passed / SECOND

    def pass_by(self, span: timedelta) -> None:
        """Set the clock ahead by `span`."""
        self._passed += span

    def time_of(self, moment: datetime) -> float:
        """The time of the run's clock, in seconds, of `moment`, a timestamp that is in the database now.

        Whole microseconds are added before the sum becomes a float, so equal timestamps are equal floats.
        """
        return (moment - self._began + self._passed) / SECOND

    def moment(self, at: float) -> datetime:
        """The database's timestamp for a time of the run's clock."""
        return self._began - self._passed + timedelta(seconds=at)
