"""The shapes of lists, mappings and records.

A record of the language, `FixedKeys[T]`, names the function that makes its `T`:
as a rule a dataclass of `spec.lifecycle`. It is called with the keys that the
document has, so that the default of a missing key stands in the dataclass alone.
mypy cannot hold the keys against that function's parameters, as the arguments
are gathered one by one; tests/unit/test_language_records.py does, names and types.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from pointsman.loading.scalars import Name, Ref, ScalarShape, Text
from pointsman.loading.structure import ABSENT, Absent, Shape, StructureReader, T_co, called, plain_type, with_article
from pointsman.spec.finding import shown
from pointsman.spec.source import Listing, Mapped, Node, Path, Scalar

_T = TypeVar("_T")


@dataclass(frozen=True)
class Converted(Shape[T_co], Generic[_T, T_co]):
    """A shape whose values are converted once they are read."""

    of: Shape[_T]
    convert: Callable[[_T], T_co]

    @property
    def wants(self) -> str:
        return self.of.wants

    def schema(self) -> dict[str, object]:
        return self.of.schema()

    def read(self, reader: StructureReader, node: Node, path: Path) -> T_co | Absent:
        """The converted value at `node`."""
        value = self.of.read(reader, node, path)
        return ABSENT if value is ABSENT else self.convert(value)


# --- lists -----------------------------------------------------------------------


@dataclass(frozen=True)
class ListOf(Shape[tuple[T_co, ...]]):
    """A list; `least` is how many items it must have."""

    of: Shape[T_co]
    least: int = 0

    wants = "a list"

    def schema(self) -> dict[str, object]:
        least = {"minItems": self.least} if self.least else {}
        distinct = {"uniqueItems": True} if self.of.distinct else {}
        return {"type": "array", "items": self.of.schema(), **least, **distinct}

    def read(self, reader: StructureReader, node: Node, path: Path) -> tuple[T_co, ...] | Absent:
        """The items that could be read."""
        if not isinstance(node, Listing):
            return reader.refuse_type(self.wants, node, path, "Write a list, such as [a, b].")
        if len(node.items) < self.least:
            reader.refuse("empty", node, path, f"{called(path)} is empty", "Give it at least one item.")
        items = [self.of.read(reader, item, (*path, number)) for number, item in enumerate(node.items)]
        if self.of.distinct:
            _refuse_repeated(reader, node, path)
        return tuple(item for item in items if item is not ABSENT)


def _refuse_repeated(reader: StructureReader, node: Listing, path: Path) -> None:
    seen: set[str] = set()
    for number, item in enumerate(node.items):
        if isinstance(item, Scalar) and item.text in seen:
            message = f"{shown(item.text)} stands twice in {called(path)}"
            reader.refuse("repeated-item", item, (*path, number), message, "Remove one of the two.")
        elif isinstance(item, Scalar):
            seen.add(item.text)


@dataclass(frozen=True)
class OneOrMany(Shape[tuple[T_co, ...]]):
    """One of a shape, or a non-empty list of it."""

    of: Shape[T_co]

    @property
    def wants(self) -> str:
        return f"{self.of.wants}, or a list of them"

    def schema(self) -> dict[str, object]:
        return {"anyOf": [self.of.schema(), ListOf(self.of, 1).schema()]}

    def read(self, reader: StructureReader, node: Node, path: Path) -> tuple[T_co, ...] | Absent:
        """The items that could be read, or the one."""
        if isinstance(node, Listing):
            return ListOf(self.of, 1).read(reader, node, path)
        one = self.of.read(reader, node, path)
        return ABSENT if one is ABSENT else (one,)


# --- mappings ----------------------------------------------------------------------


class _Map(Shape[tuple[T_co, ...]]):
    """A mapping with keys of the author's choice; it has at least so many of them."""

    wants = "a mapping (key: value)"

    key: Name | Ref | Text
    least: int

    @property
    @abstractmethod
    def below(self) -> Shape[object]:
        """The shape below each key."""

    @abstractmethod
    def item(self, reader: StructureReader, key: str, node: Node, path: Path) -> T_co | Absent:
        """The item that a key makes with the node below it."""

    def schema(self) -> dict[str, object]:
        least = {"minProperties": self.least} if self.least else {}
        return {
            "type": "object",
            "propertyNames": {key: rule for key, rule in self.key.schema().items() if key != "type"},
            "additionalProperties": self.below.schema(),
            **least,
        }

    def read(self, reader: StructureReader, node: Node, path: Path) -> tuple[T_co, ...] | Absent:
        """The items that could be read, in the author's order."""
        if not isinstance(node, Mapped):
            return reader.refuse_type(self.wants, node, path)
        if len(node.entries) < self.least:
            reader.refuse("empty", node, path, f"{called(path)} is empty", "Declare at least one.")
        return tuple(self._items(reader, node, path))

    def _items(self, reader: StructureReader, node: Mapped, path: Path) -> Iterator[T_co]:
        for entry in node.entries:
            here = (*path, entry.key.text)
            if (key := self.key.scalar(reader, entry.key, here)) is ABSENT:
                continue
            if (item := self.item(reader, key, entry.value, here)) is not ABSENT:
                yield item


