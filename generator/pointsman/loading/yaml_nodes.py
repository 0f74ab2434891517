"""Reads a YAML document into nodes with positions. Only this module imports a YAML parser.

The document is YAML 1.2. Every scalar stays the text that its author wrote; the
shapes of the language decide what a plain word means. The parser's events are
read in a loop without recursion, so that a hostile document cannot exhaust the
stack. An alias counts with the size of the node that it repeats, before anything
walks that node.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import yaml

from pointsman.spec.errors import SpecError
from pointsman.spec.finding import Finding, Severity, by_place, shown
from pointsman.spec.source import Comment, Entry, Listing, Mapped, Node, Place, Scalar, Source

MAX_BYTES = 4 * 1024 * 1024
"""The largest document that is read, in bytes: several times the size of one with 5,000 statuses."""

MAX_NODES = 1_000_000
"""The most nodes a document may have once its aliases are written out."""

MAX_DEPTH = 32
"""How deep a document may nest. The language needs nine levels."""

MOST_FINDINGS = 50
"""How many mistakes of the YAML one run reports."""

# libyaml's parser, if PyYAML was built with it: it gives the same events about forty times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Characters that YAML does not allow unescaped; line ends that only some readers of YAML know; and characters that
# make a person see another text than the parser: byte order marks inside the text, and the controls of direction.
_UNSEEN = re.compile(
    "[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069\ufeff]"
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"(?:^|(?<=\s))#(.*)$")


def read(path: str | Path, stdin: BinaryIO | None = None) -> Source:
    """The document at `path`; ``-`` reads `stdin` (the process's own by default).

    Raises:
        SpecError: if the file cannot be read, or is not one YAML document within the limits.
    """
    name = str(path)
    if name == "-":
        stream = stdin if stdin is not None else sys.stdin.buffer
        return read_bytes(stream.read(MAX_BYTES + 1), "<stdin>")
    return read_bytes(_file_bytes(Path(path), name), name)


def read_bytes(data: bytes, file: str) -> Source:
    """The document that `data` holds; `file` is its name in messages.

    Raises:
        SpecError: if `data` is not one YAML document within the limits.
    """
    text = _decode(data, file)
    # A checkout with CRLF line ends is the same spec, so that its digest must be the same.
    digest = hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
    _refuse_characters(text, file)
    root = _Composer(file).compose(text)
    return Source(file, digest, root, tuple(_comments(text, root)))


def _fail(code: str, place: Place, message: str, advice: str, *more: Finding) -> SpecError:
    return SpecError(by_place((Finding(code, Severity.ERROR, message, place, advice), *more)))


def _file_bytes(path: Path, name: str) -> bytes:
    place = Place(name)
    try:
        if path.is_dir():
            raise _fail("not-a-file", place, f"{name} is a folder", "Name the spec's YAML file in it.")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        advice = "Check the path; a spec is a YAML file. `pointsman init` writes a first one."
        raise _fail("file-missing", place, f"there is no file {name}", advice) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _fail("file-unreadable", place, f"{name} cannot be read: {reason}", "Make it readable.") from None


def _decode(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // (1024 * 1024)} MiB"
        raise _fail("file-too-large", Place(file), message, "A spec is text for people: check that this is one.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        place = Place(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise _fail("not-utf8", place, message, "Save the file as UTF-8.") from None
    if not text.strip():
        advice = "Start with `pointsman: 1`, or let `pointsman init` write a first spec."
        raise _fail("file-empty", Place(file), "the file is empty", advice)
    return text


def _refuse_characters(text: str, file: str) -> None:
    """Refuse tabs in an indentation and invisible characters, with a finding for each such line."""
    found: list[Finding] = []
    for number, line in enumerate(_LINE_END.split(text), 1):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indent and line.strip() and not line.strip().startswith("#"):
            place = Place(file, number, indent.index("\t") + 1)
            advice = "Indent with blanks; YAML does not allow tabs there."
            found.append(Finding("tab", Severity.ERROR, "a tab is used to indent", place, advice, f"tab:{number}"))
        if control := _UNSEEN.search(line):
            place = Place(file, number, control.start() + 1)
            message = f"the invisible character U+{ord(control[0]):04X} is not allowed"
            advice = "Remove it, or write it as an escape in double quotes."
            found.append(Finding("control-character", Severity.ERROR, message, place, advice, f"control:{number}"))
    if found:
        raise SpecError(tuple(found[:MOST_FINDINGS]))


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet. `size` counts its nodes, `height` its levels."""

    line: int
    column: int
    anchor: str | None
    is_mapping: bool
    items: list[Node]
    size: int = 1
    height: int = 1


class _Composer:
    """Builds one tree from the parser's events, within the limits."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._anchors: dict[str, tuple[Node | None, int, int]] = {}
        self._open: list[_Open] = []
        self._root: Node | None = None
        self._findings: list[Finding] = []
        self._end_of_file = (1, 1)

    def compose(self, text: str) -> Node:
        lines = _LINE_END.split(text)
        self._end_of_file = (len(lines), len(lines[-1]) + 1)
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error) from None
        except yaml.YAMLError as error:
            raise _fail("yaml-syntax", Place(self._file), f"this is not YAML: {error}", "Correct it.") from None
        if self._findings:
            raise SpecError(by_place(self._findings)[:MOST_FINDINGS])
        if self._root is None:
            advice = "Start with `pointsman: 1`, or let `pointsman init` write a first spec."
            raise _fail("file-empty", Place(self._file), "the file holds only comments", advice)
        return self._root

    def _take(self, event: yaml.Event) -> None:
        line, column = _position(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event.tag, line, column)
            scalar = Scalar(event.value, bool(event.implicit[0]), line, column, _position(event.end_mark)[0])
            self._place(scalar, event.anchor, 1, 1, scalar)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor, line, column)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._refuse_tag(event.tag, line, column)
            self._start(event, line, column)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end()

    def _start_document(self, event: yaml.DocumentStartEvent) -> None:
        if self._root is not None:
            advice = "One file holds one lifecycle: move what follows `---` to a file of its own."
            at = _position(event.start_mark)
            raise self._end_here("several-documents", *at, "a second document starts here", advice)

    def _start(self, event: yaml.CollectionStartEvent, line: int, column: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._too_deep(line, column)
        if event.anchor:
            self._anchors[event.anchor] = (None, 0, 0)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(line, column, event.anchor, is_mapping, []))

    def _end(self) -> None:
        done = self._open.pop()
        node: Node
        if done.is_mapping:
            node = Mapped(self._entries(done), done.line, done.column)
        else:
            node = Listing(tuple(done.items), done.line, done.column)
        self._place(node, done.anchor, done.size, done.height, node)

    def _entries(self, done: _Open) -> tuple[Entry, ...]:
        entries: dict[str, Entry] = {}
        for key, value in zip(done.items[::2], done.items[1::2], strict=True):
            if not isinstance(key, Scalar):
                self._note("key-not-a-word", key.line, key.column, "a key must be one word", "Write a name as the key.")
            elif key.plain and key.text == "<<":
                advice = "Write the keys out; an alias can only stand for a whole value."
                self._note("merge-key", key.line, key.column, "the merge key << is not YAML 1.2", advice)
            elif first := entries.get(key.text):
                message = f"the key {shown(key.text)} stands here twice (first in line {first.key.line})"
                advice = "Keep one of the two; YAML would silently drop the other."
                self._note("duplicate-key", key.line, key.column, message, advice)
            else:
                entries[key.text] = Entry(key, value)
        return tuple(entries.values())

    def _alias(self, anchor: str | None, line: int, column: int) -> None:
        known = self._anchors.get(anchor or "")
        node, size, height = known or (None, 0, 0)
        if node is None:
            what = "contains itself" if known else "is not defined"
            raise self._end_here("bad-alias", line, column, f"the alias *{anchor} {what}", "Write it out.")
        self._place(node, None, size, height, Scalar(anchor or "", plain=True, line=line, column=column))

    def _place(self, node: Node, anchor: str | None, size: int, height: int, at: Node) -> None:
        """Add a node to the collection around it; `at` is the alias, if the document has one instead of the node."""
        if anchor:
            self._anchors[anchor] = (node, size, height)
        if not self._open:
            self._root = node
            return
        above = self._open[-1]
        above.items.append(node)
        above.size += size
        above.height = max(above.height, height + 1)
        if above.size > MAX_NODES:
            message = f"the document has more than {MAX_NODES:,} nodes once its aliases are written out"
            raise self._end_here("too-many-nodes", at.line, at.column, message, "Use fewer aliases.")
        if len(self._open) + height > MAX_DEPTH + 1:
            raise self._too_deep(at.line, at.column)

    def _too_deep(self, line: int, column: int) -> SpecError:
        message = f"the document nests deeper than {MAX_DEPTH} levels"
        return self._end_here("too-deep", line, column, message, "A spec needs fewer than ten.")

    def _refuse_tag(self, tag: str | None, line: int, column: int) -> None:
        if tag is not None and tag != "!":
            message = f"the tag {shown(tag)} is not allowed"
            self._note("yaml-tag", line, column, message, "Remove it; nothing in a spec is evaluated.")

    def _note(self, code: str, line: int, column: int, message: str, advice: str) -> None:
        place = Place(self._file, line, column)
        self._findings.append(Finding(code, Severity.ERROR, message, place, advice, f"{code}:{line}:{column}"))

    def _end_here(self, code: str, line: int, column: int, message: str, advice: str) -> SpecError:
        """The error that ends the reading: the findings so far, and the one that ends it."""
        return _fail(code, Place(self._file, line, column), message, advice, *self._findings[: MOST_FINDINGS - 1])

    def _syntax(self, error: yaml.MarkedYAMLError) -> SpecError:
        problem, context = error.problem or "it cannot be read", error.context or ""
        at = _position(error.problem_mark or error.context_mark)
        began = _position(error.context_mark or error.problem_mark)
        if at >= self._end_of_file:
            # The mistake is where the collection was opened that the file does not close, not at the file's end.
            if began == at and self._open:
                began = (self._open[-1].line, self._open[-1].column)
            at = began
        if began[0] != at[0]:
            context += f", which begins in line {began[0]}"
        message = f"this is not YAML: {problem}" + (f" ({context})" if context else "")
        advice = "Check the indentation, the brackets and the quotes around this line."
        return self._end_here("yaml-syntax", *at, message, advice)


class _Mark(Protocol):
    """A position in the text. The parser in C and the one in Python have unrelated types for it."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


def _position(mark: _Mark | None) -> tuple[int, int]:
    """Line and column, from 1. The parser counts from 0; (1, 1) stands for no mark."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _comments(text: str, root: Node) -> Iterator[Comment]:
    """The comments. A `#` inside of a scalar does not start one."""
    if "#" not in text:
        return
    inside = _multi_line(root)
    for number, line in enumerate(text.splitlines(), 1):
        if "#" not in line or number in inside:
            continue
        bare = _without_quoted(line)
        if found := _COMMENT.search(bare):
            alone = not bare[: found.start()].strip()
            yield Comment(line[found.start() + 1 :].strip(), number, found.start() + 1, alone)


def _multi_line(root: Node) -> frozenset[int]:
    """The lines, except the first, of every scalar that covers several lines."""
    covered: set[int] = set()
    seen: set[int] = set()
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            if node.end_line > node.line:
                covered.update(range(node.line + 1, node.end_line + (0 if node.plain else 1)))
        elif id(node) not in seen:  # an alias shares its node
            seen.add(id(node))
            if isinstance(node, Listing):
                waiting.extend(node.items)
            else:
                waiting.extend(part for entry in node.entries for part in (entry.key, entry.value))
    return frozenset(covered)


_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")


def _without_quoted(line: str) -> str:
    """The line with each quoted part replaced by as many underscores."""
    return _QUOTED.sub(lambda found: "_" * len(found[0]), line)
