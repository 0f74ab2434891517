"""Shapes of JSON that comes from outside. One shape both checks a value and gives its JSON Schema.

`problems` checks at run time; `schema_of` gives the schema that is published. A test compares
both, so that no JSON Schema library is needed at run time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from pointsman_conformance.core.wire import Json

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SHOWN = 80
"""How many characters of a wrong value a message shows."""


@dataclass(frozen=True, slots=True)
class JsonText:
    """A text of `least` to `longest` characters; `pattern` must be found in it."""

    least: int = 0
    longest: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class JsonWhole:
    """A whole number, at least `least`."""

    least: int = 0


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number; at least `least` if that is given."""

    least: float | None = None


@dataclass(frozen=True, slots=True)
class JsonFlag:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """This one value."""

    value: str | int


@dataclass(frozen=True, slots=True)
class JsonChoice:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JsonScalar:
    """What a column holds: a number, a text, true, false or null."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class Nullable:
    """A shape, or null."""

    of: JsonShape


@dataclass(frozen=True, slots=True)
class JsonList:
    """A list of one shape; no item twice if `distinct`."""

    of: JsonShape
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class JsonMap:
    """An object with any keys, whose values have one shape."""

    of: JsonShape


@dataclass(frozen=True, slots=True)
class JsonField:
    """A key of a record. `says` is its description in the schema."""

    key: str
    shape: JsonShape
    says: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """An object with these keys and no others. `what` names it in messages, `says` describes it in the schema."""

    what: str
    fields: tuple[JsonField, ...]
    says: str = ""


@dataclass(frozen=True, slots=True)
class JsonEither:
    """One of two records: `when` for an object that has the key `by`, else `otherwise`."""

    by: str
    when: JsonRecord
    otherwise: JsonRecord


@dataclass(frozen=True, slots=True)
class Tagged:
    """One of several records; the word under the key `by` decides which."""

    by: str
    cases: tuple[tuple[str, JsonRecord], ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A shape under this name in the schema's ``$defs``, so that it can contain itself."""

    name: str
    of: Callable[[], JsonShape]


JsonShape = (
    JsonText | JsonWhole | JsonNumber | JsonFlag | Exactly | JsonChoice | JsonScalar | Anything | Nullable | JsonList
    | JsonMap | JsonRecord | JsonEither | Tagged | Named
)  # fmt: skip


# --- checking ------------------------------------------------------------------


def problems(shape: JsonShape, value: Json, place: str = "") -> Iterator[str]:  # noqa: C901 - one case per shape
    """Yield a sentence for each mistake in `value`, with its place; nothing for a value that fits the shape."""
    match shape:
        case JsonRecord():
            yield from _problems_of_record(shape, value, place)
        case JsonEither(by, when, otherwise):
            yield from problems(when if isinstance(value, dict) and by in value else otherwise, value, place)
        case Tagged():
            yield from _problems_of_tagged(shape, value, place)
        case Named(_, of):
            yield from problems(of(), value, place)
        case Nullable(of):
            if value is not None:
                yield from problems(of, value, place)
        case JsonMap(of) if isinstance(value, dict):
            for key, each in value.items():
                yield from problems(of, each, _inside(place, key))
        case JsonList(of) if isinstance(value, list):
            yield from _problems_of_list(shape, value, place)
        case _:
            if not _fits(shape, value):
                yield f"{_named(place)} must be {describe(shape)}, not {shown(value)}"


def _problems_of_record(shape: JsonRecord, value: Json, place: str) -> Iterator[str]:
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


def _problems_of_list(shape: JsonList, value: list[Json], place: str) -> Iterator[str]:
    for number, each in enumerate(value):
        yield from problems(shape.of, each, f"{place}[{number}]")
    if shape.distinct and len({json.dumps(each, sort_keys=True) for each in value}) < len(value):
        yield f"{_named(place)} has an item twice"


