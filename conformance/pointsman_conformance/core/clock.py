"""The run's clock: seconds since the run began, plus the time that was made to pass.

The database's clock is never faked. When time passes, every timestamp in the
table is made older instead (see `pointsman_conformance.testbed.table`), and the run's
clock is set ahead by as much: so a timestamp that nobody wrote anew is the
same moment on the run's clock before and after.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

SECOND = timedelta(seconds=1)


class Clock:
    """Translates between the database's timestamps and times of the run's clock."""

    def __init__(self) -> None:
        self.start(datetime.now(UTC))

    def start(self, database_now: datetime) -> None:
        """Begin a run at `database_now`, what the database's clock says at this moment."""
        self._began = database_now
        self._wall = time.monotonic()
        self._passed = timedelta(0)

    def now(self) -> float:
        """The time, in seconds since the run began."""
        return time.monotonic() - self._wall + self._passed / SECOND

    def pass_by(self, span: timedelta) -> None:
        """Let `span` pass at once."""
        self._passed += span

    def time_of(self, moment: datetime) -> float:
        """When `moment`, a timestamp of the database as it is now, is on the run's clock.

        Whole microseconds are added up before anything is a float, so equal moments are equal floats.
        """
        return (moment - self._began + self._passed) / SECOND

    def moment(self, at: float) -> datetime:
        """The database's timestamp for a time of the run's clock."""
        return self._began - self._passed + timedelta(seconds=at)