@dataclass(frozen=True)
class MapOf(_Map[tuple[str, T_co]]):
    """A mapping from names or texts to values, read as pairs."""

    key: Name | Ref | Text
    value: Shape[T_co]
    least: int = 0

    @property
    def below(self) -> Shape[object]:
        """The shape of the values."""
        return self.value

    def item(self, reader: StructureReader, key: str, node: Node, path: Path) -> tuple[str, T_co] | Absent:
        """The key with its value."""
        value = self.value.read(reader, node, path)
        return ABSENT if value is ABSENT else (key, value)


@dataclass(frozen=True)
class MapOfRecords(_Map[T_co]):
    """A mapping from names to records; a record's maker takes the name as its argument `name_into`."""

    key: Name | Text
    record: FixedKeys[T_co]
    least: int = 0
    name_into: str = "name"

    @property
    def below(self) -> Shape[object]:
        """The shape of the records."""
        return self.record

    def read(self, reader: StructureReader, node: Node, path: Path) -> tuple[T_co, ...] | Absent:
        """The records that could be made; the reader notes the names."""
        reader.declared[path] = {}
        return super().read(reader, node, path)

    def item(self, reader: StructureReader, key: str, node: Node, path: Path) -> T_co | Absent:
        """The record of that name."""
        names = reader.declared[path[:-1]]
        names[key] = isinstance(node, Mapped)
        made = self.record.read(reader, node, path, **{self.name_into: key})
        names[key] |= made is not ABSENT
        return made


# --- records -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record.

    `says` is the sentence that an editor shows; in it ``{default}`` stands for the
    default that the record's maker has for the key. `into` names the argument of the
    maker that takes the value, if that is not named as the key is; several names,
    with blanks between them, take the parts of a tuple; an empty text drops the
    value.
    """

    key: str
    shape: Shape[object]
    says: str
    required: bool = False
    into: str | None = None

    @property
    def arguments(self) -> list[str]:
        """The names of the maker's arguments that the value fills."""
        return [self.key] if self.into is None else self.into.split()

    def fill(self, arguments: dict[str, object], value: object) -> None:
        """Put the value among the maker's arguments."""
        if self.into is None:
            arguments[self.key] = value
        elif isinstance(value, tuple) and " " in self.into:
            arguments.update(zip(self.arguments, value, strict=True))
        elif self.into:
            arguments[self.into] = value


