"""A document's nodes -> plain data, by the shapes of the language.

Every mistake becomes a finding and reading goes on, so that one run tells all of
them. What could not be read is left out of the data; names that refer to
something are collected, because they can only be judged once everything that is
declared has been seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pointsman.loading.language import (
    DISTINCT,
    DURATION,
    HTTP,
    NAME,
    NAME_LENGTH,
    TEXT_LENGTH,
    Brace,
    Choice,
    Duration,
    Either,
    FixedKeys,
    Flag,
    HttpStatus,
    ListOf,
    MapOf,
    Name,
    Number,
    OneOrMany,
    Predicate,
    Ref,
    SettingValue,
    Shape,
    Text,
    Whole,
    WordOr,
    describe,
)
from pointsman.spec.condition import Condition, ConditionError, columns, parse
from pointsman.spec.finding import Finding, Severity, did_you_mean, shown
from pointsman.spec.lifecycle import Now, Template
from pointsman.spec.source import Listing, Mapped, Node, Path, Place, Scalar

MOST_FINDINGS = 200
"""Past this many mistakes the file is not a spec, and more of them help nobody."""

MOST_HINTS = 20
"""How many messages of one run look for a similar name; the search is slow over thousands of names."""

LONGEST = timedelta(days=3650)

_NAME = re.compile(NAME)
_DURATION = re.compile(DURATION)
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")
_HTTP = re.compile(HTTP)
_WHOLE = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_OTHER_NUMBER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BRACE = re.compile(r"\{([^{}]*)\}")

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


@dataclass(frozen=True, slots=True)
class Use:
    """A name that refers to something declared elsewhere, and where it stands."""

    kind: str
    name: str
    place: Place
    path: Path


@dataclass(frozen=True, slots=True)
class Predicated:
    """A condition with the text that it was read from."""

    condition: Condition
    text: str


class TooManyMistakesError(Exception):
    """There are so many mistakes that reading on is of no use."""


class Absent:
    """The mark for what could not be read."""


ABSENT = Absent()


def duration(text: str) -> timedelta | None:
    """The span of time that `text` spells (``90s``, ``1h30m``); None for none above zero and within ten years."""
    if not _DURATION.fullmatch(text):
        return None
    seconds = sum(float(count) * _UNITS[unit] for count, unit in _DURATION_PART.findall(text))
    return timedelta(seconds=seconds) or None if seconds <= LONGEST.total_seconds() else None


def plain_type(node: Scalar) -> str:
    """What YAML 1.2 takes a plain word for: null, boolean, whole, number or text."""
    if not node.plain:
        return "text"
    if node.text in ("", "~", "null", "Null", "NULL"):
        return "null"
    if node.text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return "boolean"
    if _WHOLE.fullmatch(node.text):
        return "whole"
    if _NUMBER.fullmatch(node.text) or _OTHER_NUMBER.fullmatch(node.text):
        return "number"
    return "text"


@dataclass
class StructureReader:
    """Reads nodes by shapes. `findings` and `uses` fill up on the way."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    _hints: int = 0

    # --- findings

    def refuse(self, code: str, at: Node | Place, path: Path, message: str, advice: str) -> None:
        """Note a mistake at a node or a place."""
        place = at if isinstance(at, Place) else Place(self.file, at.line, at.column)
        subject = f"{code}:{'.'.join(map(str, path))}"
        self.findings.append(Finding(code, Severity.ERROR, message, place, advice, subject))
        if len(self.findings) >= MOST_FINDINGS:
            raise TooManyMistakesError

    def hint(self, word: str, known: Iterable[str]) -> str:
        """A "did you mean", for the first mistakes of a run."""
        self._hints += 1
        return did_you_mean(word, known) if self._hints <= MOST_HINTS else ""

    def _wrong(self, shape: Shape, node: Node, path: Path, advice: str | None = None) -> Absent:
        message = f"{_called(path)} wants {describe(shape)}, not {_what(node)}"
        self.refuse("wrong-type", node, path, message, advice or f"Write {describe(shape)}.")
        return ABSENT

    # --- reading

    def read(self, shape: Shape, node: Node, path: Path) -> Any:  # noqa: PLR0911 - one return per shape
        """The plain data at `node`, or ABSENT with a finding."""
        match shape:
            case FixedKeys():
                return self._record(shape, node, path)
            case MapOf():
                return self._map(shape, node, path)
            case ListOf():
                return self._list(shape, node, path)
            case OneOrMany(of):
                if isinstance(node, Listing):
                    return self._list(ListOf(of, 1), node, path)
                one = self.read(of, node, path)
                return ABSENT if one is ABSENT else [one]
            case Either(scalar, mapping):
                return self.read(mapping if isinstance(node, Mapped) else scalar, node, path)
            case _:
                if not isinstance(node, Scalar):
                    return self._wrong(shape, node, path)
                return self._scalar(shape, node, path)

    def _record(self, shape: FixedKeys, node: Node, path: Path) -> Any:
        if shape.empty_ok and isinstance(node, Scalar) and plain_type(node) == "null":
            return {}
        if not isinstance(node, Mapped):
            return self._wrong(shape, node, path, f"Write one or more of: {', '.join(shape.keys)}.")
        fields = {one.key: one for one in shape.fields}
        made: dict[str, Any] = {}
        for entry in node.entries:
            key = entry.key.text
            if key not in fields:
                self._unknown_key(shape, entry.key, (*path, key))
            elif (value := self.read(fields[key].shape, entry.value, (*path, key))) is not ABSENT:
                made[key] = value
        self._missing_keys(shape, node, path)
        return made

    def _unknown_key(self, shape: FixedKeys, key: Scalar, path: Path) -> None:
        message = f"{shown(key.text)} is not a key of a {shape.what}.{self.hint(key.text, shape.keys)}"
        self.refuse("unknown-key", key, path, message, f"Its keys are: {', '.join(shape.keys)}.")

    def _missing_keys(self, shape: FixedKeys, node: Mapped, path: Path) -> None:
        there = {entry.key.text for entry in node.entries}
        for one in shape.fields:
            if one.required and one.key not in there:
                message = f"the {shape.what} has no `{one.key}`"
                self.refuse("missing-key", node, (*path, one.key), message, f"Add `{one.key}:`. {one.says}")
        if shape.one_of and len(there.intersection(shape.one_of)) != 1:
            message = f"the {shape.what} must have exactly one of {', '.join(shape.one_of)}"
            self.refuse("missing-key", node, path, message, "Keep one; write the others as lines of their own.")
        if len(there) < shape.least:
            message = f"the {shape.what} is empty"
            self.refuse("missing-key", node, path, message, f"Give one or more of: {', '.join(shape.keys)}.")

    def _map(self, shape: MapOf, node: Node, path: Path) -> Any:
        if not isinstance(node, Mapped):
            return self._wrong(shape, node, path)
        if len(node.entries) < shape.least:
            self.refuse("empty", node, path, f"{_called(path)} is empty", "Declare at least one.")
        made: dict[str, Any] = {}
        for entry in node.entries:
            here = (*path, entry.key.text)
            if (key := self._scalar(shape.key, entry.key, here)) is ABSENT:
                continue
            made[key] = self.read(shape.value, entry.value, here)
        return made

    def _list(self, shape: ListOf, node: Node, path: Path) -> Any:
        if not isinstance(node, Listing):
            return self._wrong(shape, node, path, "Write a list, such as [a, b].")
        if len(node.items) < shape.least:
            self.refuse("empty", node, path, f"{_called(path)} is empty", "Give it at least one item.")
        items = [self.read(shape.of, item, (*path, number)) for number, item in enumerate(node.items)]
        self._repeated(shape, node, path)
        return [item for item in items if item is not ABSENT]

    def _repeated(self, shape: ListOf, node: Listing, path: Path) -> None:
        if not isinstance(shape.of, DISTINCT):
            return
        seen: set[str] = set()
        for number, item in enumerate(node.items):
            if isinstance(item, Scalar) and item.text in seen:
                message = f"{shown(item.text)} stands twice in {_called(path)}"
                self.refuse("repeated-item", item, (*path, number), message, "Remove one of the two.")
            elif isinstance(item, Scalar):
                seen.add(item.text)

    # --- scalars

    def _scalar(self, shape: Shape, node: Scalar, path: Path) -> Any:  # noqa: C901, PLR0911 - one case per shape
        match shape:
            case Name():
                return self._name(node, path)
            case Ref(kind):
                return self._ref(kind, node, path)
            case WordOr(words, ref):
                return node.text if node.text in words else self._ref(ref.kind, node, path)
            case Text():
                return self._text(shape, node, path)
            case Brace():
                return self._brace(node, path)
            case Predicate():
                return self._predicate(node, path)
            case Whole() | Number():
                return self._number(shape, node, path)
            case Flag():
                return node.text.lower() == "true" if plain_type(node) == "boolean" else self._wrong(shape, node, path)
            case Duration():
                return self._duration(shape, node, path)
            case SettingValue():
                return self._value(shape, node, path)
            case HttpStatus():
                return self._http(shape, node, path)
            case Choice(words):
                return self._choice(shape, words, node, path)
        return self._wrong(shape, node, path)

    def _name(self, node: Scalar, path: Path) -> Any:
        if (kind := plain_type(node)) != "text":
            what = f"an unquoted {shown(node.text)}" if node.text else "an empty place"
            message = f"{what} is {_KIND_NAMES[kind]} to YAML, not a name"
            quotable = node.text and kind in ("null", "boolean")
            advice = "Choose a name that starts with a letter" + (", or quote it." if quotable else ".")
            self.refuse("name-not-text", node, path, message, advice)
            return ABSENT
        if not _NAME.fullmatch(node.text):
            message = f"{shown(node.text)} is not a name"
            advice = (
                "List the statuses: there are no wildcards, so that a status added later is not moved unawares."
                if node.text == "*"
                else "A name is a letter, then letters, digits, underscores. What is stored can be any text: `value:`."
            )
            self.refuse("bad-name", node, path, message, advice)
            return ABSENT
        if len(node.text) > NAME_LENGTH:
            message = f"the name {shown(node.text)} has {len(node.text)} characters"
            advice = f"Use at most {NAME_LENGTH}: databases cut longer names, and `value:` may be longer."
            self.refuse("name-too-long", node, path, message, advice)
            return ABSENT
        return node.text

    def _ref(self, kind: str, node: Scalar, path: Path) -> Any:
        name = self._name(node, path)
        if name is not ABSENT:
            self.uses.append(Use(kind, name, Place(self.file, node.line, node.column), path))
        return name

    def _text(self, shape: Text, node: Scalar, path: Path) -> Any:
        if plain_type(node) != "text":
            return self._wrong(shape, node, path, f'Put quotes around it: "{node.text[:TEXT_LENGTH]}".')
        if shape.pattern and not re.fullmatch(shape.pattern, node.text):
            return self._wrong(shape, node, path, _PATTERN_HELP.get(shape.what))
        return node.text if self._printable(shape, node, path) else ABSENT

    def _printable(self, shape: Text, node: Scalar, path: Path) -> bool:
        text = node.text.replace("\n", "") if shape.many_lines else node.text
        if not text:
            self.refuse("empty", node, path, f"{_called(path)} is empty", "Write a text, or leave the key out.")
        elif len(node.text) > TEXT_LENGTH:
            message = f"{_called(path)} has {len(node.text):,} characters"
            self.refuse("text-too-long", node, path, message, f"Use at most {TEXT_LENGTH:,}.")
        elif not text.isprintable():
            odd = next(letter for letter in text if not letter.isprintable())
            message = f"{_called(path)} holds U+{ord(odd):04X}, which cannot be printed: {shown(node.text)}"
            self.refuse("not-printable", node, path, message, "Use printable characters on one line.")
        else:
            return True
        return False

    def _brace(self, node: Scalar, path: Path) -> Any:
        text = self._text(Text(), node, path)
        if text is ABSENT:
            return ABSENT
        names = _BRACE.findall(text)
        if set("{}") & set(_BRACE.sub("", text)):
            message = f"a brace is not closed in {shown(text)}"
            self.refuse(
                "bad-template", node, path, message, "Write {column} for a column's value; nothing else takes braces."
            )
            return ABSENT
        for name in names:
            if not _NAME.fullmatch(name):
                message = f"{{{name}}} is not a column"
                self.refuse("bad-template", node, path, message, "Only a column's name may stand between braces.")
                return ABSENT
            self.uses.append(Use("field", name, Place(self.file, node.line, node.column), path))
        return Template(text, tuple(dict.fromkeys(names)))

    def _predicate(self, node: Scalar, path: Path) -> Any:
        text = self._text(Text(), node, path)
        if text is ABSENT:
            return ABSENT
        try:
            condition = parse(text)
        except ConditionError as error:
            advice = "Write comparisons of columns, numbers and texts, `is null`, `in (...)`, `and`, `or`, `not`."
            message = f"the condition {shown(text)} cannot be read: {error}"
            self.refuse("bad-condition", node, path, message, advice)
            return ABSENT
        for name in columns(condition):
            self.uses.append(Use("field", name, Place(self.file, node.line, node.column), path))
        return Predicated(condition, text)

    def _number(self, shape: Whole | Number, node: Scalar, path: Path) -> Any:
        kinds = ("whole",) if isinstance(shape, Whole) else ("whole", "number")
        # Twenty digits bound the conversion: int() refuses very long ones with an error of its own.
        if plain_type(node) not in kinds or len(node.text) > 20 or _OTHER_NUMBER.fullmatch(node.text):
            return self._wrong(shape, node, path)
        number = int(node.text) if isinstance(shape, Whole) else float(node.text)
        return number if shape.minimum <= number <= shape.maximum else self._wrong(shape, node, path)

    def _duration(self, shape: Duration, node: Scalar, path: Path) -> Any:
        if not _DURATION.fullmatch(node.text):
            bare = plain_type(node) == "whole" and len(node.text) < 10
            advice = f"Write {node.text}s, {node.text}m or {node.text}h." if bare else None
            return self._wrong(shape, node, path, advice)
        return duration(node.text) or self._wrong(shape, node, path, "Write a time above zero and within ten years.")

    def _value(self, shape: SettingValue, node: Scalar, path: Path) -> Any:
        kind = plain_type(node)
        if kind == "null":
            return None
        if kind == "boolean":
            return node.text.lower() == "true"
        if kind == "whole" and len(node.text) <= 20 and -(2**63) <= int(node.text) < 2**63:
            return int(node.text)
        if kind in ("whole", "number"):
            return self._wrong(shape, node, path, "Write a whole number that fits a bigint.")
        if node.plain and node.text == "now":
            return Now.NOW
        return self._text(Text(), node, path)

    def _http(self, shape: HttpStatus, node: Scalar, path: Path) -> Any:
        if _HTTP.fullmatch(node.text):
            first = int(node.text[0]) * 100
            return (first, first + 99)
        if plain_type(node) == "whole" and len(node.text) == 3 and 100 <= int(node.text) <= 599:
            return (int(node.text), int(node.text))
        return self._wrong(shape, node, path)

    def _choice(self, shape: Choice, words: tuple[str, ...], node: Scalar, path: Path) -> Any:
        if node.text in words:
            return node.text
        message = f"{_called(path)} cannot be {shown(node.text)}.{self.hint(node.text, map(str, words))}"
        self.refuse("unknown-word", node, path, message, f"Write {describe(shape)}.")
        return ABSENT


_KIND_NAMES = {"null": "null", "boolean": "a boolean", "whole": "a number", "number": "a number", "text": "a text"}

_PATTERN_HELP = {"type": "Write one of PostgreSQL's common types, such as bigint, text, timestamptz or varchar(40)."}


def _called(path: Path) -> str:
    """The nearest key of the author's, as a message names it; a key may hold anything."""
    key = next((step for step in reversed(path) if isinstance(step, str)), None)
    if key is None:
        return "this"
    return f"`{key}`" if key.isprintable() and len(key) <= NAME_LENGTH else shown(key)


def _what(node: Node) -> str:
    if isinstance(node, Mapped):
        return "a mapping"
    if isinstance(node, Listing):
        return "a list"
    kind = plain_type(node)
    if kind == "null":
        return "nothing" if not node.text else "null"
    return f"{shown(node.text)} ({_KIND_NAMES[kind]})"
