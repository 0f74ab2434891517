"""The system's clock of started processes, moved ahead by a library that is loaded into each of them.

The library is libfaketime (https://github.com/wolfcw/libfaketime), or one that reads the same variables. It answers a
process's question for the time with the true time and what a file says. A time namespace of Linux moves only the clocks
that count from the start of the system, never the date. A process that does not ask the C library (Go's do not) cannot
be moved, and is refused: nothing that was not moved may count as moved.
"""

from __future__ import annotations

import mmap
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pointsman.spec.errors import PointsmanError
from pointsman_conformance.processes.supervisor import family

BEFORE_MIDNIGHT = timedelta(minutes=5)
"""How long before the end of a month, in UTC, a run begins: what holds the date or the month changes in it."""

_GO = b"\xff Go buildinf:"
"""The bytes that are in every program of Go."""

_REMOVER = ("/bin/sh", "-c", 'cat > /dev/null; rm -rf "$1"', "sh")
"""Removes a folder as soon as its standard input ends: at the latest with the process that started it."""

_PROBE = "import time; print(time.time())"
_DAY = timedelta(days=1)


class ClockError(PointsmanError):
    """The clock of a process cannot be moved; the message says why."""


class MovedClock:
    """Moves the clock of every process that is started with `environment`; only ever ahead.

    Raises ClockError where the library moves no clock.
    """

    def __init__(self, library: Path) -> None:
        if not library.is_file():
            raise ClockError(f"There is no library {str(library)!r}: give the path of libfaketime.so.1.")
        folder = Path(tempfile.mkdtemp(prefix="pointsman-clock-"))
        self._remover = subprocess.Popen([*_REMOVER, str(folder)], stdin=subprocess.PIPE, start_new_session=True)
        folder.chmod(0o755)  # a server that runs as another user reads the files in it
        self.library, self._file = folder.resolve() / library.name, folder / "ahead"
        shutil.copyfile(library, self.library)
        self.library.chmod(0o755)
        self.ahead = timedelta(0)
        try:
            self._try(str(library))
        except BaseException:
            self.close()
            raise

    def _try(self, named: str) -> None:
        """See that a process that is to be a day ahead is. Raises ClockError."""
        self._write(_DAY)
        moved = self._probe(named) - datetime.now(UTC)
        self._write(timedelta(0))
        if abs(moved - _DAY) > timedelta(minutes=1):
            raise ClockError(f"{named!r} moves no clock: a process that was to be a day ahead was not.")

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with which a process has to be started."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def now(self) -> datetime:
        """The time that the processes see."""
        return datetime.now(UTC) + self.ahead

    def pass_by(self, span: timedelta) -> None:
        """Set the clock ahead by `span`."""
        self.ahead += span
        self._write(self.ahead)

    def begin(self) -> None:
        """Set the clock ahead to shortly before the end of a month."""
        now = self.now()
        later = now + BEFORE_MIDNIGHT
        month = datetime(later.year + later.month // 12, later.month % 12 + 1, 1, tzinfo=UTC)
        self.pass_by(month - BEFORE_MIDNIGHT - now)

    def check(self, process: int) -> None:
        """See that the clock of a process, by its number, and of those below it is moved. Raises ClockError."""
        for each in (process, *family(process)):
            place = Path(f"/proc/{each}")
            try:
                loaded = str(self.library) in (place / "maps").read_text(encoding="utf-8", errors="replace")
                program = str((place / "exe").readlink())
                asks_itself = _holds(place / "exe", _GO)
            except OSError:
                continue  # it has ended meanwhile, and is told by others
            if not loaded:
                raise ClockError(f"The clock of {program} cannot be moved: it does not load {self.library.name}.")
            if asks_itself:
                raise ClockError(f"The clock of {program} cannot be moved: a program of Go does not ask the C library.")

    def close(self) -> None:
        """Remove the files. Processes that still run see the true time."""
        self._remover.communicate()

    def _write(self, ahead: timedelta) -> None:
        made = self._file.with_suffix(".new")
        made.write_text(f"{ahead.total_seconds():+f}\n", encoding="ascii")
        made.chmod(0o644)
        made.replace(self._file)

    def _probe(self, named: str) -> datetime:
        try:
            told = subprocess.run(
                [sys.executable, "-c", _PROBE], env=dict(self.environment), capture_output=True, text=True, check=True
            )
            return datetime.fromtimestamp(float(told.stdout), UTC)
        except (OSError, subprocess.CalledProcessError, ValueError) as problem:
            raise ClockError(f"No process can be started with {named!r}: {problem}") from problem


def _holds(program: Path, words: bytes) -> bool:
    """True if the file holds `words`."""
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as found:
        return found.find(words) >= 0
