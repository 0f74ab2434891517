"""What can go wrong: faults at the points of a turn, effects by hand, keys that grow old, events that are lost."""

from __future__ import annotations

from functools import partial

from pointsman.lifecycle import Lifecycle, Queue
from pointsman_conformance.driver import About
from pointsman_conformance.plan import AT_A_REQUEST, Advance, Fault, FaultKind, Happen, Hook, Point, Step, Work
from pointsman_conformance.search.cells import by_lock
from pointsman_conformance.search.enabled import Enabled
from pointsman_conformance.search.needs import GRAIN, Needs, Source, at
from pointsman_conformance.search.options import Options, by_hand, wait
from pointsman_conformance.search.prospects import Prospects
from pointsman_conformance.search.situation import Row, Situation
from pointsman_conformance.search.striking import (
    ZOMBIES,
    Strike,
    executing_for,
    others_turn,
    short_pause,
    times,
    zombie,
)
from pointsman_conformance.search.ways import Route, Way, Ways, call_of, longest, pause_allowed

_DUE = 4
"""So many times likelier than another row is one that is due: its turn can be struck."""


class Mishaps:
    """Chooses among faults. `enabled` makes the events that are lost."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a guide has
        self,
        lifecycle: Lifecycle,
        ways: Ways,
        about: About,
        prospects: Prospects,
        needs: Needs,
        situation: Situation,
        enabled: Enabled,
    ) -> None:
        self._lifecycle, self._ways, self._can, self._prospects = lifecycle, ways, about.capabilities, prospects
        self._roles, self._needs, self._situation, self._enabled = about.roles, needs, situation, enabled

    def options(self, source: Source) -> Options:
        """Everything that could go wrong about one row, mostly one that is due."""
        options = [(_DUE if self._is_due(row) else 1, row) for row in self._situation.rows]
        row = at(options, source.below(GRAIN))
        return self._in_turns(row) + self._around(row)

    def _in_turns(self, row: Row) -> Options:
        """Faults in turns about the row; time, where it is not due."""
        now = self._situation.now
        options: Options = []
        for queue in self._ways.queues_of[row.status] if row.status is not None else ():
            due = row.due(queue, now)
            if due is None:
                continue
            if due > now:
                options.append((4, wait(due - now)))
                continue
            for strike, slots in self._prospects.strikes[queue.name, row.status or ""]:
                options.append((4 + self._needs.of(slots) // 8, partial(self._struck, queue, strike)))
        return options

    def _around(self, row: Row) -> Options:
        """Effects by hand, a crash between turns, a key that grows old, lost events."""
        options: Options = [
            (32, partial(by_hand, row.label, call)) for call in self._prospects.by_hand.get(row.status or "", ())
        ]
        options += self._prospects.crashes
        for column, lifetime in self._prospects.lifetimes:
            since = row.columns.get(column)
            if isinstance(since, int | float):
                options.append((48, partial(self._ageing, since + lifetime - self._situation.now)))
        for outlook in self._prospects.ways[row.status] if row.status is not None else ():
            way = outlook.way
            if way.route is Route.HAPPEN and way.actor in self._roles and self._enabled.may_come(row, way):
                options += [(3, partial(self._lost_event, row, way, kind)) for kind in self._prospects.to_a_copy]
        return options

    def _ageing(self, left: float, source: Source) -> Step:
        """Until the key is nearly too old, or until it is forgotten."""
        margin = pause_allowed(self._lifecycle) + 30.0
        seconds = left + 1.0 if source.below(2) else left - margin
        return Advance(round(max(1.0, seconds), 3))

    def _lost_event(self, row: Row, way: Way, kind: FaultKind, source: Source) -> Step:
        step = self._enabled.happen(row, way, source)
        point = (Point.WRITE_AFTER, Point.WRITE_BEFORE)[source.below(2)]
        return Happen(step.row, step.event, step.actor, step.id, step.fields, (Fault(kind, point),))

    # --- what strikes a turn -----------------------------------------------------

    def _struck(self, queue: Queue, strike: Strike, source: Source) -> Step:
        actor = queue.worker or ""
        if strike.kind is FaultKind.PAUSE:
            return Work(actor, faults=(self._pause(queue, strike.point, source), *self._also(queue, source)))
        nth = 1 + source.below(times(strike.point))
        seconds = 0.0
        if strike.kind is FaultKind.EXECUTING:
            seconds = executing_for(call_of(self._lifecycle, queue), source.below(10))
        reads = strike.kind in AT_A_REQUEST and strike.kind is not FaultKind.EXECUTING and source.below(4) == 3
        return Work(actor, faults=(Fault(strike.kind, strike.point, nth, (), seconds, reads),))

    def _pause(self, queue: Queue, point: Point, source: Source) -> Fault:
        alone = sum(self._waits(row, queue) for row in self._situation.rows) <= 1
        long = point is Point.WRITE_AFTER or (point is Point.REQUEST_AFTER and alone)
        if point not in ZOMBIES or not long or by_lock(self._lifecycle):
            return short_pause(self._ways, point)
        meanwhile: list[Step] = list(others_turn(queue, self._can, self._also(queue, source)))
        if self._prospects.hooked and source.below(2):
            meanwhile.append(Hook())
        if source.below(4) == 3:
            meanwhile.append(Advance(longest(queue, self._lifecycle)))
            meanwhile += others_turn(queue, self._can)
        return zombie(self._ways, point, tuple(meanwhile))

    def _also(self, queue: Queue, source: Source) -> tuple[Fault, ...]:
        """In half of the cases the request of a turn is struck too: two copies of whom one is unlucky."""
        kinds = self._prospects.at_request(queue)
        number = source.below(2 * len(kinds)) if kinds else 0
        return (Fault(kinds[number - len(kinds)]),) if number >= len(kinds) > 0 else ()

    def _is_due(self, row: Row) -> bool:
        return row.status is not None and any(self._waits(row, queue) for queue in self._ways.queues_of[row.status])

    def _waits(self, row: Row, queue: Queue) -> bool:
        due = row.due(queue, self._situation.now)
        return row.status in queue.statuses and due is not None and due <= self._situation.now
