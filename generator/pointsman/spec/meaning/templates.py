"""Templates: the text that a row's columns make of one, and the columns that a text says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pointsman.spec.lifecycle import Template

_PLACE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")


def text_of(value: object) -> str | None:
    """A column's value as a template has it; None for null. A boolean is ``true`` or ``false``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def filled(template: Template, row: Mapping[str, object]) -> str | None:
    """`template` with the row's values; None where a column of it is null or not in `row`."""
    values = {name: text_of(row.get(name)) for name in template.columns}
    if None in values.values():
        return None
    return replaced(template.text, {name: value or "" for name, value in values.items()})


def replaced(template: str, values: Mapping[str, str], missing: str = "") -> str:
    """The text of a template with `values` in its places; `missing` where there is none for a column."""
    return _PLACE.sub(lambda place: values.get(place[1], missing), template)


@lru_cache(maxsize=1024)
def columns_of(template: str) -> tuple[str, ...]:
    """The columns in the places of a template's text, in order; one that stands twice is there twice."""
    return tuple(_PLACE.findall(template))


def columns_in(template: str, said: str, within: str = ".+") -> dict[str, str] | None:
    """The columns' values that make `template` (its text) into `said`; None where none do.

    `within` is a regular expression of what a place may hold: anything but nothing, unless it is given. One column in
    two places has one value.
    """
    pattern, columns = _pattern(template, within)
    match = pattern.fullmatch(said)
    if match is None:
        return None
    found: dict[str, str] = {}
    for column, value in zip(columns, match.groups(), strict=True):
        if found.setdefault(column, value) != value:
            return None
    return found


@lru_cache(maxsize=1024)
def request_parts(request: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """A request of the spec taken apart: its method in capitals, its path, and the fields of its query in order.

    The text is that of a template or of one that was filled: ``METHOD /path?field=value Header: value``. Headers are
    left out.
    """
    method, _, rest = request.partition(" ")
    path, _, query = rest.partition(" ")[0].partition("?")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return method.upper(), path, tuple((name, value) for name, _, value in pairs)


@lru_cache(maxsize=512)
def _pattern(template: str, within: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    fixed = [re.escape(piece) for piece in _PLACE.split(template)[::2]]
    return re.compile(f"({within})".join(fixed)), columns_of(template)
