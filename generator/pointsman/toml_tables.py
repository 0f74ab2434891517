"""Reads tables of a TOML file key by key, and collects a finding with its place for every mistake.

`tomllib` does not say where a key stands, so its line is looked for in the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pointsman.spec.errors import SpecError
from pointsman.spec.finding import Finding, Severity, did_you_mean, shown
from pointsman.spec.source import Place

_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


def parsed(file: Path) -> dict[str, Any]:
    """The whole file. Raises SpecError for one that cannot be read, or is no TOML in UTF-8."""
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        place = Place(str(file), int(at[1]), int(at[2])) if at else Place(str(file))
        what = _AT.sub("", str(error)).strip()
        message, advice = f"this is not TOML: {what}", "Check the brackets and the quotes around this line."
    except UnicodeDecodeError:
        place, message, advice = Place(str(file)), "this file is not UTF-8", "Save it as UTF-8."
    except OSError as error:
        place, message = Place(str(file)), f"this file cannot be read: {(error.strerror or str(error)).lower()}"
        advice = "Check its rights."
    raise SpecError((Finding("config-unreadable", Severity.ERROR, message, place, advice, str(file.name)),))


class TomlLists:
    """The lists of tables of one file, and what is wrong with them.

    `table` is what the file says, or the part of it that is ours. `findings` grows while entries are read.
    """

    def __init__(self, file: Path, table: Mapping[str, Any]) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self._table = table
        self._lines = file.read_text(encoding="utf-8").splitlines()

    def refuse_unknown_lists(self, known: Collection[str], section: str) -> None:
        """Refuse the keys at the top that are not among `known`. The findings belong to the list `section`."""
        TomlEntry(self, section, None, self._table).refuse_unknown(known)

    def entries(self, section: str) -> tuple[TomlEntry, ...]:
        """The tables of the list ``[[section]]``; none if it is no list of tables, which is a finding."""
        given = self._table.get(section, [])
        if isinstance(given, list) and all(isinstance(entry, dict) for entry in given):
            return tuple(TomlEntry(self, section, number, entry) for number, entry in enumerate(given))
        advice = f"Write [[{section}]], with two brackets."
        TomlEntry(self, section, None, self._table).wrong(section, f"{section} is a list of tables", advice)
        return ()

    def raise_findings(self) -> None:
        """Raise SpecError with the findings, if there are any."""
        if self.findings:
            raise SpecError(tuple(self.findings))

    def place(self, section: str, number: int | None, key: str) -> Place:
        """Where `key` stands in the `number`-th table of a list; at the table's head if the key is not there.

        Without a number: where it stands first in the file.
        """
        heads = [n for n, line in enumerate(self._lines) if re.match(r"\s*\[\[", line)]
        own = [n for n in heads if re.match(rf"\s*\[\[[\w.\s]*{section}\s*\]\]", self._lines[n])]
        first = own[number] if number is not None and number < len(own) else 0
        last = next((n for n in heads if n > first), len(self._lines)) if number is not None else len(self._lines)
        word = re.compile(rf"^\s*(?:\[[^=]*)?[\"']?\b({re.escape(key)})\b|\b({re.escape(key)})[\"']?\s*=")
        for n in range(first, last):
            found = word.search(self._lines[n])
            if found:
                return Place(str(self.file), n + 1, found.start(found.lastindex or 0) + 1)
        return Place(str(self.file), first + 1)


@dataclass(frozen=True, slots=True)
class TomlEntry:
    """One table of a list: the `number`-th of ``[[section]]``. Each method that finds a mistake adds a finding."""

    lists: TomlLists
    section: str
    number: int | None
    given: Mapping[str, Any]

    def wrong(self, key: str, message: str, advice: str) -> None:
        """Add a finding at `key`."""
        place = self.lists.place(self.section, self.number, key)
        subject = f"{self.section}:{self.number}:{key}"
        self.lists.findings.append(Finding("config-wrong", Severity.ERROR, message, place, advice, subject))

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Refuse every key that is not among `known`."""
        for key in self.given:
            if key not in known:
                advice = f"What there is: {', '.join(sorted(known))}.{did_you_mean(key, known)}"
                self.wrong(key, f"the key {shown(key)} means nothing here", advice)

    def is_text(self, value: Any, key: str) -> bool:
        """True for a text that is not empty."""
        if isinstance(value, str) and value and "\0" not in value:
            return True
        self.wrong(key, f"{key} is {value!r}, not a text", f'Put it in quotes: `{key} = "..."`.')
        return False

    def text(self, key: str) -> str | None:
        """The text at `key`; None if it is not given, or no text."""
        value = self.given.get(key)
        return value if value is not None and self.is_text(value, key) else None

    def path(self, key: str) -> Path | None:
        """The path at `key`, which is relative to the file; None if it is not given, or no text."""
        text = self.text(key)
        return None if text is None else self.lists.file.parent / text

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at `key`; empty if it is not given."""
        given = self.given.get(key, [])
        if isinstance(given, list):
            return tuple(each for each in given if self.is_text(each, key))
        self.wrong(key, f"{key} is {given!r}, not a list", f'Write `{key} = ["..."]`.')
        return ()

    def texts_by_name(self, key: str, advice: str) -> dict[str, str]:
        """The table of texts at `key`; empty if it is not given."""
        given = self.given.get(key, {})
        if isinstance(given, dict):
            return {name: value for name, value in given.items() if self.is_text(value, name)}
        self.wrong(key, f"{key} is {given!r}", advice)
        return {}

    def positive(self, key: str, advice: str) -> float | None:
        """The number above 0 at `key`; None if it is not given."""
        given = self.given.get(key)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, (int, float)) or given <= 0:
            self.wrong(key, f"{key} is {given!r}", advice)
            return None
        return float(given)
