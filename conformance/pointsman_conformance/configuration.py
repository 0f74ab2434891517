"""Reads ``[[conform]]`` of pointsman.toml: the implementations that must conform to a spec.

The file and its other lists are described in `pointsman.config`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pointsman.config import lists_of
from pointsman.spec.errors import UsageError
from pointsman.toml_tables import TomlEntry
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds import DRIVERS, USUAL_DRIVER, driver_kind, driver_words
from pointsman_conformance.drivers.kinds.kind import DriverKind, DriverNeed

SECTION = "conform"

_TEXTS = ("name", "spec", "folder", "url", "ready", "row", "webhook_path", "move_clock")
_SECONDS = ("budget", "patience", "starts_within", "slow_answer")
_LISTS = ("roles", "command", "setup")
_KEYS = (*_TEXTS, *_LISTS, "driver", "env", *_SECONDS)


@dataclass(frozen=True, slots=True)
class ConformEntry:
    """One ``[[conform]]``: an implementation, and the spec that it must conform to."""

    spec: Path
    implementation: Implementation


def conform_entries(file: Path) -> tuple[ConformEntry, ...]:
    """The entries of ``[[conform]]`` in `file`, with paths that start at the file's folder.

    Raises:
        SpecError: with a finding for every mistake in them. Mistakes in other lists are for other verbs to report.
    """
    lists = lists_of(file)
    found = tuple(read for entry in lists.entries(SECTION) if (read := _entry(entry)))
    lists.raise_findings()
    return found


def _entry(entry: TomlEntry) -> ConformEntry | None:
    """The entry; None if there is a mistake in it."""
    before = len(entry.lists.findings)
    entry.refuse_unknown(_KEYS)
    for key in ("name", "spec"):
        if key not in entry.given:
            entry.wrong(key, f"this entry has no {key}", f'Add `{key} = "..."`.')
    kind = _kind(entry)
    texts = {key: text for key in _TEXTS if (text := entry.text(key)) is not None}
    lists = {key: entry.texts(key) for key in _LISTS}
    needs = (kind or USUAL_DRIVER).needs
    if DriverNeed.COMMAND in needs and not lists["command"]:
        entry.wrong("command", "this entry has no command", 'Add `command = ["./worker"]`.')
    if DriverNeed.URL in needs and "url" not in entry.given:
        entry.wrong("url", "this entry has no url", 'Add `url = "http://127.0.0.1:8000/"`.')
    environment = entry.texts_by_name("env", 'Write `env = { DB = "{db.url}" }`.')
    seconds = {key: entry.positive(key, "Write a number of seconds above 0.") for key in _SECONDS}
    if kind is None or len(entry.lists.findings) > before:
        return None
    here = entry.lists.file.parent
    return ConformEntry(
        here / texts["spec"],
        Implementation(
            name=texts["name"],
            driver=kind.word,
            roles=lists["roles"],
            command=lists["command"],
            folder=here / texts.get("folder", ""),
            url=texts.get("url"),
            environment=environment,
            ready=texts.get("ready"),
            setup=lists["setup"],
            row=here / texts["row"] if "row" in texts else None,
            webhook_path=texts.get("webhook_path"),
            budget=seconds["budget"],
            patience=seconds["patience"],
            starts_within=seconds["starts_within"],
            slow_answer=seconds["slow_answer"],
            move_clock=here / texts["move_clock"] if "move_clock" in texts else None,
        ),
    )


def _kind(entry: TomlEntry) -> DriverKind | None:
    """The kind of driver that the entry names; None if it names none that an entry may have."""
    word = entry.given.get("driver", USUAL_DRIVER.word)
    usable = {kind.word: kind for kind in DRIVERS if kind.configurable}
    if isinstance(word, str) and word in usable:
        return usable[word]
    own = {kind.word for kind in DRIVERS}
    added = [each for each in driver_words() if each not in own]
    if word not in added:
        entry.wrong("driver", f"driver is {word!r}", f"Choose one of: {', '.join((*usable, *added))}.")
        return None
    try:
        return driver_kind(word)
    except UsageError as problem:
        entry.wrong("driver", str(problem), "Mend or remove the package that adds it, or choose another driver.")
        return None
