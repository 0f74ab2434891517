"""The configuration: which specs are generated into which folders, and which implementations must conform to them.

A file `pointsman.toml`, or `[tool.pointsman]` in `pyproject.toml`, in the
working directory or the nearest folder above that has one::

    [[generate]]
    spec = "spec/orders.yaml"
    python = "src/orders"                        # a folder, or
    go = { out = "internal/orders", package = "orders" }   # a folder and options

    [[conform]]
    name = "the refund worker"
    spec = "spec/orders.yaml"
    roles = ["refund_worker"]
    command = ["python", "-m", "orders.refunds"]
    folder = "src"                               # where the command runs

Paths are relative to the file.
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

_OWN, _SHARED = "pointsman.toml", "pyproject.toml"
_SUBJECT_TEXTS = ("name", "spec", "folder", "url", "ready", "row", "webhook_path")
_SUBJECT_LISTS = ("roles", "command", "setup")
_SUBJECT_KEYS = frozenset((*_SUBJECT_TEXTS, *_SUBJECT_LISTS, "driver", "env", "budget"))
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """One target of one spec: the folder it goes to and what it is told."""

    target: str
    out: Path
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One ``[[generate]]``: a spec, its targets, and a folder of templates that go before ours."""

    spec: Path
    choices: tuple[TargetChoice, ...]
    templates: Path | None = None


DRIVERS = ("black-box", "pipe", "http")
"""The ways in which an implementation that has a command, or a URL, can be reached."""


@dataclass(frozen=True, slots=True)
class ConfiguredImplementation:
    """One ``[[conform]]``: an implementation, the actors that it plays, and how it is started.

    `driver` is one of `DRIVERS`. `command` runs in `folder`; for ``http`` it may be empty and `url` is where it
    listens. `environment` holds templates. `budget` is seconds, None for the usual. `row` is a file with the INSERT of
    a row, where `setup` makes the table. `webhook_path` is where it takes webhooks, None for the usual.
    """

    name: str
    spec: Path
    roles: tuple[str, ...]
    driver: str
    command: tuple[str, ...]
    folder: Path
    url: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    ready: str | None = None
    setup: tuple[str, ...] = ()
    budget: float | None = None
    row: Path | None = None
    webhook_path: str | None = None


@dataclass(frozen=True)
class Config:
    """A configuration that was read. Every path in it starts at its own folder."""

    file: Path
    jobs: tuple[Job, ...]
    subjects: tuple[ConfiguredImplementation, ...] = ()


def find(start: Path) -> Path | None:
    """The configuration that holds for `start`: the nearest one, upwards. Raises as `read` for a broken TOML file."""
    for folder in (start, *start.parents):
        if (folder / _OWN).is_file():
            return folder / _OWN
        shared = folder / _SHARED
        if shared.is_file() and _section(_parsed(shared)) is not None:
            return shared
    return None


def read(file: Path, targets: Mapping[str, Collection[str]]) -> Config:
    """The configuration in `file`. `targets` maps each target that there is to the options that it knows.

    Raises:
        SpecError: with a finding for every mistake.
    """
    table = _table(file)
    reader = _Reader(file, targets)
    jobs, found = reader.jobs(table), reader.subjects(table)
    if reader.findings:
        raise SpecError(tuple(reader.findings))
    return Config(file, jobs, found)


def subjects(file: Path) -> tuple[ConfiguredImplementation, ...]:
    """The implementations that `file` names. What it says of targets is for `read` to judge.

    Raises:
        SpecError: with a finding for every mistake.
    """
    table = _table(file)
    reader = _Reader(file, {})
    found = reader.subjects(table)
    if reader.findings:
        raise SpecError(tuple(reader.findings))
    return found


def _table(file: Path) -> Mapping[str, Any]:
    """What the file says of us: all of it, or its part of one that is shared."""
    parsed = _parsed(file)
    return (_section(parsed) if file.name == _SHARED else parsed) or {}


def _section(parsed: Mapping[str, Any]) -> dict[str, Any] | None:
    """``[tool.pointsman]`` of a file that is shared with other tools."""
    tools = parsed.get("tool")
    section = tools.get("pointsman") if isinstance(tools, dict) else None
    return section if isinstance(section, dict) else None


def _parsed(file: Path) -> dict[str, Any]:
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


