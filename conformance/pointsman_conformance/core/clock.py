"""The run's clock: seconds since the run began, plus the time that a plan lets pass.

The database's clock is not faked. When a plan lets time pass, every timestamp in the
table is made older by as much (see `pointsman_conformance.testbed.table`), and the run's
clock is set ahead by as much. So a timestamp that no statement changed stays the
same time on the run's clock. Where the user lets the kit move the system's clock of its
processes, that of the database moves with them instead, and no timestamp is changed.
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
        self._passed = self._aged = timedelta(0)

    def now(self) -> float:
        """The time, in seconds since the run began."""
        return time.monotonic() - self._wall + self._passed / SECOND

    def pass_by(self, span: timedelta, *, aged: bool = True) -> None:
        """Set the clock ahead by `span`. `aged`: the timestamps got older; else the database's clock went ahead too."""
        self._passed += span
        self._aged += span if aged else timedelta(0)

    def time_of(self, moment: datetime) -> float:
        """The time of the run's clock, in seconds, of `moment`, a timestamp that is in the database now.

        Whole microseconds are added before the sum becomes a float, so equal timestamps are equal floats.
        """
        return (moment - self._began + self._aged) / SECOND

    def moment(self, at: float) -> datetime:
        """The database's timestamp for a time of the run's clock."""
        return self._began - self._aged + timedelta(seconds=at)
