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

Paths are relative to the file. This module reads ``[[generate]]``. The conformance kit reads ``[[conform]]``: of that
list, only the name is known here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pointsman.spec.finding import did_you_mean, shown
from pointsman.toml_tables import TomlEntry, TomlLists, parsed

_OWN, _SHARED = "pointsman.toml", "pyproject.toml"

SECTIONS = ("generate", "conform")
"""The lists of tables that a configuration may have. Each is read by the verbs that need it."""


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """One target of one spec: the folder it goes to, and its options as (name, value)."""

    target: str
    out: Path
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One ``[[generate]]``: a spec, its targets, and a folder whose templates are used before ours."""

    spec: Path
    choices: tuple[TargetChoice, ...]
    templates: Path | None = None


@dataclass(frozen=True)
class Config:
    """The part of a configuration that `generate` needs. Every path in it starts at the file's folder."""

    file: Path
    jobs: tuple[Job, ...]


def find(start: Path) -> Path | None:
    """The configuration that holds for `start`: the nearest one, upwards. Raises as `read` for a broken TOML file."""
    for folder in (start, *start.parents):
        if (folder / _OWN).is_file():
            return folder / _OWN
        shared = folder / _SHARED
        if shared.is_file() and _section(parsed(shared)) is not None:
            return shared
    return None


def lists_of(file: Path) -> TomlLists:
    """The lists of tables that `file` has for us. Raises SpecError for a file that is no TOML in UTF-8."""
    whole = parsed(file)
    return TomlLists(file, (_section(whole) if file.name == _SHARED else whole) or {})


def read(file: Path, targets: Mapping[str, Collection[str]]) -> Config:
    """What `file` says of generating. `targets` maps each target that there is to the names of its options.

    Raises:
        SpecError: with a finding for every mistake in ``[[generate]]`` and every list that is not in `SECTIONS`.
    """
    lists = lists_of(file)
    lists.refuse_unknown_lists(SECTIONS, "generate")
    jobs = tuple(job for entry in lists.entries("generate") if (job := _job(entry, targets)))
    for section in SECTIONS:
        if section != "generate":
            lists.entries(section)  # it is a list of tables; its verbs judge what the tables say
    lists.raise_findings()
    return Config(file, jobs)


def _section(whole: Mapping[str, Any]) -> dict[str, Any] | None:
    """``[tool.pointsman]`` of a file that is shared with other tools."""
    tools = whole.get("tool")
    section = tools.get("pointsman") if isinstance(tools, dict) else None
    return section if isinstance(section, dict) else None


def _job(entry: TomlEntry, targets: Mapping[str, Collection[str]]) -> Job | None:
    entry.refuse_unknown({"spec", "templates", *targets})
    spec = entry.path("spec")
    if spec is None and "spec" not in entry.given:
        entry.wrong("spec", "this entry names no spec", 'Add `spec = "spec/orders.yaml"`.')
    templates = entry.path("templates")
    chosen = [_choice(entry, name, targets[name]) for name in entry.given if name in targets]
    if not chosen:
        entry.wrong("spec", "this entry names no target", f"Give a folder to one of: {', '.join(targets)}.")
    choices = tuple(choice for choice in chosen if choice)
    return Job(spec, choices, templates) if spec else None


def _choice(entry: TomlEntry, target: str, options: Collection[str]) -> TargetChoice | None:
    given, folder = entry.given[target], entry.lists.file.parent
    if isinstance(given, str):
        return TargetChoice(target, folder / given) if entry.is_text(given, target) else None
    if not isinstance(given, dict):
        entry.wrong(target, f"{target} is {given!r}", 'Write a folder, or `{ out = "folder" }`.')
        return None
    known = ["out", *options]
    for name in given:
        if name not in known:
            advice = f"{target} knows: {', '.join(known)}.{did_you_mean(name, known)}"
            entry.wrong(name, f"{target} has no option {shown(name)}", advice)
    texts = {name: value for name, value in given.items() if entry.is_text(value, name)}
    if "out" not in given:
        entry.wrong(target, f"{target} has no folder", 'Add `out = "folder"`.')
    if "out" not in texts:
        return None
    out = folder / texts.pop("out")
    return TargetChoice(target, out, tuple(sorted(texts.items())))
