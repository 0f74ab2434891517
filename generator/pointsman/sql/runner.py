"""The type of a runner: the program with which a project applies its migrations, and the files that it reads."""

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
    """A step with its number, as in file names, and its name: the table's name and a word for the step."""

    number: str
    name: str
    step: MigrationFile


@dataclass(frozen=True)
class Runner:
    """A flavour of migration files.

    `numbered` finds the number in the name of a migration's file. `render` returns
    the files of the steps for a folder, which it may read and never changes.
    """

    name: str
    summary: str
    numbered: re.Pattern[str]
    render: Callable[[tuple[Numbered, ...], Path], tuple[Output, ...]]


def number(steps: Iterable[MigrationFile], table: str, first: str) -> tuple[Numbered, ...]:
    """The steps, numbered from `first` on, with at least as many digits as `first` has."""
    return tuple(
        Numbered(str(int(first) + offset).zfill(max(len(first), 3)), "_".join(filter(None, (table, step.what))), step)
        for offset, step in enumerate(steps)
    )


def refuse_taken(runner: Runner, folder: Path, first: str) -> None:
    """Raises `UsageError` unless `first` comes after every number in `folder`.

    Some runners skip a file with a lower number than an applied one, others refuse it.
    """
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    found = [(int(match[1]), match[0]) for name in names if (match := runner.numbered.match(name))]
    if found and max(found)[0] >= int(first):
        last, name = max(found)
        raise UsageError(
            f"{folder} has migrations up to {last} ({name}), so {first} cannot be next: use --number {last + 1}."
        )
