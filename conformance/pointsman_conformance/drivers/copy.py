"""One process of an implementation, from its start to its end, and everything that passes by it.

Its statements go through a proxy of its own and its requests come with a secret of its own, so
it is known by both. Between the kit's steps a gate is closed: whatever the process wants to do to
rows or at the provider waits at its bound until the next step. At the bounds the step's faults strike.
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
from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.core.history import Columns, Crashed, Cut, Paused, Record, Request, Response, Resumed, Write
from pointsman_conformance.core.plan import AT_A_REQUEST, Fault, FaultKind, Passed, Point
from pointsman_conformance.drivers.proxy import Connection, Done, Proxy
from pointsman_conformance.drivers.statements import StatementKind, StatementReader
from pointsman_conformance.processes.supervisor import SupervisorError
from pointsman_conformance.provider.provider import Ticket
from pointsman_conformance.testbed.chronicle import Writer
from pointsman_conformance.testbed.testbed import Testbed

_AFTER = frozenset({Point.READ_AFTER, Point.WRITE_AFTER, Point.REQUEST_AFTER})


class Body(Protocol):
    """A process, as far as a copy needs it."""

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        ...

    def kill(self) -> None:
        """Kill it and all that it started."""
        ...

    def stop(self) -> None:
        """Let it stand still where it is."""
        ...

    def go_on(self) -> None:
        """Let it go on after `stop`."""
        ...


@dataclass
class PassedPoints:
    """What passes in one step: the points, and which of the step's faults struck."""

    faults: tuple[Fault, ...] = ()
    points: list[Point] = field(default_factory=list)
    fired: list[int] = field(default_factory=list)
    useful: int = 0
    """How many of the points there are up to the last that something came of."""
    claims: int = 0
    most: int | None = None
    """After so many claims the gate is closed, once nothing that was claimed is left undone."""
    passed: Passed = field(default_factory=Passed)

    def reach(self, point: Point, *, reads: bool = False) -> None:
        """Another point. `reads`: it is a request's that can make no effect."""
        self.points.append(point)
        self.passed.reach(point, reads=reads)

    def strike(self, point: Point, *, at_request: bool) -> Fault | None:
        """The fault that strikes at `point` now: one of a request, or one of the copy."""
        for number, fault in enumerate(self.faults):
            here = self.passed.strikes(fault, point)
            if here and number not in self.fired and (fault.kind in AT_A_REQUEST) is at_request:
                self.fired.append(number)
                return fault
        return None


@dataclass
class Activity:
    """What has been seen of the copy since it was last let go on."""

    since: float = 0.0
    effects: int = 0
    polls: int = 0
    """Statements that came to nothing since the last effect."""
    claimed: dict[str, int] = field(default_factory=dict)
    """The rows that it claimed and has written nothing about since, each with the server's process (0: not known)."""
    lost: bool = False
    """Whether somebody else took a row that it had claimed."""
    gone: set[int] = field(default_factory=set)
    """The server's processes whose connections are over."""

    @property
    def holds(self) -> bool:
        """Whether it has claimed a row, on a connection that is still there."""
        return any(backend not in self.gone for backend in self.claimed.values())


