"""Where a spec's words stand: the nodes of a document, with lines and columns.

A `Node` is what a reader of YAML hands over; nothing here knows YAML. Rules and
renderers ask a `Source` for the place of a path such as
``("queues", "retry", "lease")`` and get a file, a line and a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Path = tuple[str | int, ...]
"""Keys and positions from the top of a spec: ``("transitions", 3, "to")``."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file.

    Attributes:
        file: the path as it was given when the file was read.
        line: counts from 1.
        column: counts from 1, in characters.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One word or number. `plain` is false where the author put quotes around it."""

    text: str
    plain: bool
    line: int
    column: int
    end_line: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping, in the author's order; keys are distinct."""

    entries: tuple[Entry, ...]
    line: int
    column: int

    def find(self, key: str) -> Entry | None:
        """The entry of `key`, or None."""
        return next((entry for entry in self.entries if entry.key.text == key), None)


Node = Scalar | Listing | Mapped


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its words without the `#`, and whether it has the line to itself."""

    text: str
    line: int
    column: int
    alone: bool


@dataclass(frozen=True)
class Source:
    """The document a lifecycle was read from.

    `digest` is the SHA-256 of its bytes in hexadecimal. A lifecycle that was
    built in code has no nodes, and every place in it is the top of `file`.
    """

    file: str
    digest: str
    root: Node | None = field(default=None, repr=False)
    comments: tuple[Comment, ...] = field(default=(), repr=False)

    def place(self, *path: str | int, value: bool = False) -> Place:
        """Where `path` stands: its key, or with `value` what the key holds.

        A path that the document does not have gives the nearest place above it.
        """
        if self.root is None:
            return Place(self.file)
        node, found = self.root, Place(self.file, self.root.line, self.root.column)
        for step in path:
            below = self._step(node, step)
            if below is None:
                return found
            node, key = below
            at = node if value or key is None else key
            found = Place(self.file, at.line, at.column)
        return found

    def _step(self, node: Node, step: str | int) -> tuple[Node, Scalar | None] | None:
        if isinstance(node, Mapped) and isinstance(step, str):
            entry = self._entries(node).get(step)
            return (entry.value, entry.key) if entry else None
        if isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
            return node.items[step], None
        return None

    def _entries(self, node: Mapped) -> Mapping[str, Entry]:
        # Keyed by identity: the nodes live as long as this source does.
        known = self._index.get(id(node))
        if known is None:
            known = MappingProxyType({entry.key.text: entry for entry in node.entries})
            self._index[id(node)] = known
        return known

    @property
    def _index(self) -> dict[int, Mapping[str, Entry]]:
        index: dict[int, Mapping[str, Entry]] = self.__dict__.setdefault("_by_node", {})
        return index


def walk(node: Node) -> Iterator[Node]:
    """Every node below and including `node`, without recursion."""
    waiting: list[Node] = [node]
    while waiting:
        here = waiting.pop()
        yield here
        if isinstance(here, Listing):
            waiting.extend(reversed(here.items))
        elif isinstance(here, Mapped):
            for entry in reversed(here.entries):
                waiting.extend((entry.value, entry.key))
