"""Writing generated files: the only module that does. (Migrations are history and not rewritten: `adding`.)

A file comes into being whole or not at all: it is written beside its place,
brought to the disk and then moved there. Nothing that Pointsman did not
generate is overwritten unless the caller insists.
"""

from __future__ import annotations

import difflib
import io
import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from pointsman.spec.errors import UsageError
from pointsman.writing.output import Output
from pointsman.writing.target import read_mark

_MARK_BYTES = 4096
_DRAWN = ".svg"
"""Pictures that a program drew differ from machine to machine. They are never compared."""


class Staleness(StrEnum):
    """How a file on disk differs from what would be generated."""

    MISSING = "missing"
    STALE = "stale"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True)
class FileDifference:
    """One file that is not as it would be generated. `path` is relative to the folder that was compared.

    `diff` is a unified diff from the file on disk to the generated one, and
    `line` the first line of the file that differs; a leftover has no diff.
    """

    path: str
    staleness: Staleness
    diff: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class _Planned:
    file: Path
    data: bytes
    before: bytes | None


def write(outputs: Iterable[Output], root: Path, *, force: bool = False) -> tuple[str, ...]:
    """Write what is not yet as it should be, and return those paths, in order.

    Raises:
        UsageError: a path leads out of `root`, something other than a file of
            ours is in the way, or the disk refuses. Files that were already in
            place stay as they were; no file is ever half written. With `force`
            a file that is not ours is overwritten too.
    """
    planned = {output.path: _planned(output, root) for output in outputs}
    changed = {path: plan for path, plan in planned.items() if plan.before != plan.data}
    if not force:
        for plan in changed.values():
            _refuse_foreign(plan)
    _put(list(changed.values()))
    return tuple(changed)


def differences(outputs: Sequence[Output], root: Path, shown: str = "") -> tuple[FileDifference, ...]:
    """What differs between the disk and `outputs`: missing files and stale ones, in order. Writes nothing.

    `shown` is the folder as the heads of the diffs name it.

    Raises:
        UsageError: as `write`, where a file could not be written at all.
    """
    found: list[FileDifference] = []
    for output in outputs:
        plan = _planned(output, root)
        name = str(PurePosixPath(shown) / output.path)
        if plan.before is None:
            found.append(FileDifference(output.path, Staleness.MISSING, _diff("", output.text, name)))
        elif plan.before != plan.data:
            before = plan.before.decode("utf-8", "replace")
            line = _first_difference(before, output.text)
            found.append(FileDifference(output.path, Staleness.STALE, _diff(before, output.text, name), line))
    return tuple(found)


def leftovers(outputs: Sequence[Output], root: Path) -> tuple[FileDifference, ...]:
    """Files beside `outputs` that say they were generated from the same spec, and are no longer.

    They are only reported: whether anything still uses them is not ours to know.
    """
    made = {PurePosixPath(output.path) for output in outputs}
    specs = {mark.spec for output in outputs if (mark := read_mark(output.text))}
    found: list[FileDifference] = []
    for folder in sorted({path.parent for path in made}):
        for name in _names(root / folder):
            path = folder / name
            if path not in made and path.suffix != _DRAWN and _made_from(root / path) in specs:
                found.append(FileDifference(str(path), Staleness.LEFTOVER))
    return tuple(found)


# --- looking ---------------------------------------------------------------


def _planned(output: Output, root: Path) -> _Planned:
    path = PurePosixPath(output.path)
    if path.is_absolute() or ".." in path.parts or not path.name or "\\" in output.path or "\0" in output.path:
        raise UsageError(f"{output.path!r} is not a path below the folder of a target")
    file = root / path
    try:
        _refuse_escape(file, root)
        return _Planned(file, output.text.encode(), _content(file))
    except OSError as error:
        raise _worded(error, file) from error


def _refuse_escape(file: Path, root: Path) -> None:
    if not file.parent.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{file}: a symbolic link leads out of {root}; remove it, or choose another folder")


def _content(file: Path) -> bytes | None:
    try:
        mode = file.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode):
        raise UsageError(f"{file} is a symbolic link; remove it, or choose another folder")
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a file"
        raise UsageError(f"{file} is {kind}; move it out of the way, or choose another folder")
    return file.read_bytes()


def _refuse_foreign(plan: _Planned) -> None:
    if plan.before is not None and read_mark(plan.before[:_MARK_BYTES].decode("utf-8", "replace")) is None:
        raise UsageError(
            f"{plan.file} was not generated by Pointsman (its first line does not say so), and is left alone;"
            " move it away, or overwrite it with --force"
        )


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False))
    except OSError:
        return []


def _made_from(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            mark = read_mark(opened.read(_MARK_BYTES).decode("utf-8", "replace"))
    except OSError:
        return None
    return mark.spec if mark else None


def _first_difference(before: str, after: str) -> int:
    """The number of the first line of `before` that `after` does not have; its last line, if it only ends too early."""
    old, new = before.split("\n"), after.split("\n")
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return max(1, min(same + 1, before.count("\n")))


def _diff(before: str, after: str, path: str) -> str:
    if before.replace("\r\n", "\n") == after:
        return f"--- {path}\n+++ {path}\n(only the line ends differ: the file on disk has CR LF)\n"
    # StringIO parts lines at line feeds alone; a stored value may hold what str.splitlines takes for an end.
    old, new = list(io.StringIO(before)), list(io.StringIO(after))
    lines = difflib.unified_diff(old, new, fromfile=path, tofile=path, tofiledate="(generated)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


# --- writing ---------------------------------------------------------------


def _put(planned: Sequence[_Planned]) -> None:
    """Bring every file to the disk beside its place, and only then move the first."""
    staged: list[tuple[Path, _Planned]] = []
    try:
        for plan in planned:
            try:
                staged.append((_staged(plan), plan))
            except OSError as error:
                raise _worded(error, plan.file) from error
        for temporary, plan in staged:
            try:
                temporary.replace(plan.file)
            except OSError as error:
                raise _worded(error, plan.file) from error
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
    for folder in {plan.file.parent for plan in planned}:
        _sync_folder(folder)


def _staged(plan: _Planned) -> Path:
    plan.file.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{plan.file.name[:80]}.", suffix=".tmp", dir=plan.file.parent)
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as opened:
            opened.write(plan.data)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.chmod(_mode(plan.file))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _mode(file: Path) -> int:
    """The rights of the file that is replaced; for a new one, what this process gives any new file."""
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _worded(error: OSError, file: Path) -> UsageError:
    reason = (error.strerror or str(error)).lower()
    return UsageError(f"{file} cannot be written: {reason}. Nothing in its place was changed")
