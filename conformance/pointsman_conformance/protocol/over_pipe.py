"""The protocol over a pipe: a process that reads messages on its stdin and answers on its stdout, a line each.

Its stderr is a log. A relay (`processes.relay`) starts the process, and signals it together with its descendants.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from pointsman.spec.errors import UsageError
from pointsman_conformance.processes.clean_environment import clean_environment
from pointsman_conformance.processes.relay import boot
from pointsman_conformance.protocol.session import LostError

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes of the longest line that is read as an answer."""

LOG_KEPT = 64 * 1024
"""The last bytes of the log that are kept for each message."""

CHUNK = 64 * 1024
PATIENCE = 1.0
"""Seconds that a process has to end, once it closed its stdout or was asked to end."""

LEASH_TIMEOUT = 20.0
"""Seconds that the relay has for each of its answers."""


class Pipe:
    """A process, started at once. Raises LostError where it cannot be started.

    `tap` is a file that gets the exact lines that the process gets: ``cat FILE | COMMAND`` plays them again. Raises
    UsageError where the file cannot be written.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        tap: Path | None = None,
    ) -> None:
        self._closed = False
        self._lock = threading.Lock()
        self._tap = tap
        self._heard = bytearray()
        self._looked = 0  # the bytes of it that were searched for a line's end
        self._log = b""
        self._code: int | None = None
        if tap is not None:
            tap.unlink(missing_ok=True)
        self._write_down(b"")
        self._control, theirs = socket.socketpair()
        self._control.settimeout(LEASH_TIMEOUT)
        with theirs:
            self._leash = subprocess.Popen(
                boot(theirs.fileno(), command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**clean_environment(), **(environment or {})},
                cwd=folder,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                bufsize=0,
            )
        self._told = b""
        self._stdin, self._stdout = _there(self._leash.stdin), _there(self._leash.stdout)
        self._stderr = _there(self._leash.stderr)
        word, _, words = self._hear_leash().partition(" ")
        if word != "started":
            self.close(kindly=False)
            raise LostError(f"{command[0]} cannot be started: {words or 'its supervisor was lost'}")
        self.pid = int(words)
        for pipe in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(pipe.fileno(), False)

    def ask(self, message: str, deadline: float) -> str:
        """Send a line and wait for one. Raises LostError."""
        self._log = b""
        line = message.encode() + b"\n"
        self._write_down(line)
        return self._exchange(line, time.monotonic() + deadline, deadline)

    def _write_down(self, line: bytes) -> None:
        if self._tap is not None:
            try:
                with self._tap.open("ab") as tap:
                    tap.write(line)
            except OSError as problem:
                raise UsageError(f"{self._tap} cannot be written: {problem.strerror or problem}") from None

    def log(self) -> str:
        """The end of the stderr since the last message."""
        if not self._closed:
            with contextlib.suppress(OSError):
                self._hear_log()
        return self._log.decode(errors="replace")

    # --- what may be done from another thread ---

    @property
    def alive(self) -> bool:
        """True until the relay has reported the end of the process."""
        return not self._gone(0)

    def kill(self) -> None:
        """Kill the process and its descendants. A thread that waits for its answer gets LostError."""
        self._order(b"kill")
        self._gone(LEASH_TIMEOUT)

    def stop(self) -> None:
        """Stop the process and its descendants where they are (SIGSTOP)."""
        self._order(b"stop")

    def go_on(self) -> None:
        """Let them run on after `stop` (SIGCONT)."""
        self._order(b"go")

    # --- the end ---

    def close(self, *, kindly: bool = True) -> None:
        """Close the stdin, wait, send SIGTERM, wait, kill. Kill at once unless `kindly`."""
        if self._closed:
            return
        self._stdin.close()
        if kindly and not self._gone(PATIENCE):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGTERM)
            self._gone(PATIENCE)
        with self._lock:
            self._closed = True
        # The relay kills the process and its descendants as soon as its socket closes.
        self._control.close()
        try:
            self._leash.wait(LEASH_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._leash.kill()
            self._leash.wait()
        self._stdout.close()
        self._stderr.close()

    def _order(self, word: bytes) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(word + b"\n")

    def _hear_leash(self) -> str:
        """The next line of the relay; empty if none comes in time."""
        while b"\n" not in self._told:
            try:
                some = self._control.recv(256)
            except OSError:
                return ""
            if not some:
                return ""
            self._told += some
        line, _, self._told = self._told.partition(b"\n")
        return line.decode()

    def _gone(self, patience: float) -> bool:
        """True if the process has ended, after waiting for that at most `patience` seconds."""
        with self._lock:
            if self._code is None and not self._closed:
                self._control.settimeout(patience)
                word, _, code = self._hear_leash().partition(" ")
                if word == "ended":
                    self._code = int(code)
            return self._code is not None

    # --- a message and its answer ---

    def _exchange(self, unsent: bytes, end: float, deadline: float) -> str:
        """Write the message, read the answer and read the log at once: one after the other could wait for ever."""
        with selectors.DefaultSelector() as watched:
            watched.register(self._stdin, selectors.EVENT_WRITE)
            watched.register(self._stdout, selectors.EVENT_READ)
            watched.register(self._stderr, selectors.EVENT_READ)
            while (line := self._line()) is None:
                left = end - time.monotonic()
                if left <= 0:
                    raise LostError(f"no answer within {deadline:g} s")
                for key, _ in watched.select(left):
                    if key.fileobj is self._stdout:
                        self._hear()
                    elif key.fileobj is self._stdin:
                        unsent = self._write(unsent)
                        if not unsent:
                            watched.unregister(self._stdin)
                    elif not self._hear_log():
                        watched.unregister(self._stderr)
        if unsent:
            raise LostError(f"it printed a line before it was asked: {line[:80]!r} (logs belong on stderr)")
        return line

    def _line(self) -> str | None:
        end = self._heard.find(b"\n", self._looked)
        if end < 0:
            self._looked = len(self._heard)
            if self._looked > LONGEST_LINE:
                raise LostError(f"a line of more than {LONGEST_LINE:,} bytes on its stdout")
            return None
        line = bytes(self._heard[:end])
        del self._heard[: end + 1]
        self._looked = 0
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise LostError(f"a line on its stdout is not UTF-8: {line[:80]!r}") from None

    def _write(self, unsent: bytes) -> bytes:
        try:
            return unsent[os.write(self._stdin.fileno(), unsent[:CHUNK]) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            raise LostError(self._ending("it closed its stdin")) from None

    def _hear(self) -> None:
        data = os.read(self._stdout.fileno(), CHUNK)
        if not data:
            raise LostError(self._ending("it closed its stdout"))
        self._heard += data

    def _hear_log(self) -> bool:
        """Read the log that is there. False at the end of the log."""
        try:
            data = os.read(self._stderr.fileno(), CHUNK)
        except BlockingIOError:
            return True
        self._log = (self._log + data)[-LOG_KEPT:]
        return bool(data)

    def _ending(self, otherwise: str) -> str:
        if not self._gone(PATIENCE / 2) or self._code is None:
            return otherwise
        if self._code < 0:
            return f"it was ended by {signal.Signals(-self._code).name}"
        return f"it ended by itself, with exit status {self._code}"


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("a pipe was asked for")
    return pipe
