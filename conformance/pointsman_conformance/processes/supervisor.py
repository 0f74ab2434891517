"""The supervisor of processes under test: it ends them, with their descendants, when the kit ends.

`Supervisor` runs this same file as a small process and talks to it through pipes. That process starts the processes
under test, sends them signals, reads what they print and keeps the end of it. When its stdin closes (the kit closed it,
or was killed with SIGKILL), it kills everything that it ever started. A process is killed or stopped with its process
group and, on Linux, with all its descendants, also those in other groups.

This file runs with ``python -I -S``: it uses the standard library only, and imports nothing of this package.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import os
import queue
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

MOST_KEPT = 65_536
"""The last bytes of a process's output that are kept."""

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
"""From <linux/prctl.h>: to get a signal at the parent's death; to become the parent of orphaned descendants."""

ANSWER_TIMEOUT = 20.0
"""Seconds that the supervisor has to answer."""

GRACE = 2.0
"""Seconds between asking a process to end and killing it."""

LINUX = sys.platform.startswith("linux")

SupervisorMessage = dict[str, object]


class SupervisorError(Exception):
    """The supervisor is gone, or a process cannot be started; the message says why."""


class Process:
    """A process under test. Signals go to its descendants too."""

    def __init__(self, supervisor: Supervisor, number: int, pid: int) -> None:
        self.pid = pid
        self._supervisor, self._number = supervisor, number
        self.ready = threading.Event()
        """Set when it has printed a line that matches `ready` of `Supervisor.start`."""
        self.over = threading.Event()
        """Set when it has ended."""
        self.code: int | None = None
        """Its exit code as in `subprocess`: negative for a signal. None until it has ended."""

    @property
    def alive(self) -> bool:
        """True until it has ended."""
        return not self.over.is_set()

    def kill(self) -> None:
        """Kill the process and its descendants; on return they have ended."""
        self._supervisor.ask({"do": "kill", "process": self._number})
        self.over.set()

    def stop(self) -> None:
        """Stop the process and its descendants where they are (SIGSTOP)."""
        self._supervisor.ask({"do": "signal", "process": self._number, "signal": int(signal.SIGSTOP)})

    def go_on(self) -> None:
        """Let them run on after `stop` (SIGCONT)."""
        self._supervisor.ask({"do": "signal", "process": self._number, "signal": int(signal.SIGCONT)})

    def end(self) -> None:
        """Send SIGTERM, wait up to `GRACE` seconds, then kill the process and its descendants."""
        if self.alive:
            self._supervisor.ask({"do": "signal", "process": self._number, "signal": int(signal.SIGTERM)})
            self.over.wait(GRACE)
        self.kill()

    def said(self) -> str:
        """The end of what the process has printed, at most `MOST_KEPT` bytes."""
        return str(self._supervisor.ask({"do": "tail", "process": self._number})["tail"])


