"""Checks many worlds, one after another or in parallel processes, with the same results.

Importing this module does not import numpy: processes are forked before numpy is
imported, so that a child inherits none of its threads.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import FrameType

from pointsman.checking.forecast import Forecast, Levels
from pointsman.checking.verdict import Checked, PropertyStanding
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.scope import Scope

GRACE = 10.0
"""Seconds that processes get after an interrupt to send the results that they have."""

_PACE = 0.1
"""The least pause between two messages of progress, in seconds."""


@dataclass(frozen=True, slots=True)
class Task:
    """A world to check. The limits are those of `explore.Limits`, without the time."""

    lifecycle: Lifecycle
    scope: Scope
    without: tuple[str, ...] = ()
    reduce: bool = True
    states: int | None = None
    depth: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A world without a result, and the reason."""

    why: str
    interrupted: bool = False


PropertyOutcome = Checked | Unfinished
TaskProgress = Callable[[Task, int, int, Forecast | None], None]
"""Called while a task runs with its depth, the number of its states, and from some size on an estimate of the world."""


def run(
    tasks: Sequence[Task], jobs: int = 1, seconds: float | None = None, told: TaskProgress | None = None
) -> tuple[PropertyOutcome, ...]:
    """The outcome of each task, in their order. Ctrl-C ends all of them, and the results found until then are kept.

    `seconds` is the time for all tasks together; None: no limit.

    Raises:
        UsageError: a task names a status, law or premise that its lifecycle does not have.
    """
    clock = _Clock(seconds)
    if jobs == 1 or len(tasks) == 1:
        return tuple(_in_turn(tasks, clock, told, _threads(1)))
    crew = _Crew(tasks, jobs, clock, told)
    try:
        return crew.run()
    finally:
        crew.dismiss()


def was_interrupted(outcome: PropertyOutcome) -> bool:
    """True if Ctrl-C stopped the task. If it stopped the second exploration, for liveness, only the verdicts say so."""
    if isinstance(outcome, Unfinished) or outcome.interrupted:
        return outcome.interrupted
    return any(v.standing is PropertyStanding.UNKNOWN and v.says.startswith("interrupted") for v in outcome.verdicts)


class _Clock:
    """Counts down from a number of seconds; None: never runs out."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._began = time.monotonic()

    @property
    def left(self) -> float | None:
        """The seconds that are left, rounded to tenths for messages."""
        if self._seconds is None:
            return None
        return math.ceil(10 * (self._seconds - (time.monotonic() - self._began))) / 10

    @property
    def over(self) -> Unfinished | None:
        if self.left is None or self.left > 0:
            return None
        return Unfinished(f"the {self._seconds:g} seconds were over before its turn came")


_STOPPED = Unfinished("interrupted", interrupted=True)


def _threads(processes: int) -> int:
    """How many threads each of so many processes may have: one or two. A third would have little to do."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(2, cores // processes))


def _in_turn(
    tasks: Sequence[Task], clock: _Clock, told: TaskProgress | None, threads: int
) -> Iterator[PropertyOutcome]:
    stopped = False
    for task in tasks:
        outcome: PropertyOutcome = _STOPPED if stopped else clock.over or _one(task, clock.left, told, threads)
        stopped = stopped or was_interrupted(outcome)
        yield outcome


def _one(task: Task, seconds: float | None, told: TaskProgress | None, threads: int) -> PropertyOutcome:
    """Check one world in this process. A Ctrl-C outside of its exploration loses its result."""
    try:
        from pointsman.checking.check import check  # noqa: PLC0415 - brings numpy, which no process may inherit
        from pointsman.checking.explore import Limits  # noqa: PLC0415 - the same

        levels = Levels()

        def progress(depth: int, states: int, _: int) -> None:
            if told is not None:
                told(task, depth, states, levels.met(states))

        limits = Limits(task.states, task.depth, seconds, task.bytes)
        return check(
            task.lifecycle,
            task.scope,
            task.without,
            limits=limits,
            reduce=task.reduce,
            progress=progress,
            threads=threads,
        )
    except KeyboardInterrupt:
        return _STOPPED
    except MemoryError:
        return Unfinished("out of memory")


# --- processes -----------------------------------------------------------------


