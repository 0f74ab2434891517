"""A line that is written again and again, on a terminal only, and only while something takes long."""

from __future__ import annotations

import io
import time

import pytest

from pointsman.reporting.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_nothing_is_said_of_what_is_quick(clock: list[float]) -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    clock[0] += 0.9
    line.tell("soon")
    line.clear()
    assert stream.getvalue() == ""


def test_what_takes_long_is_told_in_one_line_that_goes_away(clock: list[float]) -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    clock[0] += 1.1
    line.tell("one")
    line.tell("too soon after")
    clock[0] += 0.2
    line.tell("two\x1b[31m")
    line.clear()
    line.clear()
    assert stream.getvalue() == "\r\x1b[Kone\r\x1b[Ktwo\\x1b[31m\r\x1b[K"
    assert line.seconds == pytest.approx(1.3)


def test_a_pipe_and_a_closed_stream_hear_nothing(clock: list[float]) -> None:
    stream = io.StringIO()
    for line in (ProgressLine(stream), ProgressLine(None)):
        clock[0] += 5
        line.tell("one")
        line.clear()
    assert stream.getvalue() == ""


def test_a_terminal_that_went_away_is_no_trouble(clock: list[float]) -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError

    line = ProgressLine(Gone())
    clock[0] += 5
    line.tell("one")
    line.tell("two")
    line.clear()
