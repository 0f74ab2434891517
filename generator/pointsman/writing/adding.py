"""Adds files that must be new: all of them, or none.

Used for migrations, which are history: an existing file is never overwritten,
not even one that another run made at the same moment.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from pointsman.spec.errors import UsageError
from pointsman.writing.output import Output


def add(outputs: tuple[Output, ...], folder: Path) -> tuple[Path, ...]:
    """Write `outputs` below `folder`, which is made where it is missing, and return their paths.

    Every file is written in full under a temporary name first; then each gets
    its own name, which fails where the name is taken. After a failure the files
    that this call made are removed.

    Raises:
        UsageError: a file is there already, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as temporaries:
            written = [
                (temporaries.enter_context(_written(output, folder)), folder / output.path) for output in outputs
            ]
            return _named(written)
    except FileExistsError as error:
        raise UsageError(f"{error.filename2 or error.filename} is there already, and nothing was written.") from error
    except OSError as error:
        raise UsageError(f"Cannot write to {folder}: {error.strerror}. Nothing was added.") from error


@contextlib.contextmanager
def _written(output: Output, folder: Path) -> Iterator[Path]:
    """Writes the output under a temporary name, and removes that name at the end."""
    path = folder / f".{output.path}.{secrets.token_hex(4)}.part"
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(output.text)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def _named(written: list[tuple[Path, Path]]) -> tuple[Path, ...]:
    made: list[Path] = []
    try:
        for temporary, path in written:
            _name(temporary, path)
            made.append(path)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    return tuple(made)


def _name(temporary: Path, path: Path) -> None:
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # The file system has no links. Mode "x" refuses a name that is taken as well.
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(temporary.read_text(encoding="utf-8"))
