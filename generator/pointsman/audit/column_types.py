"""How PostgreSQL spells the types of the spec language in its catalogue."""

from __future__ import annotations

import re

_SPELLED = {
    "varchar": "character varying",
    "char": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
}


def spelled(declared: str) -> str:
    """The type as ``format_type()`` gives it: ``timestamptz(3)`` is ``timestamp(3) with time zone``."""
    found = re.fullmatch(r"(\w+)(\(.*\))?", declared)
    if found is None:
        return declared
    name, limits = found[1], (found[2] or "").replace(" ", "")
    if name == "char" and not limits:
        limits = "(1)"
    if name == "numeric" and re.fullmatch(r"\(\d+\)", limits):
        limits = f"{limits[:-1]},0)"
    first, blank, rest = _SPELLED.get(name, name).partition(" ")
    return f"{first}{limits} {rest}" if first == "timestamp" and blank else f"{_SPELLED.get(name, name)}{limits}"
