"""Holds Ctrl-C back while tables are written that later steps read."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_held_back() -> Iterator[Callable[[], None]]:
    """Hold SIGINT back until the given function is called, or until the end; a second SIGINT comes through at once.

    The function does what the former handler does if a SIGINT has come, as a rule it raises KeyboardInterrupt; so does
    the end. Nothing is held back outside of the main thread, and where SIGINT has no handler in Python.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: None
        return
    came: list[FrameType | None] = []

    def hold(number: int, frame: FrameType | None) -> None:
        came.append(frame)
        if len(came) > 1:
            before(number, frame)

    def look() -> None:
        if came:
            frame = came[0]
            came.clear()
            before(signal.SIGINT, frame)

    signal.signal(signal.SIGINT, hold)
    try:
        yield look
    finally:
        signal.signal(signal.SIGINT, before)
    look()