class _Reader:
    """Turns the tables of a configuration into jobs and collects what is wrong with them."""

    def __init__(self, file: Path, targets: Mapping[str, Collection[str]]) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._targets = targets
        self._lines = file.read_text(encoding="utf-8").splitlines()
        self._list = "generate"

    def jobs(self, table: Mapping[str, Any]) -> tuple[Job, ...]:
        self._refuse_unknown(table, {"generate", "conform"}, None)
        entries = self._entries(table, "generate")
        return tuple(job for number, entry in enumerate(entries) if (job := self._job(entry, number)))

    def subjects(self, table: Mapping[str, Any]) -> tuple[ConfiguredImplementation, ...]:
        entries = self._entries(table, "conform")
        return tuple(found for number, entry in enumerate(entries) if (found := self._subject(entry, number)))

    def _entries(self, table: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        self._list = name
        entries = table.get(name, [])
        if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
            return entries
        self._wrong(name, None, f"{name} is a list of tables", f"Write [[{name}]], with two brackets.")
        return []

    def _job(self, entry: Mapping[str, Any], number: int) -> Job | None:
        self._refuse_unknown(entry, {"spec", "templates", *self._targets}, number)
        spec = self._path(entry, "spec", number)
        if spec is None and "spec" not in entry:
            self._wrong("spec", number, "this entry names no spec", 'Add `spec = "spec/orders.yaml"`.')
        templates = self._path(entry, "templates", number)
        chosen = [self._choice(name, entry[name], number) for name in entry if name in self._targets]
        if not chosen:
            some = ", ".join(self._targets)
            self._wrong("spec", number, "this entry names no target", f"Give a folder to one of: {some}.")
        choices = tuple(choice for choice in chosen if choice)
        return Job(spec, choices, templates) if spec else None

    def _subject(self, entry: Mapping[str, Any], number: int) -> ConfiguredImplementation | None:
        before = len(self.findings)
        self._refuse_unknown(entry, _SUBJECT_KEYS, number)
        for key in ("name", "spec"):
            if key not in entry:
                self._wrong(key, number, f"this entry has no {key}", f'Add `{key} = "..."`.')
        driver = entry.get("driver", "black-box")
        if driver not in DRIVERS:
            self._wrong("driver", number, f"driver is {driver!r}", f"Choose one of: {', '.join(DRIVERS)}.")
        texts = {key: entry[key] for key in _SUBJECT_TEXTS if key in entry}
        for key, given in texts.items():
            self._is_text(given, key, number)
        lists = {key: self._texts(entry, key, number) for key in _SUBJECT_LISTS}
        if not lists["command"] and not (driver == "http" and "url" in entry):
            self._wrong("command", number, "this entry has no command", 'Add `command = ["./worker"]`.')
        environment = self._environment(entry, number)
        budget = entry.get("budget")
        if budget is not None and (isinstance(budget, bool) or not isinstance(budget, (int, float)) or budget <= 0):
            self._wrong("budget", number, f"budget is {budget!r}", "Write a number of seconds above 0.")
        if len(self.findings) > before:
            return None
        here = self._file.parent
        return ConfiguredImplementation(
            texts["name"], here / texts["spec"], lists["roles"], driver, lists["command"],
            here / texts.get("folder", ""), texts.get("url"), environment, texts.get("ready"), lists["setup"],
            None if budget is None else float(budget), here / texts["row"] if "row" in texts else None,
            texts.get("webhook_path"),
        )  # fmt: skip

    def _texts(self, entry: Mapping[str, Any], key: str, number: int) -> tuple[str, ...]:
        given = entry.get(key, [])
        if isinstance(given, list):
            return tuple(each for each in given if self._is_text(each, key, number))
        self._wrong(key, number, f"{key} is {given!r}, not a list", f'Write `{key} = ["..."]`.')
        return ()

    def _environment(self, entry: Mapping[str, Any], number: int) -> tuple[tuple[str, str], ...]:
        given = entry.get("env", {})
        if isinstance(given, dict):
            return tuple((name, value) for name, value in given.items() if self._is_text(value, name, number))
        self._wrong("env", number, f"env is {given!r}", 'Write `env = { DB = "{db.url}" }`.')
        return ()

    def _path(self, entry: Mapping[str, Any], key: str, number: int) -> Path | None:
        given = entry.get(key)
        if given is None:
            return None
        if not self._is_text(given, key, number):
            return None
        return self._file.parent / str(given)

    def _choice(self, target: str, given: Any, number: int) -> TargetChoice | None:
        if isinstance(given, str):
            return TargetChoice(target, self._file.parent / given) if self._is_text(given, target, number) else None
        if not isinstance(given, dict):
            self._wrong(target, number, f"{target} is {given!r}", 'Write a folder, or `{ out = "folder" }`.')
            return None
        known = ["out", *self._targets[target]]
        for name in given:
            if name not in known:
                advice = f"{target} knows: {', '.join(known)}.{did_you_mean(name, known)}"
                self._wrong(name, number, f"{target} has no option {shown(name)}", advice)
        texts = {name: value for name, value in given.items() if self._is_text(value, name, number)}
        if "out" not in given:
            self._wrong(target, number, f"{target} has no folder", 'Add `out = "folder"`.')
        if "out" not in texts:
            return None
        out = self._file.parent / texts.pop("out")
        return TargetChoice(target, out, tuple(sorted(texts.items())))

    def _is_text(self, given: Any, key: str, number: int) -> bool:
        if isinstance(given, str) and given and "\0" not in given:
            return True
        self._wrong(key, number, f"{key} is {given!r}, not a text", f'Put it in quotes: `{key} = "..."`.')
        return False

    def _refuse_unknown(self, table: Mapping[str, Any], known: Collection[str], number: int | None) -> None:
        for key in table:
            if key not in known:
                advice = f"What there is: {', '.join(sorted(known))}.{did_you_mean(key, known)}"
                self._wrong(key, number, f"the key {shown(key)} means nothing here", advice)

    def _wrong(self, key: str, number: int | None, message: str, advice: str) -> None:
        place, subject = self._place(key, number), f"{self._list}:{number}:{key}"
        self.findings.append(Finding("config-wrong", Severity.ERROR, message, place, advice, subject))

    def _place(self, key: str, number: int | None) -> Place:
        """Where `key` stands in the `number`-th entry. The parser does not say, so it is looked for."""
        heads = [n for n, line in enumerate(self._lines) if re.match(r"\s*\[\[", line)]
        own = [n for n in heads if re.match(rf"\s*\[\[[\w.\s]*{self._list}\s*\]\]", self._lines[n])]
        first = own[number] if number is not None and number < len(own) else 0
        last = next((n for n in heads if n > first), len(self._lines)) if number is not None else len(self._lines)
        word = re.compile(rf"^\s*(?:\[[^=]*)?[\"']?\b({re.escape(key)})\b|\b({re.escape(key)})[\"']?\s*=")
        for n in range(first, last):
            found = word.search(self._lines[n])
            if found:
                return Place(str(self._file), n + 1, found.start(found.lastindex or 0) + 1)
        return Place(str(self._file), first + 1)