class Supervisor:
    """Starts processes; they end when it is closed, or when this process ends. Any thread may use it."""

    def __init__(self) -> None:
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
        )
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[SupervisorMessage]] = {}
        self._processes: dict[int, Process] = {}
        self._listener = threading.Thread(target=self._listen, name="supervisor", daemon=True)
        self._listener.start()

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], *, folder: str = "/", ready: str | None = None
    ) -> Process:
        """Start `command` with exactly this environment. `ready` is a regular expression: see `Process.ready`.

        Raises SupervisorError where the program cannot be started.
        """
        number = next(self._numbers)
        asked = {
            "do": "start",
            "process": number,
            "command": list(command),
            "environment": dict(environment),
            "folder": folder,
            "ready": ready,
        }
        process = Process(self, number, 0)
        with self._lock:
            self._processes[number] = process  # before its end can be reported
        answer = self.ask(asked)
        if "problem" in answer:
            raise SupervisorError(f"{command[0]!r} cannot be started: {answer['problem']}")
        process.pid = int(str(answer["pid"]))
        return process

    def close(self) -> None:
        """Kill every process and wait for their ends. May be called twice."""
        if self._supervisor.stdin is not None and not self._supervisor.stdin.closed:
            with contextlib.suppress(OSError):
                self._supervisor.stdin.close()
        self._supervisor.wait()
        self._listener.join()
        if self._supervisor.stdout is not None:
            self._supervisor.stdout.close()

    def ask(self, message: SupervisorMessage) -> SupervisorMessage:
        """Send `message` and return the supervisor's answer. Raises SupervisorError where none comes."""
        answers: queue.SimpleQueue[SupervisorMessage] = queue.SimpleQueue()
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = answers
            try:
                if self._supervisor.stdin is None:
                    raise SupervisorError("the supervisor of the processes has no input")
                self._supervisor.stdin.write(json.dumps({**message, "seq": number}).encode() + b"\n")
                self._supervisor.stdin.flush()
            except (OSError, ValueError):
                raise SupervisorError("the supervisor of the processes is gone") from None
        try:
            answer = answers.get(timeout=ANSWER_TIMEOUT)
        except queue.Empty:
            raise SupervisorError("the supervisor of the processes does not answer") from None
        finally:
            with self._lock:
                self._waiting.pop(number, None)
        if "gone" in answer:
            raise SupervisorError("the supervisor of the processes was killed")
        return answer

    def _listen(self) -> None:
        if self._supervisor.stdout is None:
            return
        for line in self._supervisor.stdout:
            message: SupervisorMessage = json.loads(line)
            with self._lock:
                waiting = self._waiting.get(int(str(message.get("seq", 0))))
                process = self._processes.get(int(str(message.get("process", 0))))
            if waiting is not None:
                waiting.put(message)
            elif process is not None and message.get("what") == "ready":
                process.ready.set()
            elif process is not None:
                process.code = int(str(message.get("code")))
                process.over.set()
        with self._lock:
            for each in self._waiting.values():
                each.put({"gone": True})
            for process in self._processes.values():
                process.over.set()


# The supervisor's own process.


class _Child:
    """A process under test, the end of its output, and the pattern that makes it ready."""

    def __init__(self, number: int, started: subprocess.Popen[bytes], ready: str | None) -> None:
        self.number, self.started = number, started
        self.ready = re.compile(ready) if ready is not None else None
        self.tail = bytearray()
        self._line = bytearray()

    def printed(self, some: bytes) -> bool:
        """Add `some` to the kept output. True when a line first matches `ready`."""
        self.tail += some
        del self.tail[: -2 * MOST_KEPT]
        if self.ready is None:
            return False
        self._line = (self._line + some)[-MOST_KEPT:]
        *lines, self._line = self._line.split(b"\n")
        if any(self.ready.search(line.decode(errors="replace")) for line in lines):
            self.ready = None
            return True
        return False


