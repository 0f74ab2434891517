"""Estimates the width of text in a picture whose font the reader's machine chooses, and breaks lines.

The estimate is that of a wide font (DejaVu Sans, Verdana), so that text in any
usual font fits as well.
"""

from __future__ import annotations

import re
import unicodedata

_NARROW = frozenset("iIjl.,:;'|!()[]{} ftr-/\\`\"")
_BROAD = frozenset("mwMW@%&")
_WORD = re.compile(r"\S+\s*")
_PIECE = re.compile(r"[^_\-/,.:;]*[_\-/,.:;]*")


def width(text: str, size: float) -> float:
    """About how wide `text` is in a font of that size, in the same unit."""
    return size * sum(_ems(letter) for letter in text)


def wrap(text: str, room: float, size: float) -> tuple[str, ...]:
    """`text` in lines no wider than `room`: broken between words, then after underscores, then anywhere."""
    lines: list[str] = []
    line = ""
    for word in _WORD.findall(text):
        if width((line + word).rstrip(), size) <= room:
            line += word
            continue
        for piece in _pieces(word, room, size):
            if line and width((line + piece).rstrip(), size) > room:
                lines.append(line.rstrip())
                line = ""
            line += piece
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def even(text: str, room: float, size: float) -> tuple[str, ...]:
    """As `wrap`, but a few lines are made about equally long."""
    lines = wrap(text, room, size)
    if not 1 < len(lines) < 5:
        return lines
    while len(closer := wrap(text, room * 0.95, size)) == len(lines):
        lines, room = closer, room * 0.95
    return lines


def _pieces(word: str, room: float, size: float) -> list[str]:
    """`word` whole where a line can hold it, else in pieces that a line can hold."""
    if width(word.rstrip(), size) <= room:
        return [word]
    pieces = [piece for piece in _PIECE.findall(word) if piece]
    return [part for piece in pieces for part in _parts(piece, room, size)]


def _parts(piece: str, room: float, size: float) -> list[str]:
    if width(piece.rstrip(), size) <= room:
        return [piece]
    parts = [""]
    for letter in piece:
        if parts[-1] and width((parts[-1] + letter).rstrip(), size) > room:
            parts.append("")
        parts[-1] += letter
    return parts


def _ems(letter: str) -> float:
    if letter in _NARROW:
        return 0.41
    if letter in _BROAD:
        return 0.98
    if letter.isascii():
        return 0.72 if letter.isupper() else 0.62
    if unicodedata.combining(letter):
        return 0.0
    return 1.1 if unicodedata.east_asian_width(letter) in "WF" else 0.8
