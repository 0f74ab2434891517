"""Interrupts the main thread when its time is up, or at SIGTERM and SIGHUP as at Ctrl-C.

Both raise in the main thread wherever it waits: for the database, a process or a lock. In another thread nothing
happens; nor does the time limit work where other code uses the system's timer, as pytest-timeout does.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class OutOfTimeError(KeyboardInterrupt):
    """The time is up. It is a KeyboardInterrupt, so that code which catches Exception does not swallow it."""


@contextlib.contextmanager
def out_of_time_after(seconds: float | None) -> Iterator[None]:
    """Raise OutOfTimeError in the block if it takes longer than `seconds`; None: no limit."""
    if seconds is None or not _in_main_thread() or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return
    before = signal.signal(signal.SIGALRM, _time_is_up)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def told_like_ctrl_c() -> Iterator[None]:
    """Raise KeyboardInterrupt at SIGTERM, and at SIGHUP unless it is ignored, so that everything is cleaned up."""
    if not _in_main_thread():
        yield
        return
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _time_is_up(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
