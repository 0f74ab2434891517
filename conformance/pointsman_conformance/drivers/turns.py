"""Runs a turn of an in-process copy, operation by operation, and lets faults strike at its points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ParamSpec, Protocol, TypeVar

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Ack, Played
from pointsman_conformance.core.history import Cut, Paused, Record, Resumed
from pointsman_conformance.core.plan import AT_A_REQUEST, Fault, FaultKind, Passed, Point, Step
from pointsman_conformance.core.wire import Json
from pointsman_conformance.provider.provider import Provider, Ticket
from pointsman_conformance.reference.asking import ConnectionLostError
from pointsman_conformance.reference.memory import MemoryTable
from pointsman_conformance.reference.operation import READS, Alarm, Ask, Operation, OperationResult, TurnSteps

P = ParamSpec("P")
T = TypeVar("T")

MOST_OPERATIONS = 5_000
"""The most operations of one turn; a longer one counts as endless, and the copy as broken."""


class CopyActions(Protocol):
    """The turns that a copy can take, each a generator of operations. `ReferenceImplementation` has them."""

    def work(self, actor: str) -> TurnSteps:
        """A turn of a worker, or of an actor that applies kept events."""
        ...

    def happen(self, actor: str, row: str, event: str, fields: Mapping[str, Json], id: str = "") -> TurnSteps:  # noqa: A002 - the word of the protocol
        """A turn that handles an event from outside."""
        ...

    def hook(self, actor: str, type: str, thing: Mapping[str, Json], id: str = "") -> TurnSteps:  # noqa: A002 - the provider's words
        """A turn that handles a webhook of the provider about its object `thing`."""
        ...

    def move_to(self, actor: str, row: str, target: str) -> TurnSteps:
        """A turn that handles a request to move the row to the status `target`."""
        ...


class CopyMaker(Protocol):
    """Creates a copy. Only `inbox` (ids of processed events, stored by the implementation) survives earlier copies."""

    def __call__(self, lifecycle: Lifecycle, actor: str, token: str, random: Random, inbox: set[str], /) -> CopyActions:
        """A copy that plays `actor`; the provider knows it by `token`."""
        ...


@dataclass(eq=False, slots=True)
class InProcessCopy:
    """A copy of an implementation. `subject`: it is the one under test, and not played by the kit."""

    who: str
    actor: str
    token: str
    mind: CopyActions
    subject: bool
    busy: bool = False


@dataclass(slots=True)
class Passage:
    """The points that a step passes, its faults, and the places of those that struck (`fired`)."""

    faults: tuple[Fault, ...] = ()
    points: list[Point] = field(default_factory=list)
    fired: list[int] = field(default_factory=list)
    passed: Passed = field(default_factory=Passed)
    cut: bool = False

    def reach(self, point: Point, *, reads: bool = False) -> list[tuple[int, Fault]]:
        """Record that the step passes `point`. Returns each fault that strikes there, with its index in `faults`.

        `reads` is true for a request that can make no effect.
        """
        self.points.append(point)
        if not self.faults:
            return []
        self.passed.reach(point, reads=reads)
        return [(n, fault) for n, fault in enumerate(self.faults) if self.passed.strikes(fault, point)]

    def played(self, answer: Ack | None = None, message: str = "", trouble: str | None = None) -> Played:
        """The result of the step."""
        return Played(tuple(self.points), tuple(self.fired), answer, message, trouble)


class _Killed(Exception):  # noqa: N818 - no error: the copy is dead
    """The copy dies at this point."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn ended. `answer` is None for a copy that died: by a fault (`killed`), or by itself (`trouble`)."""

    answer: Ack | None
    message: str = ""
    trouble: str | None = None
    killed: bool = False


class _BrokenError(Exception):
    """The code of an implementation raised an exception, or did not end its turn."""


