"""One line on a terminal that is written again and again while something takes long."""

from __future__ import annotations

import time
from typing import TextIO

from pointsman.reporting.visible import visible

_AFTER = 1.0
"""Nothing is said of what takes less than this many seconds."""
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
        """How long it has been."""
        return time.monotonic() - self._began

    def tell(self, words: str) -> None:
        """Show `words` in place of what stands there; not more often than anybody could read."""
        now = time.monotonic()
        if self._stream is not None and now >= self._next:
            self._next = now + _PACE
            self._write(f"{_CLEAR}{visible(words)[:78]}")
            self._shown = True

    def clear(self) -> None:
        """Leave the line as it was before."""
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
            self._stream = None  # nobody looks any more
