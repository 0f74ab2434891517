"""How a document's nodes are read: the `Shape` of a place, and the `StructureReader` of one reading.

A `Shape[T]` reads a node as a `T`, or gives ABSENT and leaves a finding that says
why. Reading goes on after a mistake, so that one run reports every mistake. The
reader collects what only the whole document can prove right: names that are
declared, names that refer to something, conditions, and values for columns.
`crosscheck` judges them when the last node has been read.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, Final, Generic, TypeVar

from pointsman.spec.condition import Condition
from pointsman.spec.finding import Finding, Severity, did_you_mean, shown
from pointsman.spec.lifecycle import Setting
from pointsman.spec.source import Listing, Mapped, Node, Path, Place, Scalar

NAME_LENGTH = 63
"""PostgreSQL cuts longer identifiers silently, so no name may be longer."""

MOST_FINDINGS = 200
"""The number of mistakes after which reading stops: such a file is not a spec."""

MOST_HINTS = 20
"""How many messages of one run look for a similar name; the search is slow over thousands of names."""

_WHOLE = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
OTHER_NUMBER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
"""The numbers of YAML 1.2 that the language does not take: octal, hexadecimal, infinite, not a number."""

KIND_NAMES = {"null": "null", "boolean": "a boolean", "whole": "a number", "number": "a number", "text": "a text"}
"""The kinds that `plain_type` gives, as messages name them."""


class Absent(Enum):
    """The type of `ABSENT`, which stands for a value that could not be read."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


class TooManyMistakesError(Exception):
    """The document has so many mistakes that reading on is of no use."""


# --- what the reader collects for the cross-checks -------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """A name that refers to something declared elsewhere, and its position in the document.

    `kind` is that of a `Ref`. `holds` is the family of types ("time", "whole")
    that the named column must have, or None where any type will do.
    """

    kind: str
    name: str
    place: Place
    path: Path
    holds: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A value that the spec puts into a column: as its default, or on entry to a status."""

    column: str
    setting: Setting
    path: Path


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition of the document, and its position."""

    condition: Condition
    path: Path


def plain_type(node: Scalar) -> str:
    """The type that YAML 1.2 gives to a scalar: null, boolean, whole, number or text."""
    if not node.plain:
        return "text"
    if node.text in ("", "~", "null", "Null", "NULL"):
        return "null"
    if node.text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return "boolean"
    if _WHOLE.fullmatch(node.text):
        return "whole"
    if _NUMBER.fullmatch(node.text) or OTHER_NUMBER.fullmatch(node.text):
        return "number"
    return "text"


@dataclass
class StructureReader:
    """The findings of one reading, and what the cross-checks need from it.

    `declared` maps the path of a mapping, such as ``("statuses",)``, to the names
    that its keys declare; a name's value is False if the node below the name is
    not a record at all. `named` holds the names that a single key gives, by the
    path of the key. `stored` holds the values that a status or an event is stored
    as, by the path of the status or event. `types` and `nullable` tell of the
    declared columns.
    """

    file: str
    findings: list[Finding] = field(default_factory=list)
    declared: dict[Path, dict[str, bool]] = field(default_factory=dict)
    named: dict[Path, str] = field(default_factory=dict)
    stored: dict[Path, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    nullable: set[str] = field(default_factory=set)
    uses: list[Use] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    _hints: int = 0

    def refuse(self, code: str, at: Node | Place, path: Path, message: str, advice: str) -> Absent:
        """Add a finding at a node or a place.

        Raises:
            TooManyMistakesError: when this is finding number `MOST_FINDINGS`.
        """
        place = at if isinstance(at, Place) else Place(self.file, at.line, at.column)
        subject = f"{code}:{'.'.join(map(str, path))}"
        self.findings.append(Finding(code, Severity.ERROR, message, place, advice, subject))
        if len(self.findings) >= MOST_FINDINGS:
            raise TooManyMistakesError
        return ABSENT

    def refuse_type(self, wants: str, node: Node, path: Path, advice: str | None = None) -> Absent:
        """Add a finding for a node that is not what its place wants."""
        message = f"{called(path)} wants {wants}, not {_what(node)}"
        return self.refuse("wrong-type", node, path, message, advice or f"Write {wants}.")

    def hint(self, word: str, known: Iterable[str]) -> str:
        """A "did you mean" for the first `MOST_HINTS` unknown words of a run, and nothing after them."""
        self._hints += 1
        return did_you_mean(word, known) if self._hints <= MOST_HINTS else ""

    def use(self, kind: str, name: str, node: Scalar, path: Path, holds: str | None = None) -> None:
        """Note that `node` refers to a name."""
        self.uses.append(Use(kind, name, Place(self.file, node.line, node.column), path, holds))


# --- shapes ------------------------------------------------------------------

T_co = TypeVar("T_co", covariant=True)


class Shape(ABC, Generic[T_co]):
    """What may stand at a place of the document, and how it is read."""

    distinct: ClassVar[bool] = False
    """True if the same item twice in a list of this shape is a mistake."""

    @property
    @abstractmethod
    def wants(self) -> str:
        """What the place wants, for messages: ``a duration such as 90s``."""

    @abstractmethod
    def schema(self) -> dict[str, object]:
        """The shape as a JSON Schema."""

    @abstractmethod
    def read(self, reader: StructureReader, node: Node, path: Path) -> T_co | Absent:
        """The value at `node`; ABSENT, with a finding in `reader`, if the node holds none."""


def called(path: Path) -> str:
    """The nearest key of the author's, as a message names it; a key may hold anything."""
    key = next((step for step in reversed(path) if isinstance(step, str)), None)
    if key is None:
        return "this"
    return f"`{key}`" if key.isprintable() and len(key) <= NAME_LENGTH else shown(key)


def with_article(noun: str) -> str:
    """``an event``, ``a status``."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _what(node: Node) -> str:
    if isinstance(node, Mapped):
        return "a mapping"
    if isinstance(node, Listing):
        return "a list"
    kind = plain_type(node)
    if kind == "null":
        return "nothing" if not node.text else "null"
    return f"{shown(node.text)} ({KIND_NAMES[kind]})"