def _its_own(step: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Call the implementation's code. Raises `_BrokenError` for any exception of it."""
    try:
        return step(*args, **named)
    except (StopIteration, ConnectionLostError):
        raise
    except Exception as problem:
        raise _BrokenError(f"{type(problem).__name__}: {problem}") from problem


class Conversation:
    """Runs turns on a table and a provider. `play` plays the steps that happen while a copy stands still."""

    def __init__(
        self,
        table: MemoryTable,
        provider: Provider,
        now: Callable[[], float],
        record: Callable[[Record], None],
        play: Callable[[Step], Played],
    ) -> None:
        self._table, self._provider, self._now, self._record, self._play = table, provider, now, record, play
        self.writer: InProcessCopy | None = None
        self.depth = 0

    def run(self, copy: InProcessCopy, begin: Callable[[CopyActions], TurnSteps], passage: Passage) -> Ended:
        """Run a turn to its end, with the faults of `passage`."""
        copy.busy = True
        turn = begin(copy.mind)
        try:
            return Ended(Ack(self._converse(copy, turn, passage)))
        except _Killed:
            return Ended(None, killed=True)
        except ConnectionLostError as problem:
            return Ended(Ack.ERRORED, f"the connection to the database was lost {problem}")
        except _BrokenError as problem:
            if not copy.subject:
                raise  # a mistake of the kit
            return Ended(None, trouble=str(problem))
        finally:
            self.writer = None
            turn.close()
            copy.busy = False
            self._table.release(copy)

    def _converse(self, copy: InProcessCopy, turn: TurnSteps, passage: Passage) -> str:
        passage.cut = False
        try:
            operation = _its_own(turn.__next__)
            for _ in range(MOST_OPERATIONS):
                try:
                    result = self._do(copy, operation, passage)
                except ConnectionLostError as lost:
                    operation = _its_own(turn.throw, lost)
                else:
                    operation = _its_own(turn.send, result)
        except StopIteration as end:
            return str(end.value)
        raise _BrokenError(f"a turn of more than {MOST_OPERATIONS} operations")

    def _do(self, copy: InProcessCopy, operation: Operation, passage: Passage) -> OperationResult:
        if isinstance(operation, Ask):
            return self._ask(copy, operation, passage)
        if isinstance(operation, Alarm):
            return None
        if passage.cut:
            raise ConnectionLostError("before the statement")
        reads = isinstance(operation, READS)
        self._stand(copy, passage, Point.READ_BEFORE if reads else Point.WRITE_BEFORE)
        self.writer = copy
        result = _its_own(self._table.execute, operation, copy)
        self.writer = None
        self._stand(copy, passage, Point.READ_AFTER if reads else Point.WRITE_AFTER)
        return result

    def _ask(self, copy: InProcessCopy, operation: Ask, passage: Passage) -> OperationResult:
        ticket = self._provider.receive(operation.request, copy.who, copy.actor)
        try:
            strikes = passage.reach(Point.REQUEST_BEFORE, reads=ticket.request.reads)
            self._strike(copy, passage, strikes, Point.REQUEST_BEFORE)
            self._execute(ticket, passage, strikes)
            self._stand(copy, passage, Point.REQUEST_AFTER)
        except _Killed:
            self._provider.answer(ticket, heard=False)
            raise
        return self._provider.answer(ticket)

    def _execute(self, ticket: Ticket, passage: Passage, strikes: list[tuple[int, Fault]]) -> None:
        for number, fault in strikes:
            if fault.kind in AT_A_REQUEST:
                self._provider.execute(ticket, fault.kind, fault.seconds)
                if ticket.struck:
                    passage.fired.append(number)
                return
        self._provider.execute(ticket)

    def _stand(self, copy: InProcessCopy, passage: Passage, point: Point) -> None:
        strikes = passage.reach(point)
        if strikes:
            self._strike(copy, passage, strikes, point)

    def _strike(self, copy: InProcessCopy, passage: Passage, strikes: list[tuple[int, Fault]], point: Point) -> None:
        """Let each fault that is not one of requests strike the copy at `point`."""
        for number, fault in strikes:
            if fault.kind in AT_A_REQUEST:
                continue
            passage.fired.append(number)
            match fault.kind:
                case FaultKind.CRASH:
                    raise _Killed
                case FaultKind.CUT | FaultKind.PARTITION | FaultKind.TERMINATED:
                    self._cut(copy, passage, point)
                case FaultKind.PAUSE:
                    self._pause(copy, fault)

    def _cut(self, copy: InProcessCopy, passage: Passage, point: Point) -> None:
        """End the connection to the database. During a request, the copy notices at its next statement."""
        done = point in {Point.READ_AFTER, Point.WRITE_AFTER}
        if copy.subject:
            self._record(Cut(at=self._now(), who=copy.who, done=done))
        self._table.release(copy)
        if point in {Point.REQUEST_BEFORE, Point.REQUEST_AFTER}:
            passage.cut = True
        else:
            raise ConnectionLostError("after the statement" if done else "before the statement")

    def _pause(self, copy: InProcessCopy, fault: Fault) -> None:
        if copy.subject:
            self._record(Paused(at=self._now(), who=copy.who))
        self.depth += 1
        for step in fault.during:
            self._play(step)
        self.depth -= 1
        if copy.subject:
            self._record(Resumed(at=self._now(), who=copy.who))
