"""One process of an implementation, from its start to its end: its gate, its points, its faults.

The process has a proxy and a provider's secret of its own, so the kit knows whose statement or request it sees.
Between steps the gate is closed: a statement about our rows, or a request, waits there until the next step. In a step,
faults strike at the points that the process passes.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pointsman.spec.errors import PointsmanError
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.meaning import status_in
from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.core.history import Columns, Crashed, Cut, Paused, Record, Request, Response, Resumed, Write
from pointsman_conformance.core.plan import AT_A_REQUEST, CUTS, Fault, FaultKind, Passed, Point
from pointsman_conformance.drivers.proxy import Connection, Done, Proxy
from pointsman_conformance.drivers.statements import StatementKind, StatementReader
from pointsman_conformance.laws.write_kinds import claims_by_move
from pointsman_conformance.processes.supervisor import SupervisorError
from pointsman_conformance.provider.provider import Ticket
from pointsman_conformance.testbed.chronicle import Writer
from pointsman_conformance.testbed.testbed import Testbed

_AFTER = frozenset({Point.READ_AFTER, Point.WRITE_AFTER, Point.REQUEST_AFTER})


class Body(Protocol):
    """The part of a process that a copy needs."""

    @property
    def alive(self) -> bool:
        """True until the process has ended."""
        ...

    def kill(self) -> None:
        """Kill the process and its descendants."""
        ...

    def stop(self) -> None:
        """Stop the process where it is (SIGSTOP)."""
        ...

    def go_on(self) -> None:
        """Let the process run on after `stop` (SIGCONT)."""
        ...


@dataclass
class PassedPoints:
    """The points that a copy passes in one step, and which of the step's faults struck (`fired`: their places)."""

    faults: tuple[Fault, ...] = ()
    points: list[Point] = field(default_factory=list)
    fired: list[int] = field(default_factory=list)
    useful: int = 0
    """The number of points up to the last one that had an effect."""
    claims: int = 0
    most: int | None = None
    """The number of claims after which the gate is closed, once every claimed row is written. None: no limit."""
    passed: Passed = field(default_factory=Passed)

    def reach(self, point: Point, *, reads: bool = False) -> None:
        """Count another point. `reads`: it belongs to a request that cannot make an effect."""
        self.points.append(point)
        self.passed.reach(point, reads=reads)

    def strike(self, point: Point, *, at_request: bool) -> Fault | None:
        """The fault that strikes at `point` now, or None: one of a request if `at_request`, else one of the copy."""
        for number, fault in enumerate(self.faults):
            here = self.passed.strikes(fault, point)
            if here and number not in self.fired and (fault.kind in AT_A_REQUEST) is at_request:
                self.fired.append(number)
                return fault
        return None


PARTITION = 1.0
"""Seconds of real time after which a connection that lets nothing pass is reset, unless a slow answer takes longer."""

MOVED_ON = 3
"""The statements without an effect after which a copy counts as done with the rows that it claimed."""


@dataclass
class Activity:
    """What the kit has seen of the copy since its gate was last opened. `since`: quiet is counted from here."""

    since: float = 0.0
    effects: int = 0
    polls: int = 0
    """The number of statements without an effect since the last effect."""
    claimed: dict[str, int] = field(default_factory=dict)
    """The rows that it claimed and has not written since, each with the server's process id (0: not known)."""
    answered: bool = False
    """True if a request was answered since its last claim: then a write may record the answer."""
    lost: bool = False
    """True if another copy took a row that this one had claimed."""
    gone: set[int] = field(default_factory=set)
    """The process ids, at the server, of connections that have ended."""

    def going_on(self, now: float) -> Activity:
        """The activity at the start of the next step. A copy that looked for no other row since holds its claims."""
        if self.polls >= MOVED_ON:
            return Activity(since=now)
        return Activity(since=now, claimed=dict(self.claimed), answered=self.answered, gone=set(self.gone))

    @property
    def holds(self) -> bool:
        """True if it holds a claim that it made on a connection that still lives."""
        return any(backend not in self.gone for backend in self.claimed.values())


