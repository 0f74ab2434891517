"""Source lines for findings, with the position of the mark under the word."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from pointsman.reporting.visible import legible
from pointsman.spec.source import Place

_BREAK = re.compile("\r\n|[\n\r]")  # the line ends of `loading.yaml_nodes`, which refuses all others
_WORD = re.compile(r"""[\w.-]+|"[^"]*"|'[^']*'""")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line, safe to print, and the start and length of its mark, in columns of a screen."""

    line: str
    indent: int
    length: int


class Excerpts:
    """Reads the lines of findings; each file is read once."""

    def __init__(self, *, unicode: bool) -> None:
        self._lines: dict[str, list[str]] = {}
        self._unicode = unicode

    def at(self, place: Place, room: int) -> Excerpt | None:
        """The line at `place`; None if `place` has no position, or its file cannot be read again.

        At most `room` characters of the line: a spec can be one line of megabytes.
        """
        lines = self._lines.get(place.file)
        if lines is None:
            lines = self._lines[place.file] = _read(place.file)
        if not 0 < place.line <= len(lines):
            return None
        return self._cut(lines[place.line - 1], max(place.column, 1) - 1, room)

    def _cut(self, line: str, at: int, room: int) -> Excerpt | None:
        if not line.strip() or at > len(line):
            return None
        start = 0 if len(line) <= room or at < room // 2 else at - room // 4
        end = start + max(room, 20)
        word = _WORD.match(line, at)
        stop = min(word.end() if word else at + 1, end)
        before = self._safe(("…" if start else "") + line[start:at])
        marked = self._safe(line[at:stop])
        after = self._safe(line[stop:end].rstrip() + ("…" if end < len(line) else ""))
        return Excerpt(before + marked + after, columns(before), max(columns(marked), 1))

    def _safe(self, part: str) -> str:
        return legible(part.replace("\t", "  "), unicode=self._unicode)


def _read(file: str) -> list[str]:
    try:
        # A pipe such as <(...) has been read already, and a second read would block.
        if not stat.S_ISREG(Path(file).stat().st_mode):
            return []
        return _BREAK.split(Path(file).read_bytes().decode("utf-8-sig", "replace"))
    except (OSError, ValueError):
        return []


def columns(text: str) -> int:
    """The width of `text` in columns of a screen."""
    if text.isascii():
        return len(text)
    import unicodedata  # noqa: PLC0415 - few specs need it

    return sum(_width(unicodedata.combining(c), unicodedata.east_asian_width(c)) for c in text)


def _width(combining: int, wide: str) -> int:
    if combining:
        return 0
    return 2 if wide in "WF" else 1
