"""The terminal colour of each meaning, in one table."""

from __future__ import annotations

STYLES: dict[str, str] = {
    # findings
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold cyan",
    "place": "bold",
    "code": "bold",
    "gutter": "blue",
    "help": "green",
    "title": "bold",
    "legend": "dim",
    # the tones of a cell
    "moves": "bold green",
    "bump": "cyan",
    "refused": "dim",
    "quiet": "dim",
    "strong": "bold",
    "good": "green",
    "bad": "bold red",
    # the lines of a diff
    "added": "green",
    "removed": "red",
    "hunk": "cyan",
}

_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


def paint(text: str, meaning: str, *, color: bool) -> str:
    """`text` in the colour of `meaning`; unchanged without `color`."""
    if not color or not text:
        return text
    codes = ";".join(_SGR[word] for word in STYLES[meaning].split())
    return f"\x1b[{codes}m{text}\x1b[0m"