class _Supervisor:
    """Obeys the orders on stdin until that closes."""

    def __init__(self) -> None:
        self._children: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()
        woken, wake = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._woken = woken
        self._input = b""
        self._selector.register(0, selectors.EVENT_READ)
        self._selector.register(woken, selectors.EVENT_READ)

    def run(self) -> None:
        """Obey until stdin closes, or a signal asks this process to end."""
        while True:
            for key, _ in self._selector.select():
                if key.fd == 0 and not self._take_orders():
                    return
                if key.fd == self._woken and not self._wake():
                    return
                if isinstance(key.data, _Child):
                    self._drain(key.data)

    def end(self) -> None:
        """Kill every process that is left, several times, since one of them may fork in between."""
        for child in self._children.values():
            self._kill(child)
        for _ in range(20):
            left = [pid for pid in descendants(os.getpid()) if pid != os.getpid()]
            if not left:
                return
            signal_all(left, signal.SIGKILL)
            reap_orphans(frozenset())
            time.sleep(0.01)

    def _take_orders(self) -> bool:
        some = os.read(0, 65_536)
        *lines, self._input = (self._input + some).split(b"\n")
        for line in lines:
            order: SupervisorMessage = json.loads(line)
            _tell({"seq": order["seq"], **self._obey(order)})
        return bool(some)

    def _wake(self) -> bool:
        numbers = os.read(self._woken, 256)
        for child in self._children.values():
            if child.started.returncode is None and child.started.poll() is not None:
                self._report_end(child)
        reap_orphans(frozenset(child.started.pid for child in self._children.values()))
        return all(number == signal.SIGCHLD for number in numbers)

    def _obey(self, order: SupervisorMessage) -> SupervisorMessage:
        if order["do"] == "start":
            return self._start(order)
        child = self._children.get(int(str(order["process"])))
        if child is None:
            return {}
        if order["do"] == "kill":
            self._kill(child)
        elif order["do"] == "signal" and child.started.poll() is None:
            signal_all(family(child.started.pid), int(str(order["signal"])))
        elif order["do"] == "tail":
            self._drain(child)
            return {"tail": bytes(child.tail[-MOST_KEPT:]).decode(errors="replace")}
        return {}

    def _start(self, order: SupervisorMessage) -> SupervisorMessage:
        number, command, environment = int(str(order["process"])), order["command"], order["environment"]
        if not isinstance(command, list) or not isinstance(environment, dict):
            return {"problem": "the order is not one"}
        try:
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=str(order["folder"]),
                start_new_session=True,
                preexec_fn=die_with(os.getpid()),  # noqa: PLW1509 - one thread, so nothing can be held across the fork
            )
        except (OSError, subprocess.SubprocessError) as problem:
            return {"problem": getattr(problem, "strerror", None) or str(problem)}
        ready = order["ready"]
        child = self._children[number] = _Child(number, started, ready if isinstance(ready, str) else None)
        if started.stdout is not None:
            os.set_blocking(started.stdout.fileno(), False)
            self._selector.register(started.stdout, selectors.EVENT_READ, child)
        return {"pid": started.pid}

    def _kill(self, child: _Child) -> None:
        found = family(child.started.pid) if child.started.returncode is None else ()
        signal_all(found, signal.SIGSTOP)  # first, so that none of them forks meanwhile
        signal_all(family(child.started.pid) if found else (), signal.SIGKILL)
        if child.started.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.started.pid, signal.SIGKILL)
            child.started.wait()
            self._report_end(child)
        self._drain(child)
        out = child.started.stdout
        if out is not None and not out.closed:
            self._selector.unregister(out)
            out.close()
        _kill_orphans(frozenset(each.started.pid for each in self._children.values()))

    def _report_end(self, child: _Child) -> None:
        # Kills its process group. Descendants in other groups are orphans now, and children of this process.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.started.pid, signal.SIGKILL)
        _kill_orphans(frozenset(each.started.pid for each in self._children.values()))
        _tell({"what": "ended", "process": child.number, "code": child.started.returncode})

    def _drain(self, child: _Child) -> None:
        out = child.started.stdout
        if out is None or out.closed:
            return
        with contextlib.suppress(BlockingIOError):
            some = os.read(out.fileno(), 1 << 20)
            if child.printed(some):
                _tell({"what": "ready", "process": child.number})
            if not some:
                self._selector.unregister(out)
                out.close()


def die_with(parent: int) -> Callable[[], None] | None:
    """A function for `preexec_fn` that makes the child die with `parent`; None where the system cannot do that."""
    if not LINUX:
        return None
    library = ctypes.CDLL(None)

    def set_signal() -> None:
        library.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:  # the parent died before the call
            os._exit(1)

    return set_signal


def _children(pid: int) -> Iterator[int]:
    """The children of a process that it has not waited for. Empty on systems other than Linux."""
    for thread in Path(f"/proc/{pid}/task").glob("*/children") if LINUX else ():
        with contextlib.suppress(OSError):
            yield from map(int, thread.read_text().split())


def descendants(pid: int) -> Iterator[int]:
    """The process itself and all its descendants."""
    left = [pid]
    while left:
        each = left.pop()
        yield each
        left += _children(each)


def family(pid: int) -> tuple[int, ...]:
    """The process group, as a negative number, the process itself and its descendants."""
    return (-pid, *descendants(pid))


def signal_all(pids: Sequence[int], number: int) -> None:
    """Send the signal to each process that exists and that we may signal."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _kill_orphans(known: frozenset[int]) -> None:
    """Kill the children, except those in `known`, that this process got because their parents died."""
    for pid in _children(os.getpid()):
        if pid not in known:
            signal_all(tuple(descendants(pid)), signal.SIGKILL)
    reap_orphans(known)


def reap_orphans(known: frozenset[int]) -> None:
    """Wait for ended children, except those in `known`, which `subprocess` waits for."""
    for pid in _children(os.getpid()):
        if pid not in known:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _tell(message: SupervisorMessage) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def _main() -> None:
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    supervisor = _Supervisor()
    try:
        supervisor.run()
    finally:
        supervisor.end()


if __name__ == "__main__":
    _main()
