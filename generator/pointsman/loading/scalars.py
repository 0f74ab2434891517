"""The shapes of single words: names, texts, numbers, conditions and the rest."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, NamedTuple, TypeVar

from pointsman.loading.structure import (
    ABSENT,
    KIND_NAMES,
    NAME_LENGTH,
    OTHER_NUMBER,
    Absent,
    Comparison,
    Shape,
    StructureReader,
    T_co,
    Written,
    called,
    plain_type,
    with_article,
)
from pointsman.spec.condition import Condition, ConditionError, columns, parse
from pointsman.spec.finding import shown
from pointsman.spec.lifecycle import Now, Setting, Template
from pointsman.spec.source import Node, Path, Scalar

NAME = r"[A-Za-z][A-Za-z0-9_]*"
DURATION = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d|w))+"
HTTP = r"[1-5]xx"
TYPES = (
    "bigint", "integer", "smallint", "numeric", "boolean", "text", "varchar", "char", "uuid",
    "timestamptz", "timestamp", "date", "json", "jsonb",
)  # fmt: skip
COLUMN_TYPE = rf"(?:{'|'.join(TYPES)})(?:\([0-9]{{1,4}}(?:, ?[0-9]{{1,4}})?\))?"
TEXT_LENGTH = 1000
LONGEST = timedelta(days=3650)

_NAME = re.compile(NAME)
_DURATION = re.compile(DURATION)
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")
_HTTP = re.compile(HTTP)
_COLUMN_TYPE = re.compile(COLUMN_TYPE)
_BRACE = re.compile(r"\{([^{}]*)\}")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_KINDS: Mapping[str, str] = {"field": "declared column or the primary key", "column": "declared column"}

_Word_co = TypeVar("_Word_co", bound=str, covariant=True)


def duration(text: str) -> timedelta | None:
    """The span of time that `text` spells (``90s``, ``1h30m``); None unless it is above zero and within ten years."""
    if not _DURATION.fullmatch(text):
        return None
    seconds = sum(float(count) * _UNITS[unit] for count, unit in _DURATION_PART.findall(text))
    return timedelta(seconds=seconds) or None if seconds <= LONGEST.total_seconds() else None


class ScalarShape(Shape[T_co]):
    """The shape of a single word; a list or a mapping in its place is a mistake."""

    def read(self, reader: StructureReader, node: Node, path: Path) -> T_co | Absent:
        """The value of the word at `node`."""
        if not isinstance(node, Scalar):
            return reader.refuse_type(self.wants, node, path)
        return self.scalar(reader, node, path)

    @abstractmethod
    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> T_co | Absent:
        """The value of the word `node`."""


# --- names ---------------------------------------------------------------------


def _read_name(reader: StructureReader, node: Scalar, path: Path) -> str | Absent:
    if (kind := plain_type(node)) != "text":
        what = f"an unquoted {shown(node.text)}" if node.text else "an empty place"
        message = f"{what} is {KIND_NAMES[kind]} to YAML, not a name"
        quotable = node.text and kind in ("null", "boolean")
        advice = "Choose a name that starts with a letter" + (", or quote it." if quotable else ".")
        return reader.refuse("name-not-text", node, path, message, advice)
    if not _NAME.fullmatch(node.text):
        message = f"{shown(node.text)} is not a name"
        advice = (
            "List the statuses: there are no wildcards, so that a status added later is not moved unawares."
            if node.text == "*"
            else "A name is a letter, then letters, digits, underscores. What is stored can be any text: `value:`."
        )
        return reader.refuse("bad-name", node, path, message, advice)
    if len(node.text) > NAME_LENGTH:
        message = f"the name {shown(node.text)} has {len(node.text)} characters"
        advice = f"Use at most {NAME_LENGTH}: databases cut longer names, and `value:` may be longer."
        return reader.refuse("name-too-long", node, path, message, advice)
    return node.text


def _name_schema() -> dict[str, object]:
    return {"type": "string", "pattern": f"^{NAME}$", "maxLength": NAME_LENGTH}


@dataclass(frozen=True)
class Name(ScalarShape[str]):
    """A name that this place declares; `what` is for messages."""

    what: str

    @property
    def wants(self) -> str:
        return f"a name for the {self.what}"

    def schema(self) -> dict[str, object]:
        return _name_schema()

    def read(self, reader: StructureReader, node: Node, path: Path) -> str | Absent:
        """The name at `node`, which a single key gives."""
        name = super().read(reader, node, path)
        if name is not ABSENT:
            reader.named[path] = name
        return name

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> str | Absent:
        return _read_name(reader, node, path)


@dataclass(frozen=True)
class Ref(ScalarShape[str]):
    """A name that is declared elsewhere.

    `kind` is one of status, event, actor, call, column (declared under
    ``table.columns``) or field (a column or the primary key). A column's type
    must be of the family `holds` ("time" or "whole"), where that is given.
    """

    kind: str
    holds: str | None = None

    distinct: ClassVar[bool] = True

    @property
    def wants(self) -> str:
        return f"the name of {with_article(_KINDS.get(self.kind, self.kind))}"

    def schema(self) -> dict[str, object]:
        return _name_schema()

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> str | Absent:
        """The name that `node` spells; the reader notes the use."""
        name = _read_name(reader, node, path)
        if name is not ABSENT:
            reader.use(self.kind, name, node, path, self.holds)
        return name


@dataclass(frozen=True)
class Choice(ScalarShape[_Word_co]):
    """One of some words."""

    words: tuple[_Word_co, ...]

    distinct: ClassVar[bool] = True

    @property
    def wants(self) -> str:
        return _listed(self.words)

    def schema(self) -> dict[str, object]:
        return {"enum": [str(word) for word in self.words]}

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> _Word_co | Absent:
        for word in self.words:
            if word == node.text:
                return word
        message = f"{called(path)} cannot be {shown(node.text)}.{reader.hint(node.text, map(str, self.words))}"
        return reader.refuse("unknown-word", node, path, message, f"Write {self.wants}.")


@dataclass(frozen=True)
class WordOr(ScalarShape[str]):
    """One of some words of the language, or else a name that is declared elsewhere."""

    words: tuple[str, ...]
    ref: Ref

    @property
    def wants(self) -> str:
        return f"an event, or {_listed(self.words)}"

    def schema(self) -> dict[str, object]:
        return {"anyOf": [{"enum": [str(word) for word in self.words]}, _name_schema()]}

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> str | Absent:
        return node.text if node.text in self.words else self.ref.scalar(reader, node, path)


def _listed(words: tuple[str, ...]) -> str:
    named = [str(word) for word in words]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"


# --- texts ---------------------------------------------------------------------


def _read_text(reader: StructureReader, wants: str, node: Scalar, path: Path) -> str | Absent:
    """The printable text that `node` spells, on one line."""
    if plain_type(node) != "text":
        return reader.refuse_type(wants, node, path, f'Put quotes around it: "{node.text[:TEXT_LENGTH]}".')
    return _printable(reader, node, node.text, path)


def _printable(reader: StructureReader, node: Scalar, text: str, path: Path) -> str | Absent:
    """The text of `node` if `text`, the part of it that must be printable, is neither empty nor odd."""
    if not text:
        return reader.refuse("empty", node, path, f"{called(path)} is empty", "Write a text, or leave the key out.")
    if len(node.text) > TEXT_LENGTH:
        message = f"{called(path)} has {len(node.text):,} characters"
        return reader.refuse("text-too-long", node, path, message, f"Use at most {TEXT_LENGTH:,}.")
    if not text.isprintable():
        odd = next(letter for letter in text if not letter.isprintable())
        message = f"{called(path)} holds U+{ord(odd):04X}, which cannot be printed: {shown(node.text)}"
        return reader.refuse("not-printable", node, path, message, "Use printable characters on one line.")
    return node.text


def _text_schema(pattern: str | None = None) -> dict[str, object]:
    narrowed = {"pattern": pattern} if pattern else {}
    return {"type": "string", "minLength": 1, "maxLength": TEXT_LENGTH, **narrowed}


class _InText(ScalarShape[T_co]):
    """A shape that is spelled as a printable text; in the JSON Schema the text has the `pattern`."""

    pattern: ClassVar[str | None] = None

    def schema(self) -> dict[str, object]:
        return _text_schema(self.pattern)


@dataclass(frozen=True)
class Text(_InText[str]):
    """One line of printable text; `what` is for messages."""

    what: str = "text"

    @property
    def wants(self) -> str:
        return f"a {self.what}"

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> str | Absent:
        return _read_text(reader, self.wants, node, path)


class Sentence(Text):
    """Printable text that may have several lines; they are joined with blanks."""

    pattern = "[^\\n]"

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> str | Absent:
        """The text that `node` spells, on one line."""
        if plain_type(node) != "text":
            return super().scalar(reader, node, path)
        text = _printable(reader, node, node.text.replace("\n", ""), path)
        return text if text is ABSENT else re.sub(r"\s+", " ", text).strip()


class StoredValue(Text):
    """The stored spelling of a status or an event, from its key `value`."""

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> str | Absent:
        """The text that `node` spells; the reader notes it for its status or event."""
        text = super().scalar(reader, node, path)
        if text is not ABSENT:
            reader.stored[path[:-1]] = text
        return text


class ColumnType(Text):
    """The PostgreSQL type of the column that it stands below."""

    pattern = f"^(?:{COLUMN_TYPE})$"

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> str | Absent:
        """The type that `node` spells, without a blank in it; the reader notes it as it is spelled."""
        if plain_type(node) == "text" and not _COLUMN_TYPE.fullmatch(node.text):
            advice = "Write one of PostgreSQL's common types, such as bigint, text, timestamptz or varchar(40)."
            return reader.refuse_type(self.wants, node, path, advice)
        text = super().scalar(reader, node, path)
        if text is ABSENT:
            return text
        reader.types[str(path[-2])] = text
        return text.replace(", ", ",")


class Brace(_InText[Template]):
    """Text with ``{column}`` places in it."""

    wants = "a text with {column} places in it"

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> Template | Absent:
        """The text that `node` spells, with the columns in it; the reader notes their use."""
        text = _read_text(reader, "a text", node, path)
        if text is ABSENT:
            return text
        names = _BRACE.findall(text)
        if set("{}") & set(_BRACE.sub("", text)):
            advice = "Write {column} for a column's value; nothing else takes braces."
            return reader.refuse("bad-template", node, path, f"a brace is not closed in {shown(text)}", advice)
        for name in names:
            if not _NAME.fullmatch(name):
                advice = "Only a column's name may stand between braces."
                return reader.refuse("bad-template", node, path, f"{{{name}}} is not a column", advice)
            reader.use("field", name, node, path)
        return Template(text, tuple(dict.fromkeys(names)))


class ReadCondition(NamedTuple):
    """A condition with the text that it was read from."""

    condition: Condition
    text: str


class Predicate(_InText[ReadCondition]):
    """A condition in SQL over the declared columns."""

    wants = "a condition in SQL"

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> ReadCondition | Absent:
        """The condition that `node` spells; the reader notes it and its columns."""
        text = _read_text(reader, "a text", node, path)
        if text is ABSENT:
            return text
        try:
            condition = parse(text)
        except ConditionError as error:
            advice = "Write comparisons of columns, numbers and texts, `is null`, `in (...)`, `and`, `or`, `not`."
            message = f"the condition {shown(text)} cannot be read: {error}"
            return reader.refuse("bad-condition", node, path, message, advice)
        for name in columns(condition):
            reader.use("field", name, node, path)
        reader.comparisons.append(Comparison(condition, path))
        return ReadCondition(condition, text)


# --- numbers and other values ------------------------------------------------------


def _is_number(node: Scalar, *kinds: str) -> bool:
    # Twenty digits bound the conversion: int() refuses very long ones with an error of its own.
    return plain_type(node) in kinds and len(node.text) <= 20 and not OTHER_NUMBER.fullmatch(node.text)


@dataclass(frozen=True)
class Whole(ScalarShape[int]):
    """A whole number within bounds."""

    minimum: int
    maximum: int

    @property
    def wants(self) -> str:
        if self.minimum == self.maximum:
            return f"the number {self.minimum}"
        return f"a whole number from {self.minimum:,} to {self.maximum:,}"

    def schema(self) -> dict[str, object]:
        if self.minimum == self.maximum:
            return {"type": "integer", "const": self.minimum}
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> int | Absent:
        if _is_number(node, "whole") and self.minimum <= int(node.text) <= self.maximum:
            return int(node.text)
        return reader.refuse_type(self.wants, node, path)


@dataclass(frozen=True)
class Number(ScalarShape[float]):
    """A number within bounds."""

    minimum: float
    maximum: float

    @property
    def wants(self) -> str:
        return f"a number from {self.minimum:g} to {self.maximum:g}"

    def schema(self) -> dict[str, object]:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> float | Absent:
        if _is_number(node, "whole", "number") and self.minimum <= float(node.text) <= self.maximum:
            return float(node.text)
        return reader.refuse_type(self.wants, node, path)


class Flag(ScalarShape[bool]):
    """true or false."""

    wants = "true or false"

    def schema(self) -> dict[str, object]:
        return {"type": "boolean"}

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> bool | Absent:
        """True if `node` spells true, in any of YAML's spellings."""
        if plain_type(node) != "boolean":
            return reader.refuse_type(self.wants, node, path)
        return node.text.lower() == "true"


