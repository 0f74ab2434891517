"""Computes the widths of a table's columns, and breaks its words.

Names such as `reversal_pending` are broken after their underscores before they
are broken anywhere else.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from pointsman.reporting.excerpt import columns

_PIECE = re.compile(r"[^\s_\-/,.:;]*[\s_\-/,.:;]*")
_WORD = re.compile(r"\S+\s*|^\s+")
_EASY = 12
"""Narrower columns are hard to read; a column gets narrower only if its words are short."""


def panels(rows: Sequence[tuple[str, ...]], room: int | None, beside: int) -> list[dict[int, int]]:
    """The table's columns in groups that fit into `room`, each group a mapping of column to width.

    `beside` is what the frame takes for each column. Every group begins with
    the first column. `room` is in columns of a screen; None: unlimited.
    """
    natural = [max(_widest(text.split("\n")) for text in cells) for cells in zip(*rows, strict=True)]
    if room is None or sum(natural) + beside * len(natural) <= room:
        return [dict(enumerate(natural))]
    pieces = [max(_widest(_pieces(text)) for text in cells) for cells in zip(*rows, strict=True)]
    least = [max(piece, min(wanted, _EASY)) for piece, wanted in zip(pieces, natural, strict=True)]
    return [_shared(group, natural, least, room - beside * len(group)) for group in _groups(least, room, beside)]


def _groups(least: list[int], room: int, beside: int) -> list[list[int]]:
    """The columns in as few groups as fit, of one size if possible: five columns and then one would look wrong."""
    others = list(range(1, len(least)))
    full = _filled(others, least, room, beside)
    size = -(-len(others) // max(len(full), 1)) or 1
    even = [[0, *others[start : start + size]] for start in range(0, len(others), size)]
    fits = all(sum(least[column] + beside for column in group) <= room for group in even)
    return (even if fits else full) or [[0]]


def _filled(others: list[int], least: list[int], room: int, beside: int) -> list[list[int]]:
    groups: list[list[int]] = []
    left = 0
    for column in others:
        needed = least[column] + beside
        if not groups or needed > left:
            groups.append([0])
            left = room - least[0] - beside
        groups[-1].append(column)
        left -= needed
    return groups


def _shared(group: list[int], natural: list[int], least: list[int], room: int) -> dict[int, int]:
    """Widths between the least and the natural ones that fill `room`: the widest columns are narrowed first."""
    widths = {column: least[column] for column in group}
    while sum(widths.values()) > room and max(widths.values()) > 1:
        widest = max(widths, key=lambda column: widths[column])
        widths[widest] -= 1
    while sum(widths.values()) < room:
        growing = [column for column in group if widths[column] < natural[column]]
        if not growing:
            break
        widths[min(growing, key=lambda column: widths[column])] += 1
    return widths


def wrap(text: str, width: int | None) -> str:
    """Prose with its lines broken at blanks to fit `width` columns; None: nothing is broken."""
    if width is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _wrapped(line, width))


def _wrapped(line: str, width: int) -> list[str]:
    if columns(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def fold(text: str, width: int) -> str:
    """`text` in lines of at most `width` columns of a screen."""
    return "\n".join(folded for line in text.split("\n") for folded in _folded(line, width))


def _folded(line: str, width: int) -> list[str]:
    if columns(line) <= width:
        return [line]
    lines = [""]
    for part in (part for word in _WORD.findall(line) for part in _parts(word, width)):
        if columns(lines[-1] + part.rstrip()) > width and lines[-1]:
            lines.append("")
        lines[-1] += part
    return [found for found in (each.rstrip() for each in lines) if found]


def _parts(word: str, width: int) -> list[str]:
    """The word whole if a line can hold it, else its pieces, and pieces longer than a line cut."""
    if columns(word.rstrip()) <= width:
        return [word]
    return [part for piece in _pieces(word) for part in _hard(piece, width)]


def _hard(piece: str, width: int) -> list[str]:
    """A piece cut into lines of `width`."""
    if columns(piece.rstrip()) <= width:
        return [piece]
    lines = [""]
    for character in piece:
        if columns(lines[-1] + character) > width and lines[-1]:
            lines.append("")
        lines[-1] += character
    return lines


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text)[:-1]


def _widest(texts: Sequence[str]) -> int:
    return max((columns(text.rstrip()) for text in texts), default=0)
