"""What JSON that comes from outside must look like, said once: a shape checks a value and tells its JSON Schema.

`problems` is what runs; `schema_of` is what is published. A test compares both, so
that no JSON Schema library is needed at run time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from pointsman_conformance.wire import Json

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SHOWN = 80
"""How many characters of a wrong value a message shows."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of `least` to `longest` characters; `pattern` must be found in it."""

    least: int = 0
    longest: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number, at least `least`."""

    least: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """A number; at least `least` if that is given."""

    least: float | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """This one value."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scalar:
    """What a column holds: a number, a text, true, false or null."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class Nullable:
    """A shape, or null."""

    of: Shape


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one shape; no item twice if `distinct`."""

    of: Shape
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with keys of anybody's choice."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a record. `says` is what a reader of the schema is told."""

    key: str
    shape: Shape
    says: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """An object with these keys and no others. `what` is for messages."""

    what: str
    fields: tuple[Field, ...]
    says: str = ""


@dataclass(frozen=True, slots=True)
class Either:
    """One of several records: which one, the presence of the key `by` decides, `when` it is there."""

    by: str
    when: Record
    otherwise: Record


@dataclass(frozen=True, slots=True)
class Tagged:
    """One of several records: the word under the key `by` says which."""

    by: str
    cases: tuple[tuple[str, Record], ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A shape that stands under this name in the schema's ``$defs``, so that it can hold itself."""

    name: str
    of: Callable[[], Shape]


Shape = (
    Text | Whole | Number | Flag | Exactly | Choice | Scalar | Anything | Nullable | ListOf | MapOf
    | Record | Either | Tagged | Named
)  # fmt: skip


# --- checking ------------------------------------------------------------------


def problems(shape: Shape, value: Json, place: str = "") -> Iterator[str]:  # noqa: C901 - one case per shape
    """What is wrong with `value`, a sentence each, with the place in it; nothing if all is well."""
    match shape:
        case Record():
            yield from _problems_of_record(shape, value, place)
        case Either(by, when, otherwise):
            yield from problems(when if isinstance(value, dict) and by in value else otherwise, value, place)
        case Tagged():
            yield from _problems_of_tagged(shape, value, place)
        case Named(_, of):
            yield from problems(of(), value, place)
        case Nullable(of):
            if value is not None:
                yield from problems(of, value, place)
        case MapOf(of) if isinstance(value, dict):
            for key, each in value.items():
                yield from problems(of, each, _inside(place, key))
        case ListOf(of) if isinstance(value, list):
            yield from _problems_of_list(shape, value, place)
        case _:
            if not _fits(shape, value):
                yield f"{_named(place)} must be {describe(shape)}, not {shown(value)}"


def _problems_of_record(shape: Record, value: Json, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{_named(place, shape.what)} must be an object, not {shown(value)}"
        return
    known = {field.key: field for field in shape.fields}
    for key in value:
        if key not in known:
            yield f"{_named(place, shape.what)} has no field {key!r}; it has {', '.join(known)}"
    for field in shape.fields:
        if field.key in value:
            yield from problems(field.shape, value[field.key], _inside(place, field.key))
        elif field.required:
            yield f"{_named(place, shape.what)} lacks {field.key!r}: {describe(field.shape)}"


def _problems_of_tagged(shape: Tagged, value: Json, place: str) -> Iterator[str]:
    cases = dict(shape.cases)
    word = value.get(shape.by) if isinstance(value, dict) else None
    if isinstance(word, str) and word in cases:
        yield from problems(cases[word], value, place)
    elif isinstance(value, dict):
        yield f"{_inside(place, shape.by)} must be one of {', '.join(cases)}, not {shown(word)}"
    else:
        yield f"{_named(place)} must be an object, not {shown(value)}"


def _problems_of_list(shape: ListOf, value: list[Json], place: str) -> Iterator[str]:
    for number, each in enumerate(value):
        yield from problems(shape.of, each, f"{place}[{number}]")
    if shape.distinct and len({json.dumps(each, sort_keys=True) for each in value}) < len(value):
        yield f"{_named(place)} has an item twice"


def _fits(shape: Shape, value: Json) -> bool:  # noqa: PLR0911 - one case per shape
    match shape:
        case Text(least, longest, pattern):
            return (
                isinstance(value, str)
                and least <= len(value) <= (longest if longest is not None else len(value))
                and (pattern is None or re.search(pattern, value) is not None)
            )
        case Whole(least):
            return _is_number(value) and float(value).is_integer() and value >= least
        case Number(least):
            return _is_number(value) and (least is None or value >= least)
        case Flag():
            return isinstance(value, bool)
        case Exactly(wanted):
            return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
        case Choice(words):
            return isinstance(value, str) and value in words
        case Scalar():
            return not isinstance(value, list | dict)
        case Anything():
            return True
        case _:
            return False


def _is_number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def describe(shape: Shape) -> str:  # noqa: C901, PLR0911 - one case per shape
    """What a place wants, in words."""
    match shape:
        case Text(least, longest, pattern):
            size = "a text" if not least else "a text that is not empty"
            bound = f" of at most {longest:,} characters" if longest is not None else ""
            return size + bound + (f" like {pattern}" if pattern else "")
        case Whole(least):
            return f"a whole number from {least} on"
        case Number(least):
            return "a number" if least is None else f"a number from {least:g} on"
        case Flag():
            return "true or false"
        case Exactly(wanted):
            return shown(wanted)
        case Choice(words):
            return f"one of {', '.join(words)}"
        case Scalar():
            return "a number, a text, true, false or null"
        case Anything():
            return "a JSON value"
        case Nullable(of):
            return f"{describe(of)}, or null"
        case ListOf():
            return "a list"
        case Named(_, of):
            return describe(of())
        case MapOf() | Record() | Either() | Tagged():
            return "an object"


def shown(value: Json) -> str:
    """The value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _inside(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _named(place: str, what: str = "the value") -> str:
    return place or what


# --- the JSON Schema -------------------------------------------------------------


def schema_of(shape: Shape) -> dict[str, Json]:  # noqa: C901, PLR0911, PLR0912 - one case per shape
    """The JSON Schema (2020-12) of a shape."""
    match shape:
        case Text(least, longest, pattern):
            bounds: dict[str, Json] = {"minLength": least} if least else {}
            bounds |= {"maxLength": longest} if longest is not None else {}
            return {"type": "string", **bounds, **({"pattern": pattern} if pattern else {})}
        case Whole(least):
            return {"type": "integer", "minimum": least}
        case Number(lowest):
            return {"type": "number", **({} if lowest is None else {"minimum": lowest})}
        case Flag():
            return {"type": "boolean"}
        case Exactly(wanted):
            return {"const": wanted}
        case Choice(words):
            return {"enum": list(words)}
        case Scalar():
            return {"type": ["number", "string", "boolean", "null"]}
        case Anything():
            return {}
        case Nullable(of):
            return {"anyOf": [schema_of(of), {"type": "null"}]}
        case ListOf(of, distinct):
            return {"type": "array", "items": schema_of(of), **({"uniqueItems": True} if distinct else {})}
        case MapOf(of):
            return {"type": "object", "additionalProperties": schema_of(of)}
        case Either(by, when, otherwise):
            has_it: Json = {"type": "object", "required": [by]}
            return {"if": has_it, "then": schema_of(when), "else": schema_of(otherwise)}
        case Tagged(_, cases):
            return {"oneOf": [schema_of(record) for _, record in cases]}
        case Named(name):
            return {"$ref": f"#/$defs/{name}"}
        case Record():
            return _schema_of_record(shape)


def _schema_of_record(shape: Record) -> dict[str, Json]:
    required: list[Json] = [field.key for field in shape.fields if field.required]
    return {
        **({"description": shape.says} if shape.says else {}),
        "type": "object",
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": {field.key: {"description": field.says, **schema_of(field.shape)} for field in shape.fields},
    }
