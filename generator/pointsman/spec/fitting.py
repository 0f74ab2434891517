"""Which values a column of a PostgreSQL type takes.

Stricter than PostgreSQL: a point in time is an ISO 8601 date, with a time of day
or without. The database would also take ``'now'`` or ``'today'`` as a text, and
would read it once, when the table is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from pointsman.spec.lifecycle import Now, Setting

_WHOLE_TYPES = frozenset({"bigint", "integer", "smallint", "numeric"})
_TIME_TYPES = frozenset({"timestamptz", "timestamp", "date"})
_RANGES: Mapping[str, range] = {"smallint": range(-(2**15), 2**15), "integer": range(-(2**31), 2**31)}
_TYPE = re.compile(r"([a-z]+)(?:\((\d+)(?:, ?(\d+))?\))?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d(?::\d\d)?)?)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def family(type_: str) -> str:
    """The kind of values of a PostgreSQL type: whole, time, boolean or text."""
    bare = type_.partition("(")[0]
    if bare in _WHOLE_TYPES:
        return "whole"
    if bare in _TIME_TYPES:
        return "time"
    return "boolean" if bare == "boolean" else "text"


def fits(type_: str, setting: Setting) -> bool:
    """Can a column of this type hold that value, which is not null?"""
    found = _TYPE.fullmatch(type_)
    bare, first, second = found.groups() if found else (type_, None, None)
    if isinstance(setting, Now):
        return family(type_) == "time"
    if isinstance(setting, bool):
        return bare == "boolean"
    if isinstance(setting, int):
        return family(type_) == "whole" and _in_range(bare, first, second, setting)
    return isinstance(setting, str) and _spells(bare, first, setting)


def _in_range(bare: str, first: str | None, second: str | None, number: int) -> bool:
    if bare == "numeric" and first:
        return number == 0 or len(str(abs(number))) <= int(first) - int(second or 0)
    return bare not in _RANGES or number in _RANGES[bare]


def _spells(bare: str, length: str | None, text: str) -> bool:
    if bare in _TEXTS:
        return _TEXTS[bare](text)
    if bare == "text":
        return True
    return bare in ("varchar", "char") and len(text) <= int(length or (1 if bare == "char" else len(text)))


def _is_time(text: str) -> bool:
    try:
        return bool(_TIME.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:  # a month of 13
        return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_TEXTS: Mapping[str, Callable[[str], bool]] = {
    **dict.fromkeys(_TIME_TYPES, _is_time),
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
    "json": _is_json,
    "jsonb": _is_json,
}