class ProcessCopy:
    """A copy of an implementation. One thread drives it; the proxy and the provider call it from their own threads."""

    def __init__(
        self, stage: Testbed, actor: str | None, server: tuple[str, int], reader: StatementReader, token: str
    ) -> None:
        self.who, self.actor, self.token = "", actor, token
        self.changed = threading.Condition()
        self.process: Body | None = None
        self.activity = Activity()
        self.bounds = PassedPoints()
        self.failed: Exception | None = None
        self.denied = ""
        """The exception that a thread of the kit met, or None."""
        self.backends: set[int] = set()
        self._stage, self._reader = stage, reader
        self._gate = False
        self._waiting = 0
        self._dying = self._dead = False
        self.died_by_itself = False
        self._paused: Fault | None = None
        self._requests: set[str] = set()
        self._written: dict[int, int] = {}
        self.proxy = Proxy(*server, reader, self)
        stage.listen(self._hear)

    # --- what drives it ----------------------------------------------------------

    @property
    def refused(self) -> str | None:
        """A sentence if the database refused what the copy's role may not do; None if it did not."""
        if not self.denied:
            return None
        return (
            f"The database refused what the role of the implementation may not do: {self.denied}. "
            "It may read and write rows, and change nothing else; the setup makes what is needed besides"
        )

    @property
    def alive(self) -> bool:
        """True while the process is known to run. A process that is being killed counts until its death is recorded."""
        return self.process is not None and not self._dead and (self._dying or self.process.alive)

    @property
    def dead(self) -> bool:
        """True once its death is recorded."""
        return self._dead

    @property
    def at_the_gate(self) -> bool:
        """True while a statement about our rows, or a request, waits at the gate."""
        return self._waiting > 0

    @property
    def paused(self) -> Fault | None:
        """The fault by which it stands still, or None."""
        return self._paused

    @property
    def busy(self) -> bool:
        """True while the database or the provider works for it, or a transaction with writes is open."""
        return bool(self._requests) or any(connection.busy for connection in self.proxy.connections)

    @property
    def sated(self) -> bool:
        """True once it has claimed as many rows as it may in this step, and has written each of them."""
        most = self.bounds.most
        return most is not None and self.bounds.claims >= most and not self.activity.claimed

    @property
    def in_the_middle(self) -> bool:
        """True if the gate holds it with a claim, a request or a transaction open."""
        held = self._requests or self.activity.claimed or any(each.writing for each in self.proxy.connections)
        return bool(held) and self._paused is None and not self._dying

    @property
    def on_its_way(self) -> str | None:
        """A sentence if it lives, holds a claim, and has looked for no other row since: it is slow. Else None."""
        with self.changed:
            slow = self.activity.holds and self.activity.polls < MOVED_ON and not self._requests and self.alive
        if not slow:
            return None
        return (
            "A run could not be played to its end: a process was silent while it held a claim, and was ended so that "
            "time could move. If it is slow, give it more time with --patience"
        )

    def comes_to_rest(self, patience: float) -> bool:
        """True if it comes to the gate within `patience` seconds without a claim, a request or a transaction."""
        with self.changed:
            begun = self._requests or self.activity.claimed or self.activity.lost or self._paused is not None
            if begun or self._dying or not self.changed.wait_for(lambda: self._waiting > 0, patience):
                return False
        return self.alive and not self.busy

    def be(self, who: str) -> None:
        """Call the copy `who` from now on; forget what it did before."""
        self.who = who
        self.bounds, self.activity = PassedPoints(), Activity()
        self._written.clear()
        for backend in self.backends:
            self._stage.chronicle.know(backend, Writer(who, self.actor))

    def forget(self) -> None:
        """Start counting its writes anew, for a new run."""
        self._written.clear()

    def open(self, bounds: PassedPoints) -> None:
        """Open the gate for a step with these faults. What the copy was at before the gate was shut, it is at still."""
        with self.changed:
            self.bounds = bounds
            self.activity = self.activity.going_on(time.monotonic())
            self._gate = True
            self.changed.notify_all()

    def shut(self) -> None:
        """Close the gate. Statements and requests that have passed it go on."""
        with self.changed:
            self._gate = False

    def reopen(self) -> None:
        """Open the gate again, for the same step."""
        with self.changed:
            self._gate = True
            self.changed.notify_all()

    def resume(self) -> None:
        """End the pause that it stands in."""
        if not self._dying and self.process is not None:
            self._stage.record(Resumed(at=self._stage.clock.now(), who=self.who))
            with contextlib.suppress(SupervisorError):
                self.process.go_on()
        with self.changed:
            self.activity.since = time.monotonic()
            self._paused = None
            self.changed.notify_all()

    def die(self, *, record: bool = True) -> None:
        """Kill the process with its descendants, and cut its connections. `record`: add `Crashed` to the history."""
        with self.changed:
            if self._dying:
                return
            self._dying = True
        if self.process is not None:
            with contextlib.suppress(SupervisorError):
                self.process.kill()
        if record:
            self._stage.record(Crashed(at=self._stage.clock.now(), who=self.who))
        self._give_up()

    def found_dead(self, why: str) -> None:
        """Record that the process ended by itself, for the reason `why`."""
        with self.changed:
            if self._dying:
                return
            self._dying = self.died_by_itself = True
        self._stage.record(Crashed(at=self._stage.clock.now(), who=self.who, killed=False, why=why))
        self._give_up()

    def _give_up(self) -> None:
        with self.changed:
            self._dead = True
            self._paused = None
            self._gate = True  # a thread that waits for a dead process goes on
            self._requests.clear()
            self.activity.claimed.clear()
            self.changed.notify_all()
        self.proxy.cut()

    def close(self) -> None:
        """Close the proxy of a dead copy."""
        self._dying = True
        self._give_up()
        self.proxy.close()
        self._stage.unlisten(self._hear)

    # --- statements: called by the proxy -------------------------------------------

    def opened(self, connection: Connection) -> None:
        """Note the server's process of a new connection."""
        self.backends.add(connection.backend)
        self._stage.chronicle.know(connection.backend, Writer(self.who, self.actor))

    def closed(self, connection: Connection) -> None:
        """Note that a connection has ended."""
        with self.changed:
            self.activity.gone.add(connection.backend)
            self.changed.notify_all()

    def before(self, connection: Connection, sort: StatementKind) -> bool:  # noqa: ARG002 - a visitor's signature
        """Hold a statement about our rows at the gate, and let a fault strike. False: cut the connection."""
        if not self._pass_gate():
            return False
        return self._guarded(
            lambda: self._meet(Point.WRITE_BEFORE if sort is StatementKind.WRITE else Point.READ_BEFORE)
        )

    def after(self, connection: Connection, done: Done) -> bool:
        """Note what the server did, and let a fault strike. False: cut the connection."""
        return self._guarded(lambda: self._after(connection, done))

    def _after(self, connection: Connection, done: Done) -> bool:
        if done.denied:
            self.denied = done.denied
        if done.broken:
            raise DriverError(f"The database cannot do what it is asked: {done.broken}")
        written = self._stage.chronicle.written(connection.backend)
        wrote = written != self._written.get(connection.backend, 0)
        self._written[connection.backend] = written
        if wrote and not done.writes:
            for text in done.others:
                self._reader.learn(text)
        with self.changed:
            if not wrote and not done.open:
                self.activity.polls += 1
            for row, backend in self.activity.claimed.items():
                if wrote and not backend:
                    self.activity.claimed[row] = connection.backend
            self.changed.notify_all()
        points = [Point.READ_AFTER] * done.reads + [Point.WRITE_AFTER] * wrote
        return all(self._meet(point) for point in points)

    # --- requests: called by the provider ---------------------------------------------

    def request(self, ticket: Ticket, point: Point) -> Fault | None:
        """Note a request of the copy at `point`. Gives the fault that strikes it, or None."""
        if point is Point.REQUEST_BEFORE:
            with self.changed:
                self._requests.add(ticket.id)
            if not self._pass_gate() or not self._guarded(lambda: self._meet(point, reads=ticket.request.reads)):
                return Fault(FaultKind.LOST_REQUEST)
            with self.changed:
                return self.bounds.strike(point, at_request=True)
        self._guarded(lambda: self._meet(point))
        with self.changed:
            self._requests.discard(ticket.id)
            self.activity.since = time.monotonic()
            self.changed.notify_all()
        return None

    # --- bounds ---------------------------------------------------------------------

    def _pass_gate(self) -> bool:
        """Wait until the gate is open. False: the process is dead."""
        with self.changed:
            self._waiting += 1
            self.changed.notify_all()
            try:
                self.changed.wait_for(lambda: self._gate)
            finally:
                self._waiting -= 1
            return not self._dying

    def _guarded(self, act: Callable[[], bool]) -> bool:
        try:
            return act()
        except (PointsmanError, SupervisorError) as problem:
            with self.changed:
                self.failed = self.failed or problem
                self.changed.notify_all()
            return False

    def _meet(self, point: Point, *, reads: bool = False) -> bool:
        """Pass `point`, and let a fault strike if one waits there. False: cut the connection."""
        with self.changed:
            if self._dying:
                return False
            self.bounds.reach(point, reads=reads)
            fault = self.bounds.strike(point, at_request=False)
            if fault is not None:
                self.bounds.useful = len(self.bounds.points)
        if fault is None:
            return True
        if fault.kind is FaultKind.CRASH:
            self.die()
            return False
        if fault.kind in CUTS:
            return self._lose_database(fault, point)
        self._pause(fault)
        return not self._dying

    def _lose_database(self, fault: Fault, point: Point) -> bool:
        """Cut the copy off in the way of the fault. False: the statement, or its answer, does not pass."""
        self._stage.record(Cut(at=self._stage.clock.now(), who=self.who, done=point in _AFTER))
        idle = point in (Point.REQUEST_BEFORE, Point.REQUEST_AFTER)
        if fault.kind is FaultKind.PARTITION:
            with self.changed:
                silent = max(PARTITION, self._stage.provider.options.slow_answer)
                self.changed.wait_for(lambda: self._dying, fault.seconds or silent)
        if fault.kind is FaultKind.TERMINATED:
            self.proxy.terminate()
        else:
            self.proxy.cut()
        return idle

    def _pause(self, fault: Fault) -> None:
        if self.process is None:
            return
        self.process.stop()
        self._stage.record(Paused(at=self._stage.clock.now(), who=self.who))
        with self.changed:
            self._paused = fault
            self.changed.notify_all()
            self.changed.wait_for(lambda: self._paused is None)

    # --- what is seen of it ------------------------------------------------------------

    def _hear(self, record: Record) -> None:
        """Note a new record of the history, if it is about this copy or its rows."""
        if isinstance(record, Write):
            self._hear_write(record)
        elif isinstance(record, Request | Response) and record.who == self.who:
            self.activity.answered |= isinstance(record, Response)
            self._effect()

    def _hear_write(self, write: Write) -> None:
        if write.who != self.who:
            self._hear_other(write)
            return
        with self.changed:
            own = write.row in self.activity.claimed and _is_leased(self._stage.lifecycle, write)
            claim = not own and claims(self._stage.lifecycle, write)
            if claim:
                self.activity.claimed[write.row] = 0
                self.activity.answered = False
                self.bounds.claims += 1
            elif self.activity.answered or not _renews(self._stage.lifecycle, write.old, write.new):
                self.activity.claimed.pop(write.row, None)
            if self.sated:
                self._gate = False
        self._effect()

    def _hear_other(self, write: Write) -> None:
        """Note a write of another copy, which may have taken a row that this one had claimed."""
        if write.row in self.activity.claimed and _takes(self._stage.lifecycle, write.old, write.new):
            with self.changed:
                self.activity.claimed.pop(write.row, None)
                self.activity.lost = True

    def _effect(self) -> None:
        with self.changed:
            self.activity.effects += 1
            self.activity.polls = 0
            self.activity.since = time.monotonic()
            self.bounds.useful = len(self.bounds.points) + 1
            self.changed.notify_all()