def _fits(shape: JsonShape, value: Json) -> bool:  # noqa: PLR0911 - one case per shape
    match shape:
        case JsonText(least, longest, pattern):
            return (
                isinstance(value, str)
                and least <= len(value) <= (longest if longest is not None else len(value))
                and (pattern is None or re.search(pattern, value) is not None)
            )
        case JsonWhole(least):
            return _is_number(value) and float(value).is_integer() and value >= least
        case JsonNumber(least):
            return _is_number(value) and (least is None or value >= least)
        case JsonFlag():
            return isinstance(value, bool)
        case Exactly(wanted):
            return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
        case JsonChoice(words):
            return isinstance(value, str) and value in words
        case JsonScalar():
            return not isinstance(value, list | dict)
        case Anything():
            return True
        case _:
            return False


def _is_number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def describe(shape: JsonShape) -> str:  # noqa: C901, PLR0911 - one case per shape
    """The values that fit a shape, in words."""
    match shape:
        case JsonText(least, longest, pattern):
            size = "a text" if not least else "a text that is not empty"
            bound = f" of at most {longest:,} characters" if longest is not None else ""
            return size + bound + (f" like {pattern}" if pattern else "")
        case JsonWhole(least):
            return f"a whole number from {least} on"
        case JsonNumber(least):
            return "a number" if least is None else f"a number from {least:g} on"
        case JsonFlag():
            return "true or false"
        case Exactly(wanted):
            return shown(wanted)
        case JsonChoice(words):
            return f"one of {', '.join(words)}"
        case JsonScalar():
            return "a number, a text, true, false or null"
        case Anything():
            return "a JSON value"
        case Nullable(of):
            return f"{describe(of)}, or null"
        case JsonList():
            return "a list"
        case Named(_, of):
            return describe(of())
        case JsonMap() | JsonRecord() | JsonEither() | Tagged():
            return "an object"


def shown(value: Json) -> str:
    """The value as JSON, cut after `SHOWN` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _inside(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _named(place: str, what: str = "the value") -> str:
    return place or what


# --- the JSON Schema -------------------------------------------------------------


def schema_of(shape: JsonShape) -> dict[str, Json]:  # noqa: C901, PLR0911, PLR0912 - one case per shape
    """The JSON Schema (2020-12) of a shape."""
    match shape:
        case JsonText(least, longest, pattern):
            bounds: dict[str, Json] = {"minLength": least} if least else {}
            bounds |= {"maxLength": longest} if longest is not None else {}
            return {"type": "string", **bounds, **({"pattern": pattern} if pattern else {})}
        case JsonWhole(least):
            return {"type": "integer", "minimum": least}
        case JsonNumber(lowest):
            return {"type": "number", **({} if lowest is None else {"minimum": lowest})}
        case JsonFlag():
            return {"type": "boolean"}
        case Exactly(wanted):
            return {"const": wanted}
        case JsonChoice(words):
            return {"enum": list(words)}
        case JsonScalar():
            return {"type": ["number", "string", "boolean", "null"]}
        case Anything():
            return {}
        case Nullable(of):
            return {"anyOf": [schema_of(of), {"type": "null"}]}
        case JsonList(of, distinct):
            return {"type": "array", "items": schema_of(of), **({"uniqueItems": True} if distinct else {})}
        case JsonMap(of):
            return {"type": "object", "additionalProperties": schema_of(of)}
        case JsonEither(by, when, otherwise):
            has_it: Json = {"type": "object", "required": [by]}
            return {"if": has_it, "then": schema_of(when), "else": schema_of(otherwise)}
        case Tagged(_, cases):
            return {"oneOf": [schema_of(record) for _, record in cases]}
        case Named(name):
            return {"$ref": f"#/$defs/{name}"}
        case JsonRecord():
            return _schema_of_record(shape)


def _schema_of_record(shape: JsonRecord) -> dict[str, Json]:
    required: list[Json] = [field.key for field in shape.fields if field.required]
    return {
        **({"description": shape.says} if shape.says else {}),
        "type": "object",
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": {field.key: {"description": field.says, **schema_of(field.shape)} for field in shape.fields},
    }
