"""A runner: the program that a project applies its migrations with, and the files that it reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pointsman.spec.errors import UsageError
from pointsman.sql.steps import MigrationFile
from pointsman.writing.output import Output


@dataclass(frozen=True, slots=True)
class Numbered:
    """A step with its number, as it stands in file names, and its name: the table's and what it does."""

    number: str
    name: str
    step: MigrationFile


@dataclass(frozen=True)
class Runner:
    """A flavour of migration files.

    `numbered` finds the number in the name of a migration's file. `render` gives
    the files of some steps for a folder, which it may look at and never changes.
    """

    name: str
    summary: str
    numbered: re.Pattern[str]
    render: Callable[[tuple[Numbered, ...], Path], tuple[Output, ...]]


def number(steps: Iterable[MigrationFile], table: str, first: str) -> tuple[Numbered, ...]:
    """The steps, numbered from `first` on, with at least as many digits as it has."""
    return tuple(
        Numbered(str(int(first) + offset).zfill(max(len(first), 3)), "_".join(filter(None, (table, step.what))), step)
        for offset, step in enumerate(steps)
    )


def refuse_taken(runner: Runner, folder: Path, first: str) -> None:
    """Raises `UsageError` unless `first` comes after every number in `folder`.

    Some runners skip a file that comes late, others refuse it: so none is made.
    """
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    found = [(int(match[1]), match[0]) for name in names if (match := runner.numbered.match(name))]
    if found and max(found)[0] >= int(first):
        last, name = max(found)
        raise UsageError(
            f"{folder} has migrations up to {last} ({name}), so {first} cannot be next: use --number {last + 1}."
        )
