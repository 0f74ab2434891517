"""Edits of a file's text that put a new entry where its list wants it.

An edit takes the text of a file and gives it back with one entry more. Lines that it looks for are known by how
they begin. It raises `LookupError` where a list does not look as it expects.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Edit = Callable[[str], str]


def before(beginning: str, entry: str, *, after: str = "") -> Edit:
    """Put `entry` before the first line that starts with `beginning`, below the first that starts with `after`."""

    def edit(text: str) -> str:
        lines = text.splitlines(keepends=True)
        start = _find(lines, after, 0) + 1 if after else 0
        at = _find(lines, beginning, start)
        return "".join((*lines[:at], entry, *lines[at:]))

    return edit


def in_order(entry: str, *, after: str = "", prefix: str = "") -> Edit:
    """Put the line `entry` into a sorted list of lines.

    The list stands below the line that starts with `after` and ends at the first closing bracket, or it is the lines
    that start with `prefix`.
    """

    def edit(text: str) -> str:
        lines = text.splitlines(keepends=True)
        at = _find(lines, after, 0) + 1 if after else _find(lines, prefix, 0)
        while _is_in_list(lines[at], prefix) and _natural(lines[at]) < _natural(entry):
            at += 1
        return "".join((*lines[:at], entry, *lines[at:]))

    return edit


def at_the_end(entry: str) -> Edit:
    """Put `entry` below everything."""
    return lambda text: text + entry


def _find(lines: list[str], beginning: str, start: int) -> int:
    for number, line in enumerate(lines[start:], start):
        if line.startswith(beginning):
            return number
    raise LookupError(beginning.strip() or "an empty line")


def _is_in_list(line: str, prefix: str) -> bool:
    return line.startswith(prefix) if prefix else not line.lstrip().startswith((")", "]", "}"))


def _natural(line: str) -> list[tuple[int, int, str]]:
    """The order in which ruff sorts imports: digits by their number, and before letters."""
    parts = re.findall(r"\d+|\D", re.split(" import |,", line.strip())[0])
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
