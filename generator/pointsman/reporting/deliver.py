"""Writes a finished report to standard output or a file, and messages to standard error."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TextIO, cast

from pointsman.reporting.visible import visible
from pointsman.spec.errors import UsageError


def say(text: str) -> None:
    """Write a message for a person to standard error; a broken standard error is ignored."""
    stderr = cast("TextIO | None", sys.stderr)
    if stderr is None:
        return
    try:
        stderr.write(visible(text, keep="\n") + "\n")
        stderr.flush()
    except OSError:
        # Standard error is closed. The exit code still tells the result.
        return


def can_deliver(file: str) -> None:
    """Raise UsageError if `file` plainly cannot be written. Called before a long run, whose report would be lost."""
    path = Path(file)
    if path.is_dir():
        raise UsageError(f"--output {file!r} is a directory; name a file.")
    if not path.parent.is_dir():
        raise UsageError(f"--output {file!r}: there is no directory {str(path.parent)!r}; make it first.")


def deliver(text: str, file: str | None) -> None:
    """Write `text` to standard output, or to `file`, which is replaced whole or left as it was.

    Raises UsageError if it cannot be written, and lets BrokenPipeError through.
    """
    if file is None:
        _print(text)
        return
    try:
        _write(Path(file), text)
    except OSError as error:
        raise UsageError(f"cannot write {file!r}: {error.strerror or error}.") from error


def _print(text: str) -> None:
    stdout = cast("TextIO | None", sys.stdout)
    if stdout is None:
        raise UsageError("standard output is closed; use --output FILE.")
    try:
        stdout.write(text)
        stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"cannot write to standard output: {error.strerror or error}.") from error


def _write(path: Path, text: str) -> None:
    there = Path(os.path.realpath(path))  # a link stays a link
    old = there.stat().st_mode if there.exists() else None
    if old is not None and not stat.S_ISREG(old):
        there.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")  # /dev/null, a named pipe
        return
    import tempfile  # noqa: PLC0415 - most reports go to standard output, and it takes time to import

    handle, beside = tempfile.mkstemp(prefix=f".{there.name}.", dir=there.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(text)
        Path(beside).chmod(stat.S_IMODE(old) if old is not None else 0o666 & ~_umask())
        Path(beside).replace(there)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
