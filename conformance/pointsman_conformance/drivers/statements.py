"""Sorts SQL statements: those that read our rows, those that may write them, and others.

It looks at words, never at grammar, since a worker may send any SQL. A statement that writes our rows without naming
the table (through a function or a view) is learned from the audit after it ran; see `copy.ProcessCopy.after`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum


class StatementKind(Enum):
    """What a statement does with our rows."""

    READ = "read"
    WRITE = "write"
    OTHER = "other"
    CONTROL = "control"
    """Begins or ends a transaction, or changes a setting: never touches a row."""


_NOISE = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/                     # comments
    | [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*'  # texts
    | (\$[A-Za-z_]*\$).*?\1                    # dollar-quoted texts
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r'"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$]*|;')
_LOCKING = re.compile(r"\bfor\s+(?:no\s+key\s+)?update\b", re.IGNORECASE)
_PREPARE = re.compile(r'\s*prepare\s+("(?:[^"]|"")*"|\w+)[^;]*?\bas\b(.*)', re.IGNORECASE | re.DOTALL)
_EXECUTE = re.compile(r'\s*execute\s+("(?:[^"]|"")*"|\w+)', re.IGNORECASE)

_CHANGES = frozenset({"insert", "update", "delete", "merge", "truncate"})
_CONTROL = frozenset(
    {"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare", "deallocate"}
    | {"set", "reset", "show", "discard", "listen", "unlisten", "close"}
)


@dataclass
class StatementReader:
    """Sorts statements for the table `name`. One serves all connections of an implementation."""

    name: str
    _learned: set[str] = field(default_factory=set)
    _known: dict[str, StatementKind] = field(default_factory=dict)

    def sort(self, statement: str) -> StatementKind:
        """The kind of `statement`. A text with several statements writes if one writes, else reads if one reads."""
        if statement in self._learned:
            return StatementKind.WRITE
        found = self._known.get(statement)
        if found is None:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            found = self._known[statement] = self._read(statement)
        return found

    def learn(self, statement: str) -> None:
        """Remember that `statement` wrote our rows, whatever its words say."""
        if len(self._learned) <= MOST_KNOWN:
            self._learned.add(statement)

    def _read(self, statement: str) -> StatementKind:
        text = _LOCKING.sub(" ", _NOISE.sub(" ", statement))
        words = [word if word.startswith('"') else word.lower() for word in _WORD.findall(text)]
        if {self.name, f'"{self.name}"'} & set(words) or self.name.lower() in words:
            writes = bool(_CHANGES & set(words)) or (words[:1] == ["copy"] and "from" in words)
            return StatementKind.WRITE if writes else StatementKind.READ
        firsts = {word for before, word in zip([";", *words], words, strict=False) if before == ";" and word != ";"}
        return StatementKind.CONTROL if firsts <= _CONTROL else StatementKind.OTHER


MOST_KNOWN = 2000
"""The most texts that are remembered. An implementation that writes values into its texts makes new ones forever."""


def prepared(statement: str) -> tuple[str, str] | None:
    """Name and text of a statement that ``PREPARE`` keeps for later; None for any other."""
    found = _PREPARE.match(statement)
    return (_plain(found[1]), found[2]) if found else None


def executed(statement: str) -> str | None:
    """The name of the kept statement that ``EXECUTE`` runs; None for any other."""
    found = _EXECUTE.match(statement)
    return _plain(found[1]) if found else None


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