class ProcessCopy:
    """A copy of an implementation. It is driven by one thread; proxy and provider call it from theirs."""

    def __init__(
        self, stage: Testbed, actor: str | None, server: tuple[str, int], reader: StatementReader, token: str
    ) -> None:
        self.who, self.actor, self.token = "", actor, token
        self.changed = threading.Condition()
        self.process: Body | None = None
        self.activity = Activity()
        self.bounds = PassedPoints()
        self.failed: Exception | None = None
        """What went wrong in the kit itself, in a thread of ours."""
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
    def alive(self) -> bool:
        """Whether the process runs, as far as we know. One that is being killed does until all is recorded."""
        return self.process is not None and not self._dead and (self._dying or self.process.alive)

    @property
    def dead(self) -> bool:
        """Whether it is known to be dead."""
        return self._dead

    @property
    def at_the_gate(self) -> bool:
        """Whether it waits for the gate with a statement about our rows, or with a request."""
        return self._waiting > 0

    @property
    def paused(self) -> Fault | None:
        """The pause that it stands in."""
        return self._paused

    @property
    def busy(self) -> bool:
        """Whether the database or the provider is at work for it, or a transaction with writes is open."""
        return bool(self._requests) or any(connection.busy for connection in self.proxy.connections)

    @property
    def sated(self) -> bool:
        """Whether it has had as many rows as it may have in this step."""
        most = self.bounds.most
        return most is not None and self.bounds.claims >= most and not self.activity.claimed

    @property
    def in_the_middle(self) -> bool:
        """Whether it was held, or given up, in the middle of something: with a claim, a request or a transaction."""
        held = self._requests or self.activity.claimed or any(each.writing for each in self.proxy.connections)
        return bool(held) and self._paused is None and not self._dying

    def comes_to_rest(self, patience: float) -> bool:
        """Whether it comes to the gate with nothing begun: no row, no request, no transaction."""
        with self.changed:
            begun = self._requests or self.activity.claimed or self.activity.lost or self._paused is not None
            if begun or self._dying or not self.changed.wait_for(lambda: self._waiting > 0, patience):
                return False
        return self.alive and not self.busy

    def be(self, who: str) -> None:
        """From here on, in the run that begins, it is the copy called `who`."""
        self.who = who
        self.bounds, self.activity = PassedPoints(), Activity()
        self._written.clear()
        for backend in self.backends:
            self._stage.chronicle.know(backend, Writer(who, self.actor))

    def forget(self) -> None:
        """A new run begins, and the copy stays: nothing has been written yet."""
        self._written.clear()

    def open(self, bounds: PassedPoints) -> None:
        """Let it go on."""
        with self.changed:
            self.bounds = bounds
            self.activity = Activity(since=time.monotonic())
            self._gate = True
            self.changed.notify_all()

    def shut(self) -> None:
        """Let it begin nothing more; what is under way goes on."""
        with self.changed:
            self._gate = False

    def reopen(self) -> None:
        """Let it go on as before `shut`."""
        with self.changed:
            self._gate = True
            self.changed.notify_all()

    def resume(self) -> None:
        """End its pause."""
        if not self._dying and self.process is not None:
            self._stage.record(Resumed(at=self._stage.clock.now(), who=self.who))
            with contextlib.suppress(SupervisorError):
                self.process.go_on()
        with self.changed:
            self.activity.since = time.monotonic()
            self._paused = None
            self.changed.notify_all()

    def die(self, *, record: bool = True) -> None:
        """Kill it, with all that it started. Its connections are cut, and what it waits for never comes."""
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
        """It has died by itself."""
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
            self._gate = True  # nobody waits for a dead process
            self._requests.clear()
            self.activity.claimed.clear()
            self.changed.notify_all()
        self.proxy.cut()

    def close(self) -> None:
        """It is dead: close its port."""
        self._dying = True
        self._give_up()
        self.proxy.close()
        self._stage.unlisten(self._hear)

    # --- statements: called by the proxy -------------------------------------------

    def opened(self, connection: Connection) -> None:
        """A connection to the database is known."""
        self.backends.add(connection.backend)
        self._stage.chronicle.know(connection.backend, Writer(self.who, self.actor))

    def closed(self, connection: Connection) -> None:
        """A connection to the database is over."""
        with self.changed:
            self.activity.gone.add(connection.backend)
            self.changed.notify_all()

    def before(self, connection: Connection, sort: StatementKind) -> bool:  # noqa: ARG002 - a visitor's signature
        """A statement about our rows is about to go out."""
        if not self._pass_gate():
            return False
        return self._guarded(
            lambda: self._meet(Point.WRITE_BEFORE if sort is StatementKind.WRITE else Point.READ_BEFORE)
        )

    def after(self, connection: Connection, done: Done) -> bool:
        """Statements are done."""
        return self._guarded(lambda: self._after(connection, done))

    def _after(self, connection: Connection, done: Done) -> bool:
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
        """A request of its is here, or done. The fault that is to strike it."""
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
        """Wait at the gate. False: it is dead."""
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
        """It is at `point`: let a fault strike, if there is one. False: the connection ends here."""
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
        if fault.kind is FaultKind.CUT:
            self._stage.record(Cut(at=self._stage.clock.now(), who=self.who, done=point in _AFTER))
            self.proxy.cut()
            return point in (Point.REQUEST_BEFORE, Point.REQUEST_AFTER)
        self._pause(fault)
        return not self._dying

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
        """Told of every record of the history."""
        if isinstance(record, Write):
            self._hear_write(record)
        elif isinstance(record, Request | Response) and record.who == self.who:
            self._effect()

    def _hear_write(self, write: Write) -> None:
        if write.who != self.who:
            self._hear_other(write)
            return
        claim = _is_claim(self._stage.lifecycle, write.old, write.new)
        with self.changed:
            if claim:
                self.activity.claimed[write.row] = 0
                self.bounds.claims += 1
            else:
                self.activity.claimed.pop(write.row, None)
            if self.sated:
                self._gate = False
        self._effect()

    def _hear_other(self, write: Write) -> None:
        """Somebody else's write: it may have taken a row of this copy's away."""
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


def _is_claim(lifecycle: Lifecycle, old: Columns | None, new: Columns | None) -> bool:
    """Whether a write takes a row from its queue: the fence rises, and the status stays."""
    if old is None or new is None or lifecycle.table is None:
        return False
    status = lifecycle.table.status_column
    return _fence_rises(lifecycle, old, new) and old.get(status) == new.get(status)


def _takes(lifecycle: Lifecycle, old: Columns | None, new: Columns | None) -> bool:
    """Whether a claim from before a write is void after it."""
    if old is None or new is None or lifecycle.table is None:
        return True
    status = lifecycle.table.status_column
    return _fence_rises(lifecycle, old, new) or old.get(status) != new.get(status)


def _fence_rises(lifecycle: Lifecycle, old: Columns, new: Columns) -> bool:
    fence = lifecycle.claims.fence if lifecycle.claims is not None else None
    before, after = old.get(fence or ""), new.get(fence or "")
    return isinstance(before, int) and isinstance(after, int) and after > before
