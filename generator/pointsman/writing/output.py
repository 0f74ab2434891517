"""A generated file: its path and its text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """One generated file. `path` is relative, with forward slashes; `text` ends in one newline."""

    path: str
    text: str
