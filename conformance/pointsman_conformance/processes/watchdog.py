"""The watchdog of a server: it stops the server and removes its folder when the kit ends.

`Watchdog` runs this same file as a small process, the supervisor, and keeps one end of a pipe. The supervisor runs its
steps one after the other and watches the other end. When the pipe closes (the kit closed it, ended, or was killed with
SIGKILL), the supervisor stops the running step and removes a folder. A pipe closes on every system; a signal at the
parent's death exists on Linux only. The supervisor has a session of its own, so that Ctrl-C in a terminal reaches the
kit alone.

If the supervisor itself is killed with SIGKILL, its children get a signal on Linux. Elsewhere they stay until a later
start finds the lock of the folder free (`locked_folder`, `abandoned`) and removes them.

This file runs with ``python -I -S``: it uses the standard library only, and imports nothing of this package.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

GRACE = 5.0
"""Seconds between asking a process to stop and killing it."""

NEWBORN = 3600.0
"""Seconds for which a folder without a lock counts as new: its maker may be about to lock it."""

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal a process gets when its parent dies."""


@dataclass(frozen=True)
class Identity:
    """The unprivileged user that steps run as: user id and group id."""

    user: int
    group: int


@dataclass(frozen=True)
class SupervisedSteps:
    """The work of a supervisor: `steps` in order, each only if the one before ended with 0.

    `stop` is the signal that asks the last step to end. The file `log` gets what the steps print. `folder` is removed
    at the end.
    """

    steps: tuple[tuple[str, ...], ...]
    log: str
    folder: str
    stop: int = signal.SIGTERM
    identity: Identity | None = None


class Watchdog:
    """Runs the steps of a plan. At `close`, or when this process ends, the steps end and their folder is removed."""

    def __init__(self, plan: SupervisedSteps, *, environment: dict[str, str], lock: int) -> None:
        """Start `plan`. `lock` is a descriptor from `locked_folder`; the supervisor keeps it open."""
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, json.dumps(asdict(plan))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                cwd="/",
                text=True,
                start_new_session=True,
                pass_fds=(lock,),
            )
        finally:
            os.close(lock)

    def ended(self) -> str | None:
        """The message about a step that ended by itself or failed; None while the last step runs."""
        told = self._process.stdout
        if told is None or not select.select([told], [], [], 0)[0]:
            return None
        return told.readline().strip() or "the supervisor of its process was killed"

    def close(self) -> None:
        """Stop the steps and wait until the folder is removed."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=4 * GRACE)
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()


def locked_folder(prefix: str, parent: Path, mode: int) -> tuple[Path, int]:
    """A new folder and a descriptor that holds its lock, for `Watchdog` to pass on.

    The lock file gets its name only once it is locked, so that `abandoned` never sees an unlocked file of a living
    maker.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    folder.chmod(mode)
    unready = folder / "lock.new"
    lock = os.open(unready, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    unready.rename(folder / "lock")
    return folder, lock


def abandoned(prefix: str, parent: Path) -> Iterator[Path]:
    """Our folders under `parent` whose supervisor is gone.

    Only folders that this user owns: in a shared temporary folder every user can make one with the right name.
    """
    for folder in sorted(parent.glob(f"{prefix}*")):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if folder.is_dir() and not folder.is_symlink() and status.st_uid == os.geteuid() and _unlocked(folder):
                yield folder


def _unlocked(folder: Path) -> bool:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > NEWBORN
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


# The supervisor's own process.


class _Watch:
    """Waits until the owner of the pipe has ended, a signal asks this process to stop, or a child has ended."""

    def __init__(self) -> None:
        self._signals, wake = os.pipe()
        os.set_blocking(self._signals, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._released = False

    def released(self, wait: float | None = None) -> bool:
        """True if this process has to stop. Waits at most `wait` seconds for one of the three."""
        if self._released:
            return True
        ready, _, _ = select.select([0, self._signals], [], [], wait)
        if 0 in ready:
            self._released = os.read(0, 1) == b""
        if self._signals in ready:
            self._released |= any(number != signal.SIGCHLD for number in os.read(self._signals, 64))
        return self._released


def _die_with(parent: int, number: int) -> Callable[[], None] | None:
    """A function for `preexec_fn` that sends the child `number` when `parent` dies; None where that cannot be done."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)

    def set_signal() -> None:
        library.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # the parent died before the call
            os._exit(1)

    return set_signal


def _start(step: Sequence[str], plan: SupervisedSteps, log: TextIO) -> subprocess.Popen[str]:
    identity = plan.identity
    return subprocess.Popen(
        step,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd="/",
        text=True,
        start_new_session=True,
        user=None if identity is None else identity.user,
        group=None if identity is None else identity.group,
        extra_groups=None if identity is None else [],
        # One thread, so nothing can be held across the fork.
        preexec_fn=_die_with(os.getpid(), plan.stop),  # noqa: PLW1509 - see above
    )


def _stop(child: subprocess.Popen[str], number: int) -> None:
    for attempt, patience in ((number, GRACE), (signal.SIGKILL, GRACE)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, attempt)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=patience)
            return


def _supervise(plan: SupervisedSteps, watch: _Watch) -> None:
    last = len(plan.steps) - 1
    with Path(plan.log).open("a", encoding="utf-8") as log:
        for index, step in enumerate(plan.steps):
            child = _start(step, plan, log)
            while child.poll() is None:
                if watch.released():
                    _stop(child, plan.stop if index == last else signal.SIGKILL)
                    return
            if child.returncode != 0 or index == last:
                _tell(f"{Path(step[0]).name} ended with {child.returncode}")
                return


def _tell(words: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()


def _main(text: str) -> None:
    fields = json.loads(text)
    identity = Identity(**fields.pop("identity")) if fields.get("identity") else None
    plan = SupervisedSteps(**{**fields, "identity": identity})
    watch = _Watch()
    try:
        try:
            _supervise(plan, watch)
        except (OSError, subprocess.SubprocessError) as problem:
            _tell(f"a step could not be started: {problem}")
        while not watch.released():  # the owner may want to read the log first
            continue
    finally:
        shutil.rmtree(plan.folder, ignore_errors=True)


if __name__ == "__main__":
    _main(sys.argv[1])