class NullableFlag(Flag):
    """Whether the column that it stands below may be null."""

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> bool | Absent:
        """True if `node` spells true; the reader then notes the column."""
        flag = super().scalar(reader, node, path)
        if flag is True:
            reader.nullable.add(str(path[-2]))
        return flag


class Duration(ScalarShape[timedelta]):
    """A span of time: ``90s``, ``10m``, ``24h``, ``1h30m``."""

    wants = "a duration such as 90s, 10m or 24h"

    def schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": f"^{DURATION}$"}

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> timedelta | Absent:
        if found := duration(node.text):
            return found
        advice: str | None = "Write a time above zero and within ten years."
        if not _DURATION.fullmatch(node.text):
            bare = plain_type(node) == "whole" and len(node.text) < 10
            advice = f"Write {node.text}s, {node.text}m or {node.text}h." if bare else None
        return reader.refuse_type(self.wants, node, path, advice)


class SettingValue(ScalarShape[Setting]):
    """A value for the column that its key names: ``now``, null, a whole number, true, false or a text."""

    wants = "now, null, a whole number, true, false or a text"

    def schema(self) -> dict[str, object]:
        number = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
        return {"anyOf": [_text_schema(), number, {"type": ["boolean", "null"]}]}

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> Setting | Absent:
        """The value that `node` spells; the reader notes it for the column."""
        setting = self._setting(reader, node, path)
        if setting is not ABSENT:
            self.note(reader, setting, path)
        return setting

    def note(self, reader: StructureReader, setting: Setting, path: Path) -> None:
        """Note the column that the value is for: the last step of its path."""
        reader.written.append(Written(str(path[-1]), setting, path))

    def _setting(self, reader: StructureReader, node: Scalar, path: Path) -> Setting | Absent:
        kind = plain_type(node)
        if kind == "null":
            return None
        if kind == "boolean":
            return node.text.lower() == "true"
        if kind == "whole" and len(node.text) <= 20 and -(2**63) <= int(node.text) < 2**63:
            return int(node.text)
        if kind in ("whole", "number"):
            return reader.refuse_type(self.wants, node, path, "Write a whole number that fits a bigint.")
        if node.plain and node.text == "now":
            return Now.NOW
        return _read_text(reader, "a text", node, path)


class Default(SettingValue):
    """The default of the column that it stands below; a default of null is none."""

    def note(self, reader: StructureReader, setting: Setting, path: Path) -> None:
        """Note the column: the last step but one of the path."""
        if setting is not None:
            reader.written.append(Written(str(path[-2]), setting, path))


class HttpStatus(ScalarShape[tuple[int, int]]):
    """An HTTP status, or a class of them: 404, 5xx. It is read as an inclusive range."""

    wants = "an HTTP status such as 404 or 5xx"

    def schema(self) -> dict[str, object]:
        return {
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"pattern": f"^{HTTP}$", "type": "string"},
            ]
        }

    def scalar(self, reader: StructureReader, node: Scalar, path: Path) -> tuple[int, int] | Absent:
        if _HTTP.fullmatch(node.text):
            first = int(node.text[0]) * 100
            return (first, first + 99)
        if plain_type(node) == "whole" and len(node.text) == 3 and 100 <= int(node.text) <= 599:
            return (int(node.text), int(node.text))
        return reader.refuse_type(self.wants, node, path)
