"""Writes generated files, and compares them with the disk. (`adding` writes migrations, which are never rewritten.)

A file is written whole or not at all: into a temporary file beside its place,
which is synced to the disk and then moved. A file that Pointsman did not
generate is overwritten only with `force`.
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
"""The ending of pictures drawn by Graphviz. They differ from machine to machine and are never compared."""


class Staleness(StrEnum):
    """The way in which a file on disk differs from the generated text."""

    MISSING = "missing"
    STALE = "stale"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True)
class FileDifference:
    """One file that differs from the generated text. `path` is relative to the folder that was compared.

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
    """Write each file whose content on disk differs from its output, and return the paths written, in order.

    With `force` a file that Pointsman did not generate is overwritten too.

    Raises:
        UsageError: a path leads out of `root`, something other than a generated
            file has the path, or the operating system refuses the write. No
            file is left half written; a file that was moved into place before
            the error stays.
    """
    planned = {output.path: _planned(output, root) for output in outputs}
    changed = {path: plan for path, plan in planned.items() if plan.before != plan.data}
    if not force:
        for plan in changed.values():
            _refuse_foreign(plan)
    _put(list(changed.values()))
    return tuple(changed)


def differences(outputs: Sequence[Output], root: Path, shown: str = "") -> tuple[FileDifference, ...]:
    """The differences between the disk and `outputs`: missing files and stale ones, in order. Writes nothing.

    `shown` is the name of the folder in the heads of the diffs.

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
    """Files beside `outputs` whose first line names the same spec, but which the spec does not generate any more.

    They are reported and not deleted, because other code may still use them.
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
    """The number of the first line of `before` that differs from `after`; the last line if `before` only ends early."""
    old, new = before.split("\n"), after.split("\n")
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return max(1, min(same + 1, before.count("\n")))


def _diff(before: str, after: str, path: str) -> str:
    if before.replace("\r\n", "\n") == after:
        return f"--- {path}\n+++ {path}\n(only the line ends differ: the file on disk has CR LF)\n"
    # StringIO splits at line feeds alone; str.splitlines also splits at characters that a stored value may hold.
    old, new = list(io.StringIO(before)), list(io.StringIO(after))
    lines = difflib.unified_diff(old, new, fromfile=path, tofile=path, tofiledate="(generated)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


# --- writing ---------------------------------------------------------------


def _put(planned: Sequence[_Planned]) -> None:
    """Write and sync every file under a temporary name beside its place, and only then move the first."""
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
    """The permissions of the file that is replaced; for a new file, those that the umask of this process leaves."""
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _worded(error: OSError, file: Path) -> UsageError:
    reason = (error.strerror or str(error)).lower()
    return UsageError(f"{file} cannot be written: {reason}. Nothing in its place was changed")
