"""A file that Pointsman wants to exist: where, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """One generated file. `path` is relative, with forward slashes; `text` ends in one newline."""

    path: str
    text: str
