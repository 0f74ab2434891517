"""Planned runs with faults: each before each transition and at each point of a turn, and some over several turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pointsman.spec import meaning
from pointsman.spec.lifecycle import Queue
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.plan import (
    AT_A_POINT,
    BEFORE_TRANSITIONS,
    Advance,
    Create,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Plan,
    Point,
    Work,
)
from pointsman_conformance.search.cells import Cell, by_lock, fault_cell, fault_points, point_cell
from pointsman_conformance.search.fault_sites import ZOMBIES, others_turn, times, zombie
from pointsman_conformance.search.planned_run import PlannedRun, RunMaker
from pointsman_conformance.search.setup_steps import MOST_TURNS
from pointsman_conformance.search.ways import Route, Way, can_lead, is_good, longest

_WORN = (
    FaultKind.LOST_REQUEST,
    FaultKind.LOST_REPLY,
    FaultKind.ERROR,
    FaultKind.ERROR_AFTER_EFFECT,
    FaultKind.REFUSED,
    FaultKind.REFUSED_FOR_NOW,
    FaultKind.THROTTLED,
    FaultKind.BUSY,
)

_TELLING = frozenset(
    {
        FaultKind.LOST_REQUEST,
        FaultKind.LOST_REPLY,
        FaultKind.ERROR,
        FaultKind.REFUSED,
        FaultKind.REFUSED_FOR_NOW,
        FaultKind.THROTTLED,
    }
)
"""The faults after which a worker must do the most different things."""

_LOOKING = (FaultKind.LOST_REQUEST, FaultKind.ERROR, FaultKind.THROTTLED, FaultKind.REFUSED, FaultKind.TRUNCATED)
"""The faults of a look-up. None of them shows that the effect is absent."""

_OTHER_WORKS = "another copy works"


class OfFaults(RunMaker):
    """Makes the planned runs with faults."""

    def all(self) -> Iterator[PlannedRun]:
        """The planned runs with faults."""
        yield from self._under_faults()
        yield from self._kill_points()
        yield from self._zombies()
        yield from self._races()
        yield from self._old_keys()
        yield from self._exhaustion()

    def _under_faults(self) -> Iterator[PlannedRun]:
        for way in self._ours:
            call = self._lifecycle.call_of(way.queue)
            if call is None or way.queue is None:
                continue
            for kind in BEFORE_TRANSITIONS:
                if can_lead(way, call, kind) is None and self._by.can(kind, self._about.capabilities):
                    aims = frozenset({fault_cell(self._lifecycle, way.number, kind)})
                    rank = 0 if kind in _TELLING else 1
                    yield PlannedRun(f"{kind} before {self._name(way)}", self._struck(way, way.queue, kind), rank, aims)

    def _struck(self, way: Way, queue: Queue, kind: FaultKind) -> Plan:
        faults: tuple[Fault, ...] = (self._by.fault(queue, kind, effect=is_good(way)),)
        if kind is FaultKind.PAUSE and by_lock(self._lifecycle) and not is_good(way):
            faults = (*faults, Fault(FaultKind.REFUSED))  # the lock is still held then, and the request is sent
        struck = Work(way.actor, faults=faults)
        return (self._by.ready("1", way), struck, Advance(longest(queue, self._lifecycle)), *self._by.bring(way, "1"))

    def _kill_points(self) -> Iterator[PlannedRun]:
        """Every fault at every point of a turn; then the row is due again, twice."""
        for queue in self._calling:
            for kind, point in fault_points():
                if self._by.can(kind, self._about.capabilities) and kind is not FaultKind.PAUSE:
                    yield from self._kills(queue, kind, point)
        for way in self._ours:
            if way.route is Route.HAPPEN:
                yield from self._lost_events(way)

    def _kills(self, queue: Queue, kind: FaultKind, point: Point) -> Iterator[PlannedRun]:
        for nth in range(1, times(point) + 1):
            fault = self._by.fault(queue, kind) if point is Point.REQUEST_BEFORE else Fault(kind, point)
            struck = Work(queue.worker or "", faults=(Fault(kind, point, nth, (), fault.seconds),))
            plan = (self._start(queue), struck, *self._again(queue), *self._again(queue))
            aimed = nth == self._telling(kind, point)
            rank = 2 if not aimed else 0 if kind is FaultKind.CRASH and point in ZOMBIES else 1
            aims = frozenset({point_cell(queue.worker or "", kind, point)}) if aimed else frozenset[Cell]()
            yield PlannedRun(f"{kind} at {point} {nth} of {queue.worker}", plan, rank, aims)

    def _telling(self, kind: FaultKind, point: Point) -> int:
        """Which of several times tells most: the record where a session is lost at a write, else the first."""
        return 2 if kind in AT_A_POINT and point is Point.WRITE_AFTER and not by_lock(self._lifecycle) else 1

    def _lost_events(self, way: Way) -> Iterator[PlannedRun]:
        for kind in (FaultKind.CRASH, FaultKind.CUT):
            for point in (Point.WRITE_BEFORE, Point.WRITE_AFTER):
                if self._by.can(kind, self._about.capabilities):
                    sent = self._by.happen(way, "1")
                    lost = Happen(sent.row, sent.event, sent.actor, sent.id, sent.fields, (Fault(kind, point),))
                    yield PlannedRun(f"{kind} at {point} of {way.actor}", (self._by.ready("1", way), lost, sent))

    def _zombies(self) -> Iterator[PlannedRun]:
        if not self._has(Capability.PAUSES) or by_lock(self._lifecycle):
            return
        for queue in self._calling:
            for point in (Point.WRITE_AFTER, Point.REQUEST_AFTER):
                for words, meanwhile in self._meanwhiles(queue):
                    fault = zombie(self._by.ways, point, meanwhile)
                    plan = (self._start(queue), Work(queue.worker or "", faults=(fault,)), *self._again(queue))
                    rank = 0 if words == _OTHER_WORKS else 1
                    yield PlannedRun(f"{queue.worker} stands still at {point}, {words}", plan, rank)

    def _meanwhiles(self, queue: Queue) -> Iterator[tuple[str, Plan]]:
        other = others_turn(queue, self._about.capabilities)
        yield "nothing else happens", ()
        if other:
            worker = queue.worker or ""
            yield _OTHER_WORKS, other
            refused = Work(worker, 2, (self._by.fault(queue, FaultKind.REFUSED),))
            yield "another copy is refused", (refused,)
            yield "another copy hears nothing", (Work(worker, 2, (Fault(FaultKind.LOST_REPLY),)),)
            yield "another copy takes two turns", (*other, Advance(longest(queue, self._lifecycle)), *other)
        if any(call.webhooks for call in self._lifecycle.calls):
            yield "webhooks come", (DeliverWebhooks(),)

    def _races(self) -> Iterator[PlannedRun]:
        """The handler of an event is paused between reading a row and writing it, and another actor moves the row."""
        for way in self._ours if self._has(Capability.PAUSES) else ():
            if way.route not in (Route.HAPPEN, Route.HOOK):
                continue
            others = [each for each in self._by.ways.out_of[way.transition.source] if each.actor != way.actor]
            for other in others[:2]:
                during = self._by.bring(other, "1", 2)
                *before, last = self._by.bring(way, "1")
                for point in (Point.READ_AFTER, Point.WRITE_BEFORE):
                    fault = Fault(FaultKind.PAUSE, point, 1, during)
                    if isinstance(last, Happen | DeliverWebhooks):
                        plan = (self._by.ready("1", way, other), *before, replace(last, faults=(fault,)))
                        yield PlannedRun(f"{self._name(way)} while {other.actor} moves the row, {point}", plan)

    def _old_keys(self) -> Iterator[PlannedRun]:
        for queue in self._calling:
            call = self._lifecycle.call_of(queue)
            if call is None or call.key_lifetime is None:
                continue
            lifetime = meaning.seconds(call.key_lifetime)
            margin = meaning.longest_pause_of(self._lifecycle) + meaning.seconds(call.settles_within)
            for kind in (FaultKind.LOST_REPLY, FaultKind.LOST_REQUEST, FaultKind.CRASH, FaultKind.ERROR):
                if not self._by.can(kind, self._about.capabilities):
                    continue
                first = Work(queue.worker or "", faults=(self._by.fault(queue, kind),))
                for words, seconds in (("old", lifetime + 1), ("nearly old", lifetime - margin / 2)):
                    plan = (self._start(queue), first, Advance(seconds), Work(queue.worker or ""), *self._again(queue))
                    rank = 0 if kind is FaultKind.LOST_REPLY and words == "old" else 1
                    yield PlannedRun(f"{kind}, and the key of {call.name} is {words}", plan, rank)
            lost = Work(queue.worker or "", faults=(Fault(FaultKind.LOST_REPLY),))
            for kind in _LOOKING:
                deaf = Work(queue.worker or "", faults=(Fault(kind, reads=True),))
                again = (*self._again(queue), *self._again(queue))
                plan = (self._start(queue), lost, Advance(lifetime + 1), deaf, *again)
                yield PlannedRun(f"{kind} when {call.name} is looked up, whose key is old", plan)

    def _exhaustion(self) -> Iterator[PlannedRun]:
        for queue in self._calling:
            limit = queue.attempts.limit if queue.attempts is not None else None
            for kind in _WORN:
                if queue.attempts is not None and limit is not None:
                    near = Create("1", queue.statuses[0], {queue.attempts.column: limit - 1})
                    turns = (near, *self._by.worn_out(queue, kind, 3 - min(limit, MOST_TURNS)), *self._again(queue))
                    yield PlannedRun(f"{queue.name}: {kind} at the last attempt", turns, 0 if kind in _TELLING else 1)
                plan = (self._start(queue), *self._by.worn_out(queue, kind, 3), *self._again(queue))
                yield PlannedRun(f"{queue.name}: {kind} until attempts are used up", plan, 2)