def claims(lifecycle: Lifecycle, write: Write) -> bool:
    """True if a write claims the row: the fence rises and the status stays, or it is a move that claims as well."""
    old, new = write.old, write.new
    if old is None or new is None or lifecycle.table is None or not _fence_rises(lifecycle, old, new):
        return False
    before, after = status_in(lifecycle, old), status_in(lifecycle, new)
    if before == after:
        return old.get(lifecycle.table.status_column) == new.get(lifecycle.table.status_column)
    return before is not None and after is not None and claims_by_move(lifecycle, write, before.name, after.name)


def _is_leased(lifecycle: Lifecycle, write: Write) -> bool:
    """True if the row was not due when it was written, and no attempt was counted: its claim's lease runs."""
    old, new = write.old or {}, write.new or {}
    times = [old.get(queue.due) for queue in lifecycle.queues if queue.due is not None]
    counts = [queue.attempts.column for queue in lifecycle.queues if queue.attempts is not None]
    later = any(isinstance(due, int | float) and due > write.at for due in times)
    return later and all(old.get(column) == new.get(column) for column in counts)


def _renews(lifecycle: Lifecycle, old: Columns | None, new: Columns | None) -> bool:
    """True if a write does no more than put the row's due time off, as one that makes a lease longer does."""
    if old is None or new is None:
        return False
    fence = lifecycle.claims.fence if lifecycle.claims is not None else None
    changed = {name for name, value in new.items() if old.get(name) != value and name != fence}
    dues = {queue.due: (old.get(queue.due), new.get(queue.due)) for queue in lifecycle.queues if queue.due is not None}
    if len(changed) != 1 or not changed <= dues.keys():
        return False
    before, after = dues[next(iter(changed))]
    return isinstance(before, int | float) and isinstance(after, int | float) and after > before


def _takes(lifecycle: Lifecycle, old: Columns | None, new: Columns | None) -> bool:
    """True if a claim from before the write is void after it: the row was claimed again, moved or deleted."""
    if old is None or new is None or lifecycle.table is None:
        return True
    status = lifecycle.table.status_column
    return _fence_rises(lifecycle, old, new) or old.get(status) != new.get(status)


def _fence_rises(lifecycle: Lifecycle, old: Columns, new: Columns) -> bool:
    fence = lifecycle.claims.fence if lifecycle.claims is not None else None
    before, after = old.get(fence or ""), new.get(fence or "")
    return isinstance(before, int) and isinstance(after, int) and after > before
