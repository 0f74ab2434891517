"""Runs pieces of work at the same time, each in a process of its own that ends when this process ends.

Each process has a session of its own: Ctrl-C in a terminal reaches only this process, which passes it on, so that each
ends with the result that it has. A process reads its work from a pipe and ends as soon as the pipe closes; the system
closes it when this process is killed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Generic, TypeVar

from pointsman_conformance.processes.stopping import told_like_ctrl_c

_Work = TypeVar("_Work")
_Made = TypeVar("_Made")

LAST_WORDS = 10.0
"""Seconds that a process has to send its result, once it is told to end."""

LOOK = 0.2
"""Seconds between two calls of `tell`."""

_BOOT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer);"
    "from pointsman_conformance.processes.parallel import main; main()"
)


@dataclass(frozen=True, slots=True)
class Lost:
    """A process that ended without a result. `why` says how it ended; `told`: it was told to end."""

    why: str
    told: bool = False


@dataclass
class _Job(Generic[_Made]):
    process: subprocess.Popen[bytes]
    told: bool = False
    heard: bytearray = field(default_factory=bytearray)

    def result(self) -> _Made | Lost:
        """The result of the work. Raises the exception that the work raised."""
        code = self.process.wait()
        try:
            fine, made = pickle.loads(self.heard)  # noqa: S301 - of our own process
        except (pickle.UnpicklingError, EOFError):
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
            return Lost(how, self.told)
        if not fine:
            raise made
        result: _Made = made
        return result


def side_by_side(
    do: Callable[[_Work], _Made], each: Sequence[_Work], tell: Callable[[], None] = lambda: None
) -> list[_Made | Lost]:
    """The result of `do`, a function of a module, for each piece of work, in the order of `each`.

    `tell` is called about five times a second. A keyboard interrupt is raised inside of `do` in each process; a second
    one ends every process.
    """
    with contextlib.ExitStack() as stack:
        jobs: list[_Job[_Made]] = []
        for work in each:
            job = _start(do, work)
            stack.callback(_end, job.process)
            jobs.append(job)
        try:
            _listen(jobs, tell, None)
        except KeyboardInterrupt:
            for job in jobs:
                job.told = True
                job.process.terminate()
            _listen(jobs, tell, time.monotonic() + LAST_WORDS)
        return [job.result() for job in jobs]


def _start(do: Callable[[_Work], _Made], work: _Work) -> _Job[_Made]:
    process = subprocess.Popen(
        [sys.executable, "-c", _BOOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        with contextlib.suppress(BrokenPipeError):  # `result` says later how it ended
            _there(process.stdin).write(pickle.dumps(sys.path) + pickle.dumps((do, work)))
            _there(process.stdin).flush()
    except BaseException:
        _end(process)
        raise
    return _Job(process)


def _listen(jobs: Sequence[_Job[_Made]], tell: Callable[[], None], deadline: float | None) -> None:
    """Read results until all are there. Kill the processes that are left at `deadline`."""
    with selectors.DefaultSelector() as selector:
        for job in jobs:
            if job.process.returncode is None:
                selector.register(_there(job.process.stdout), selectors.EVENT_READ, job)
        while selector.get_map():
            for key, _ in selector.select(LOOK):
                some = os.read(key.fd, 1 << 20)
                key.data.heard += some
                if not some:
                    selector.unregister(key.fileobj)
            tell()
            if deadline is not None and time.monotonic() > deadline:
                for key in selector.get_map().values():
                    key.data.process.kill()
                deadline = None


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("a pipe was asked for")
    return pipe


# --- in the process --------------------------------------------------------------------


def main() -> None:
    """Read a piece of work from stdin, do it, and write the result to stdout."""
    gc.set_threshold(50_000)  # as the command line does, whose work this process shares
    out = os.dup(1)
    os.dup2(2, 1)  # printed text must not mix with the result
    answer: tuple[bool, object]
    try:
        with told_like_ctrl_c():
            do, work = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that started us
            threading.Thread(target=_end_with_the_pipe, daemon=True).start()
            answer = True, do(work)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 - raised again in the process that started us
        answer = False, problem
    with os.fdopen(out, "wb") as result:
        result.write(_pickled(answer))
    os._exit(0)  # no work is left, and no thread of a library is waited for


def _pickled(answer: tuple[bool, object]) -> bytes:
    try:
        return pickle.dumps(answer)
    except (pickle.PicklingError, TypeError, AttributeError):
        return pickle.dumps((False, RuntimeError(f"{type(answer[1]).__name__}: {answer[1]}")))


def _end_with_the_pipe() -> None:
    """End this process when its stdin closes. The supervisors that it started watch pipes, and end then too."""
    while os.read(0, 1):
        pass
    os._exit(1)
