"""A progress line on a terminal, which is rewritten during a long run."""

from __future__ import annotations

import time
from typing import TextIO

from pointsman.reporting.visible import visible

_AFTER = 1.0
"""Seconds before the line is first shown."""
_PACE = 0.1
_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Progress on `stream`, and only where that is a terminal."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._began = time.monotonic()
        self._next = self._began + _AFTER
        self._shown = False

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def tell(self, words: str) -> None:
        """Replace the line by `words`; calls that follow too fast to be read are dropped."""
        now = time.monotonic()
        if self._stream is not None and now >= self._next:
            self._next = now + _PACE
            self._write(f"{_CLEAR}{visible(words)[:78]}")
            self._shown = True

    def clear(self) -> None:
        """Erase the line."""
        if self._shown:
            self._write(_CLEAR)
            self._shown = False

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._stream = None  # the terminal is gone