@dataclass(frozen=True)
class FixedKeys(Shape[T_co]):
    """A mapping with fixed keys, which `make` turns into a record.

    Of the keys in `one_of` exactly one must stand. With `empty_ok` the record
    may be left empty. `word` is an argument of `make` with the shape of a single
    word that may stand for the whole mapping. With `placed` the maker takes the
    record's path as its argument `path`.
    """

    what: str
    make: Callable[..., T_co]
    fields: tuple[Field, ...]
    one_of: tuple[str, ...] = ()
    least: int = 0
    empty_ok: bool = False
    word: tuple[str, ScalarShape[object]] | None = None
    placed: bool = False

    wants = "a mapping (key: value)"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in the order of the definition."""
        return tuple(self._by_key)

    @cached_property
    def _by_key(self) -> Mapping[str, Field]:
        return {one.key: one for one in self.fields}

    @cached_property
    def _required(self) -> frozenset[str]:
        return frozenset(one.key for one in self.fields if one.required)

    def says(self, field: Field) -> str:
        """The sentence about a key, with its default filled in."""
        if "{default}" not in field.says:
            return field.says
        (argument,) = field.arguments
        default: object = inspect.signature(self.make).parameters[argument].default
        return field.says.replace("{default}", _spelled(default))

    def schema(self) -> dict[str, object]:
        made: dict[str, object] = {
            "type": ["object", "null"] if self.empty_ok else "object",
            "additionalProperties": False,
            "properties": {one.key: {"description": self.says(one), **one.shape.schema()} for one in self.fields},
        }
        if required := [one.key for one in self.fields if one.required]:
            made["required"] = required
        if self.least:
            made["minProperties"] = self.least
        if self.one_of:
            made["oneOf"] = [{"required": [str(key)]} for key in self.one_of]
        return {"anyOf": [self.word[1].schema(), made]} if self.word else made

    def read(self, reader: StructureReader, node: Node, path: Path, **arguments: object) -> T_co | Absent:
        """The record at `node`, made with these arguments beside its keys.

        ABSENT as well if a key is missing, or could not be read, without which
        there is no record.
        """
        if self.placed:
            arguments["path"] = path
        if self.empty_ok and isinstance(node, Scalar) and plain_type(node) == "null":
            return self.make(**arguments)
        if isinstance(node, Mapped):
            return self._record(reader, node, path, arguments)
        if self.word is None:
            return reader.refuse_type(self.wants, node, path, f"Write one or more of: {', '.join(self.keys)}.")
        argument, shape = self.word
        word = shape.read(reader, node, path)
        return ABSENT if word is ABSENT else self.make(**arguments, **{argument: word})

    def _record(self, reader: StructureReader, node: Mapped, path: Path, arguments: dict[str, object]) -> T_co | Absent:
        read: set[str] = set()
        for entry in node.entries:
            key = entry.key.text
            if (one := self._by_key.get(key)) is None:
                self._refuse_key(reader, entry.key, (*path, key))
            elif (value := one.shape.read(reader, entry.value, (*path, key))) is not ABSENT:
                one.fill(arguments, value)
                read.add(key)
        self._refuse_missing(reader, node, path)
        complete = self._required <= read and (not self.one_of or len(read.intersection(self.one_of)) == 1)
        return self.make(**arguments) if complete else ABSENT

    def _refuse_key(self, reader: StructureReader, key: Scalar, path: Path) -> None:
        message = f"{shown(key.text)} is not a key of {with_article(self.what)}.{reader.hint(key.text, self.keys)}"
        reader.refuse("unknown-key", key, path, message, f"Its keys are: {', '.join(self.keys)}.")

    def _refuse_missing(self, reader: StructureReader, node: Mapped, path: Path) -> None:
        there = {entry.key.text for entry in node.entries}
        for one in self.fields:
            if one.required and one.key not in there:
                message = f"the {self.what} has no `{one.key}`"
                advice = f"Add `{one.key}:`. {self.says(one)}"
                reader.refuse("missing-key", node, (*path, one.key), message, advice)
        if self.one_of and len(there.intersection(self.one_of)) != 1:
            message = f"the {self.what} must have exactly one of {', '.join(self.one_of)}"
            reader.refuse("missing-key", node, path, message, "Keep one; write the others as lines of their own.")
        if len(there) < self.least:
            message = f"the {self.what} is empty"
            reader.refuse("missing-key", node, path, message, f"Give one or more of: {', '.join(self.keys)}.")


def _spelled(default: object) -> str:
    """A default as the author of a spec would write it."""
    if isinstance(default, frozenset):
        return f"[{', '.join(sorted(map(str, default)))}]"
    return f"{default:g}" if isinstance(default, float) else str(default)
