"""Runs of the command line, each in a process of its own that starts at once.

`run` stands in for `subprocess.run` of ``[sys.executable, "-m", MODULE, *words]``. The process is forked from one that
has imported the whole command line (`tests.fork_server`), so that it does not spend half a second of processor time on
imports. All else is as in any process: standard streams, folder, environment, exit code, signals.

What a forked process cannot show: that a verb imports what it needs, that output does not hang on the order of a set
(forked processes hash alike), how the program is found and started. Tests of these start a process themselves;
`tests/acceptance/test_command_line.py` starts one of each verb.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests import fork_server

_OF_THE_INTERPRETER = ("PYTHON", "LC_", "LANG", "TZ")
"""Variables that the interpreter reads when it starts begin so: for each setting of them, a server of its own."""


def run(
    command: Sequence[str | Path],
    *,
    input: Any = None,  # noqa: A002 - the name that subprocess.run has
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    text: bool = False,
    timeout: float | None = None,
    check: bool = False,
) -> subprocess.CompletedProcess[Any]:
    """`subprocess.run` of ``[sys.executable, "-m", MODULE, *words]``, its output captured.

    Raises:
        subprocess.TimeoutExpired: it did not end within `timeout` seconds; it was killed.
        subprocess.CalledProcessError: `check` was set and it ended with another code than 0.
    """
    python, flag, *words = [str(word) for word in command]
    assert (python, flag) == (sys.executable, "-m"), f"only a module of this Python can be forked: {command}"
    environment = dict(os.environ if env is None else env)
    given = input.encode() if text and input is not None else input
    with _alone:
        code, out, err = _server(_key(environment)).run(words, Path(cwd or ".").resolve(), environment, given, timeout)
    done: subprocess.CompletedProcess[Any] = subprocess.CompletedProcess(command, code, out, err)
    if text:
        done.stdout, done.stderr = (said.decode().replace("\r\n", "\n") for said in (out, err))
    if check:
        done.check_returncode()
    return done


_alone = threading.Lock()


def _key(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pair for pair in environment.items() if pair[0].startswith(_OF_THE_INTERPRETER)))


@functools.cache
def _server(variables: tuple[tuple[str, str], ...]) -> _Server:
    server = _Server(dict(variables))
    atexit.register(server.close)
    return server


class _Server:
    """A running `tests.fork_server`; it ends with this process, whose end closes the socket."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        others = {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_INTERPRETER)}
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, fork_server.__file__, str(theirs.fileno())],
                env={**others, **variables},
                pass_fds=(theirs.fileno(),),
            )

    def run(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        given: bytes | None,
        timeout: float | None,
    ) -> tuple[int, bytes, bytes]:
        """The exit code, and what it wrote to standard output and standard error."""
        with _streams(given) as (streams, out, err):
            module, *rest = words
            request = {"module": module, "words": rest, "folder": str(folder), "environment": dict(environment)}
            fork_server.send(self._channel, request, [stream.fileno() for stream in streams])
            for stream in streams:
                stream.close()
            child, _ = fork_server.receive(self._channel)
            assert child is not None, "the server of forked processes has ended; what it wrote is above"
            try:
                said = _all_of((out, err), None if timeout is None else time.monotonic() + timeout)
            except TimeoutError:
                os.kill(child, signal.SIGKILL)
                fork_server.receive(self._channel)
                raise subprocess.TimeoutExpired(words, timeout or 0) from None
            code, _ = fork_server.receive(self._channel)
            return code, *said

    def close(self) -> None:
        """Let the server end, and wait for it."""
        self._channel.close()
        self._process.wait()


@contextlib.contextmanager
def _streams(given: bytes | None) -> Iterator[tuple[list[IO[bytes]], IO[bytes], IO[bytes]]]:
    """The three standard streams of a process, and the ends where its output is read."""
    with contextlib.ExitStack() as stack:
        if given is None:
            source: IO[bytes] = stack.enter_context(open(os.dup(0), "rb"))  # noqa: PTH123 - a descriptor has no path
        else:
            source, written = _pipe(stack)
            stack.callback(_written(written, given).join)
        ends = [_pipe(stack) for _ in range(2)]
        yield [source, *(theirs for _, theirs in ends)], ends[0][0], ends[1][0]


def _written(pipe: IO[bytes], given: bytes) -> threading.Thread:
    """A thread that writes `given` into a pipe and closes it."""

    def write() -> None:
        with contextlib.suppress(BrokenPipeError), pipe:  # the reader may have seen enough
            pipe.write(given)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def _pipe(stack: contextlib.ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    read, written = os.pipe()
    return (
        stack.enter_context(open(read, "rb", 0)),  # noqa: PTH123 - a descriptor has no path
        stack.enter_context(open(written, "wb")),  # noqa: PTH123 - the same
    )


def _all_of(pipes: tuple[IO[bytes], IO[bytes]], deadline: float | None) -> tuple[bytes, bytes]:
    """All that is written to `pipes` until their writers are gone. Raises `TimeoutError`."""
    parts: dict[IO[bytes], list[bytes]] = {pipe: [] for pipe in pipes}
    with selectors.DefaultSelector() as waiting:
        for pipe in pipes:
            waiting.register(pipe, selectors.EVENT_READ)
        while waiting.get_map():
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            for key, _ in waiting.select(left):
                part = os.read(key.fd, 65536)
                parts[key.fileobj].append(part)  # type: ignore[index]  # what was registered above
                if not part:
                    waiting.unregister(key.fileobj)
    out, err = (b"".join(parts[pipe]) for pipe in pipes)
    return out, err
