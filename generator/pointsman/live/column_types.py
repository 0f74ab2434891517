"""Translates column types between the spec language and PostgreSQL's catalogue."""

from __future__ import annotations

import re

from pointsman.loading.scalars import COLUMN_TYPE

_SPELLED = {
    "varchar": "character varying",
    "char": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
}


_DECLARED = {long: short for short, long in _SPELLED.items()}


def declared(spelled_type: str) -> str | None:
    """A catalogue type as the spec language writes it, or None for a type that the spec language lacks."""
    found = re.fullmatch(r"([a-z ]+?)(\([\d,]+\))?( with(?:out)? time zone)?", spelled_type)
    if found is None:
        return None
    name, limits = found[1] + (found[3] or ""), found[2] or ""
    written = f"{_DECLARED.get(name, name)}{limits}"
    return written if re.fullmatch(COLUMN_TYPE, written) else None


def spelled(declared: str) -> str:
    """A type of the spec language as ``format_type()`` prints it: ``timestamptz`` is ``timestamp with time zone``."""
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
