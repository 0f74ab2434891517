"""A dotted path: which value of a JSON body it names, and how a body is made in which it names one.

``charges.data.0.id`` has four parts. A part leads from a value to one that it holds: a name leads from an object to the
member of that name, a number from a list to the item at that place, counted from 0. In an object a number is a name
like any other. What is null, and what is not there, is missing: both are None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON value."""

ScalarValue = str | int | float | bool
"""A value that a column can hold: neither null, nor a list, nor an object."""

FieldReader = Callable[[str], Json]
"""Reads the field at a dotted path; None where it is missing."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,2}")


@lru_cache(maxsize=1024)
def parts_of(path: str) -> tuple[str, ...]:
    """The parts of a dotted path: ``("charges", "data", "0", "id")``. A path without a dot has one part."""
    return tuple(path.split("."))


def index_of(part: str) -> int | None:
    """The place in a list that `part` names: 0 to 999 in decimal digits, without a zero in front; else None."""
    return int(part) if _NUMBER.fullmatch(part) else None


def field(body: object, path: str) -> Json:
    """The value that `path` names in `body`; None where it is null or missing.

    `body` is a JSON value. In a text, such as a body that was cut off, everything is missing.
    """
    found: object = body
    for part in parts_of(path):
        if isinstance(found, list):
            index = index_of(part)
            found = found[index] if index is not None and index < len(found) else None
        elif isinstance(found, Mapping):
            found = found.get(part)
        else:
            return None
    return dict(found) if isinstance(found, Mapping) else found  # type: ignore[return-value]  # a part of a JSON value


def scalar(value: object) -> ScalarValue | None:
    """`value` if a column can hold it; None for null, a list and an object."""
    return value if isinstance(value, str | int | float | bool) else None


def put_field(into: dict[str, Json], path: str | Sequence[str], value: Json) -> None:
    """Make `path` name `value` in the body `into`.

    `path` is a dotted path or its parts. What it leads through is made where it is missing, or holds nothing: a list
    where the next part is a number, else an object. A list grows as far as it must, with null in the places between.
    Where one path wants a list and another an object, the object wins and has the numbers as names, so that both paths
    still name their values. `into` is changed; lists and objects in it are copied before they are.
    """
    first, *rest = parts_of(path) if isinstance(path, str) else path
    into[first] = _with(into.get(first), rest, value)


def _with(held: Json, rest: Sequence[str], value: Json) -> Json:
    """`held`, changed so that the parts `rest` lead to `value` in it."""
    if not rest:
        return value
    part, *after = rest
    index = index_of(part)
    if index is not None and not isinstance(held, Mapping):
        items = list(held) if isinstance(held, list) else []
        items.extend([None] * (index + 1 - len(items)))
        items[index] = _with(items[index], after, value)
        return items
    members = _as_object(held)
    members[part] = _with(members.get(part), after, value)
    return members


def _as_object(held: Json) -> dict[str, Json]:
    """`held` as an object: a list has its places as names; anything else that is no object holds nothing."""
    if isinstance(held, list):
        return {str(place): item for place, item in enumerate(held) if item is not None}
    return dict(held) if isinstance(held, Mapping) else {}


@lru_cache(maxsize=1024)
def parameter(path: str) -> str:
    """The name that a request's form gives a dotted path: ``metadata.row`` is ``metadata[row]``.

    A number is put in brackets like a name: ``items.0.price`` is ``items[0][price]``.
    """
    first, *rest = parts_of(path)
    return first + "".join(f"[{part}]" for part in rest)
