"""The relay: a small process that runs a command and ends it when the kit ends.

The command inherits the relay's stdin, stdout and stderr. On a socket the relay listens for the words ``kill``,
``stop`` and ``go``. When the socket closes (the kit closed it, or was killed), the relay kills the command and, on
Linux, all descendants of the command, in whatever process group they are.

It answers a line each: ``started PID`` or ``problem WORDS``, and later ``ended CODE``.

It needs the standard library only; ``boot`` gives its command line.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# The supervisor has the functions that find and signal descendants; both files need the standard library only.
from pointsman_conformance.processes.supervisor import (
    LINUX,
    PR_SET_CHILD_SUBREAPER,
    descendants,
    die_with,
    family,
    reap_orphans,
    signal_all,
)

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from pointsman_conformance.processes.relay import main; main()"
)
_CLOSED = b""


def boot(socket_number: int, command: Sequence[str]) -> list[str]:
    """The command line of a relay that runs `command`. The descriptor of the socket must be passed on to it."""
    home = str(Path(__file__).parents[2])
    return [sys.executable, "-I", "-S", "-c", _BOOT, home, str(socket_number), *command]


def main() -> None:
    """Run the command in the arguments until it has ended and the socket is closed."""
    number, *command = sys.argv[1:]
    control = socket.socket(fileno=int(number))
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # only the socket ends the relay
    try:
        child = subprocess.Popen(
            command,
            start_new_session=True,
            preexec_fn=_with_usual_signals(os.getpid()),  # noqa: PLW1509 - one thread, so nothing can be held across the fork
        )
    except (OSError, subprocess.SubprocessError) as problem:
        _tell(control, f"problem {getattr(problem, 'strerror', None) or problem}")
        return
    for pipe in (0, 1, 2):  # so that the kit sees the child close them
        os.dup2(os.open(os.devnull, os.O_RDWR), pipe)
    _tell(control, f"started {child.pid}")
    try:
        _watch(control, child)
    finally:
        _kill(child)


def _with_usual_signals(parent: int) -> Callable[[], None]:
    dies_too = die_with(parent)

    def prepare() -> None:
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)
        if dies_too is not None:
            dies_too()

    return prepare


def _watch(control: socket.socket, child: subprocess.Popen[bytes]) -> None:
    """Obey the words on the socket until it closes."""
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    ended = False
    while True:
        if not ended and child.poll() is not None:
            ended = True
            _kill(child)  # the descendants that it left
            _tell(control, f"ended {child.returncode}")
        reap_orphans(frozenset({child.pid}))
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 256)
        if control.fileno() in ready:
            words = control.recv(64)
            if words == _CLOSED:
                return
            for word in words.split():
                _obey(word, child)


def _obey(word: bytes, child: subprocess.Popen[bytes]) -> None:
    if word == b"kill":
        _kill(child)
    elif child.poll() is None:
        signal_all(family(child.pid), signal.SIGSTOP if word == b"stop" else signal.SIGCONT)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the child and its descendants, several times, since one of them may fork in between."""
    if child.poll() is None:
        signal_all(family(child.pid), signal.SIGSTOP)
        signal_all(family(child.pid), signal.SIGKILL)
        child.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    for _ in range(20):
        left = [pid for pid in descendants(os.getpid()) if pid != os.getpid()]
        if not left:
            return
        signal_all(left, signal.SIGKILL)
        reap_orphans(frozenset({child.pid}))
        time.sleep(0.005)


def _tell(control: socket.socket, words: str) -> None:
    with contextlib.suppress(OSError):
        control.sendall(f"{words}\n".encode())