class _Crew:
    """Runs a process for each task, at most `jobs` at a time. They end with this process, also when it is killed."""

    def __init__(self, tasks: Sequence[Task], jobs: int, clock: _Clock, told: TaskProgress | None) -> None:
        self._tasks = tasks
        self._jobs = jobs
        self._clock = clock
        self._told = told
        self._waiting = list(range(len(tasks)))[::-1]
        self._running: dict[Connection, tuple[int, ForkProcess]] = {}
        self._outcomes: dict[int, PropertyOutcome] = {}
        # Nothing is ever written into this pipe: it reaches its end when this process, its only writer, ends.
        self._lifeline = os.pipe()

    def run(self) -> tuple[PropertyOutcome, ...]:
        try:
            while self._waiting or self._running:
                self._hire()
                self._listen(None)
        except KeyboardInterrupt:
            self._interrupt()
        return tuple(self._outcomes.get(number, _STOPPED) for number in range(len(self._tasks)))

    def dismiss(self) -> None:
        """End every process that still runs."""
        for _, process in self._running.values():
            process.kill()
            process.join()
        for end in self._lifeline:
            os.close(end)

    def _hire(self) -> None:
        while self._waiting and len(self._running) < self._jobs:
            number = self._waiting.pop()
            over = self._clock.over
            if over is not None:
                self._outcomes[number] = over
                continue
            self._start(number)

    def _start(self, number: int) -> None:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        talks, threads = self._told is not None, _threads(self._jobs)
        arguments = (self._tasks[number], self._clock.left, theirs, self._lifeline, talks, threads)
        process = multiprocessing.get_context("fork").Process(target=_serve, args=arguments)
        # Ctrl-C is blocked until the child has its handler and the parent has stored the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
            self._running[ours] = (number, process)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        theirs.close()

    def _listen(self, seconds: float | None) -> None:
        for each in wait(list(self._running), seconds) if self._running else ():
            assert isinstance(each, Connection)  # noqa: S101 - narrows: nothing else was waited for
            self._hear(each)

    def _hear(self, connection: Connection) -> None:
        number, process = self._running[connection]
        try:
            message: object = connection.recv()
        except EOFError:
            process.join()
            message = Unfinished(f"its process ended early ({_ending(process.exitcode)})")
        if isinstance(message, tuple):
            if self._told is not None:
                self._told(self._tasks[number], *message)
            return
        process.join()
        del self._running[connection]
        if isinstance(message, BaseException):
            raise message
        assert isinstance(message, Checked | Unfinished)  # noqa: S101 - narrows: a child sends nothing else
        self._outcomes[number] = message

    def _interrupt(self) -> None:
        """Interrupt all running processes and wait up to `GRACE` seconds for the results that they have."""
        for _, process in self._running.values():
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, signal.SIGINT)
        until = time.monotonic() + GRACE
        try:
            while self._running and time.monotonic() < until:
                self._listen(until - time.monotonic())
        except KeyboardInterrupt:  # a second Ctrl-C: stop waiting
            return


def _ending(code: int | None) -> str:
    return f"signal {-code}: was memory short?" if code is not None and code < 0 else f"exit code {code}"


def _serve(
    task: Task,
    seconds: float | None,
    answers: Connection,
    lifeline: tuple[int, int],
    talks: bool,
    threads: int,
) -> None:
    """Main function of a child: one task. It sends what `TaskProgress` takes, and last an outcome or an exception."""
    end_with_parent(lifeline)
    signal.signal(signal.SIGINT, _interrupt_once)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    answer: PropertyOutcome | Exception
    try:
        answer = _one(task, seconds, _Teller(answers) if talks else None, threads)
    except KeyboardInterrupt:
        answer = _STOPPED
    except Exception as error:  # noqa: BLE001 - the parent raises it
        answer = error
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers.send(answer)


def _interrupt_once(_: int, __: FrameType | None) -> None:
    # A terminal sends Ctrl-C to every process, and then the parent interrupts the child as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def end_with_parent(lifeline: tuple[int, int]) -> None:
    """In a forked process: end as soon as the pipe's only writer, the parent, has ended."""
    os.close(lifeline[1])
    threading.Thread(target=_wait_for_the_end, args=(lifeline[0],), daemon=True).start()


def _wait_for_the_end(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)


class _Teller:
    """Sends progress to the parent, at most once in `_PACE` seconds."""

    def __init__(self, answers: Connection) -> None:
        self._answers = answers
        self._last = 0.0

    def __call__(self, _: Task, depth: int, states: int, expected: Forecast | None) -> None:
        now = time.monotonic()
        if now - self._last >= _PACE:
            self._last = now
            self._answers.send((depth, states, expected))
