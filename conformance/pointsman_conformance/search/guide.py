"""Chooses the next step: mostly what the spec enables, else what it does not, or a fault; least covered first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from pointsman import condition
from pointsman.lifecycle import Delivery, Lifecycle, Queue, Transition
from pointsman_conformance.driver import About, Capability, Driver, Played
from pointsman_conformance.history import Columns
from pointsman_conformance.plan import (
    Advance,
    Crash,
    Create,
    Dashboard,
    Estrange,
    Fault,
    FaultKind,
    Happen,
    Hook,
    Move,
    Point,
    Settle,
    Step,
    Work,
)
from pointsman_conformance.search.cells import (
    by_lock,
    point_cell,
)
from pointsman_conformance.search.coverage import Coverage
from pointsman_conformance.search.needs import GRAIN, Needs, Source, at, weighted
from pointsman_conformance.search.prospects import Prospects
from pointsman_conformance.search.striking import (
    ZOMBIES,
    Strike,
    executing_for,
    others_turn,
    short_pause,
    times,
    zombie,
)
from pointsman_conformance.search.values import Values, field_of, plain
from pointsman_conformance.search.ways import (
    EFFECTIVE,
    Route,
    Way,
    Ways,
    call_of,
    is_good,
    lease,
    longest,
    pause_allowed,
)

Make = Callable[[Source], Step]
Options = list[tuple[int, Make]]
"""What could be next, each with its weight."""

_FOCUS = 16
"""So many times likelier is a step about the row that the last one was about: bugs lie at the end of chains."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as the guide sees it. `status` is None where the spec does not know it."""

    label: str
    status: str | None
    columns: Columns


class Guide:
    """One search on one spec. `begin` before each run; then `step` for each step and `last` for the end."""

    def __init__(self, lifecycle: Lifecycle, about: About, coverage: Coverage, *, rows: int = 3) -> None:
        self.lifecycle, self.about, self.rows = lifecycle, about, rows
        self._ways, self._values, self._needs = Ways(lifecycle), Values(lifecycle), Needs(coverage)
        self._static = Prospects(self._ways, about, self._needs)
        self._column = lifecycle.table.status_column if lifecycle.table is not None else "status"
        self.begin()

    def begin(self) -> None:
        """A new run, on a fresh stage."""
        changed = self._needs.begin()
        self._made = self._told = 0
        if changed:
            self._starts = [(1 + self._static.worth_of_start(name), name) for name in self._static.starts]
            self._new = 2 + max(worth for worth, _ in self._starts) // 4
        self._seen: dict[str, str | None] = {}
        self._last: dict[str, int] = {}
        self._effects: set[str] = set()
        self._sent: list[Happen] = []
        self._focus: str | None = None

    def step(self, source: Source, driver: Driver) -> Step:
        """The next step, at what the rows are now."""
        rows, now = self._look(driver), driver.now()
        if not rows:
            return self._create(source, rows)
        # Two numbers, both small: of large ones Hypothesis likes some too much to explore well.
        kind, share = source.below(10), source.below(GRAIN)
        options = (
            self._enabled(rows, now) if kind < 7 else self._disabled(rows, now) if kind < 9 else self._faults(rows, now)
        )
        if kind < 7 and self._made < self.rows:
            options.append((self._new, lambda s: self._create(s, rows)))
        if not options:
            options = self._idle(rows, now)
        step = at(options, share)(source)
        self._focus = getattr(step, "row", self._focus)
        return step

    def last(self, source: Source) -> Settle:
        """The end of a run: faults are over, and what is due is done."""
        return Settle(12, 1 + source.below(2)) if source.below(4) == 3 else Settle()

    def saw(self, step: Step, played: Played) -> None:
        """What became of a step; without this the guide knows a little less of where faults can strike."""
        if not isinstance(step, Work | Happen | Hook):
            return
        actor = getattr(step, "actor", None)
        for index in played.fired:
            if index >= len(step.faults):
                continue
            fault = step.faults[index]
            if actor is not None:
                self._needs.reached([self._needs.slot(point_cell(actor, fault.kind, fault.point))])
            if fault.kind in EFFECTIVE and self._focus is not None:
                self._effects.add(self._focus)

    # --- what is there -------------------------------------------------------

    def _look(self, driver: Driver) -> list[_Row]:
        names = self._ways.names
        rows = [_Row(label, names.get(held.get(self._column)), held) for label, held in driver.rows().items()]
        for row in rows:
            if row.label in self._seen and self._seen[row.label] == row.status:
                continue
            self._moved(row)
        return rows

    def _moved(self, row: _Row) -> None:
        """The row is new, or its status is: count what it reached."""
        before, self._seen[row.label] = self._seen.get(row.label), row.status
        if row.status is None:
            return
        self._needs.reached([self._static.statuses[row.status]])
        if before is None:
            return
        taken = self._static.between.get((before, row.status))
        if taken is None:
            return
        last, self._last[row.label] = self._last.get(row.label), taken
        self._needs.reached([self._static.transitions[taken]])
        if last is not None and (last, taken) in self._static.pairs:
            self._needs.reached([self._static.pairs[last, taken]])

    # --- new rows -------------------------------------------------------------

    def _create(self, source: Source, rows: list[_Row]) -> Create:
        status = weighted(source, self._starts)
        moves = self._static.prepared[status]
        columns = self._values.preparing(moves[source.below(len(moves))]) if moves else {}
        limit = self._static.limits.get(status)
        if limit is not None and source.below(5) == 4:  # few runs are long enough to use attempts up
            columns = {**columns, limit[0]: max(0, limit[1] - 1 - source.below(2))}
        self._made += 1
        label = str(self._made)
        while any(row.label == label for row in rows):
            self._made += 1
            label = str(self._made)
        return Create(label, status, dict(columns))

    # --- what the spec enables ---------------------------------------------------

    def _enabled(self, rows: list[_Row], now: float) -> Options:
        options: Options = []
        for row in rows:
            if row.status is None:
                continue
            times_ = _FOCUS if row.label == self._focus else 1
            for way, slots in self._static.ways[row.status]:
                make = self._by(way, row, now)
                if make is not None:
                    last = self._last.get(row.label)
                    pair = self._static.pairs.get((last, way.number)) if last is not None else None
                    worth = self._needs.of(slots) + (self._needs.table[pair] if pair is not None else 0)
                    options.append(((1 + worth) * times_, make))
            options += [(4 * times_, make) for make in self._kept(row)]
        return options

    def _by(self, way: Way, row: _Row, now: float) -> Make | None:
        """How to have `way` taken now; None where the spec does not let it be."""
        if way.route is Route.WORK and way.queue is not None:
            return self._working(way, way.queue, row, now)
        if way.route is Route.HOOK:
            return partial(_hook_once, row.label) if self._is_known_there(way, row) else None
        if way.route is Route.MOVE:
            return partial(_move, row.label, way.transition.target, way.actor)
        return partial(self._happen, row, way) if self._meets(way.transition, row) else None

    def _working(self, way: Way, queue: Queue, row: _Row, now: float) -> Make | None:
        due = row.columns.get(queue.due) if queue.due is not None else now
        if not isinstance(due, int | float):
            return None
        if due > now:
            return lambda _: Advance(round(due - now, 3) + 0.001)
        faults = () if is_good(way) else (Fault(FaultKind.REFUSED),)
        return lambda _: Work(way.actor, faults=faults)

    def _is_known_there(self, way: Way, row: _Row) -> bool:
        """Whether the provider has something to tell of the row, as far as the guide knows."""
        if row.label in self._effects or row.status is None or way.call is None:
            return row.label in self._effects
        return way.call.name in dict(self.lifecycle.status[row.status].means)

    def _meets(self, transition: Transition, row: _Row) -> bool:
        if transition.when is None:
            return True
        fields = self._values.fields(transition.event, transition, row.columns)
        held = plain(row.columns)
        event = self.lifecycle.event.get(transition.event or "")
        for column, name in event.carries if event is not None else ():
            value = field_of(fields, name)
            if isinstance(value, int | str | bool):
                held[column] = value
        return condition.evaluate(transition.when, held) is True

    def _happen(self, row: _Row, way: Way, source: Source) -> Happen:
        event = way.transition.event or ""
        part = source.below(4) if self._values.has_parts(event) else 0
        return self._send(row, event, way.actor, self._values.fields(event, way.transition, row.columns, part))

    def _send(self, row: _Row, event: str, actor: str, fields: Mapping[str, object]) -> Happen:
        self._told += 1
        happen = Happen(row.label, event, actor, f"ev{self._told}", dict(fields))  # type: ignore[arg-type]  # JSON values
        self._sent.append(happen)
        return happen

    def _kept(self, row: _Row) -> list[Make]:
        """Turns that apply a kept event, where it can apply now."""
        return [
            partial(_turn, actor)
            for event, status, actor in self._static.sweeps
            if status == row.status and row.columns.get(event) is not None
        ]

    # --- what it does not ----------------------------------------------------------

    def _disabled(self, rows: list[_Row], now: float) -> Options:
        # Cells are many here and needs high, so these weigh little: repeated and early steps must have their share.
        options: Options = [(16, partial(self._again, each)) for each in self._sent[-4:] if self._may_repeat(each)]
        for row in rows:
            times_ = _FOCUS if row.label == self._focus else 1
            for event, actor, slots in self._static.events[row.status]:
                worth = (2 + self._needs.of(slots) // 8) * times_
                options.append((worth, partial(self._strange_event, row, event, actor)))
            for status, actor, slots in self._static.moves[row.status]:
                options.append((1 + self._needs.of(slots) // 8, partial(_move, row.label, status, actor)))
            options += [(16, make) for make in self._too_early(row, now)]
            if self._static.hooked:
                worth = self._needs.of(self._static.hooks[row.status])
                options.append((8 + worth // 8, partial(_hook, row.label)))
        if all(row.status is not None for row in rows):
            options.append((24, lambda s: Estrange(rows[s.below(len(rows))].label)))
        options += [(4, partial(_turn, actor)) for actor in self._static.workers]
        return options

    def _may_repeat(self, sent: Happen) -> bool:
        event = self.lifecycle.event.get(sent.event)
        return event is None or event.delivery is Delivery.AT_LEAST_ONCE

    def _again(self, sent: Happen, _source: Source) -> Step:
        return sent

    def _strange_event(self, row: _Row, event: str, actor: str, source: Source) -> Step:
        known = self.lifecycle.event.get(event)
        if known is not None and known.delivery is not Delivery.AT_LEAST_ONCE:
            earlier = next((each for each in self._sent if (each.row, each.event) == (row.label, event)), None)
            if earlier is not None:  # once means once
                return Advance(1.0)
        part = source.below(3) if self._values.has_parts(event) else 0
        return self._send(row, event, actor, self._values.fields(event, None, row.columns, part))

    def _too_early(self, row: _Row, now: float) -> list[Make]:
        found: list[Make] = []
        for queue in self._ways.queues_of[row.status] if row.status is not None else ():
            due = row.columns.get(queue.due) if queue.due is not None else None
            if isinstance(due, int | float) and due > now and queue.worker is not None:
                found.append(partial(self._by_a_copy, queue.worker))
        return found

    def _by_a_copy(self, actor: str, source: Source) -> Step:
        return Work(actor, 1 + source.below(2) if Capability.COPIES in self.about.capabilities else 1)

    # --- faults -----------------------------------------------------------------------

    def _faults(self, rows: list[_Row], now: float) -> Options:
        options: Options = []
        for row in rows:
            for queue in self._ways.queues_of[row.status] if row.status is not None else ():
                due = row.columns.get(queue.due) if queue.due is not None else now
                if not isinstance(due, int | float):
                    continue
                if due > now:
                    options.append((4, partial(_advance, due - now + 0.001)))
                    continue
                for strike, slots in self._static.strikes[queue.name, row.status or ""]:
                    options.append((4 + self._needs.of(slots) // 8, partial(self._struck, rows, now, queue, strike)))
            options += self._around(row, now)
        return options

    def _around(self, row: _Row, now: float) -> Options:
        """What else can go wrong: effects by hand, a crash between turns, a key that grows old, lost events."""
        options: Options = []
        for call in self._static.by_hand.get(row.status or "", ()):
            options.append((32, partial(_by_hand, row.label, call)))
        for actor in self._static.crashing:
            options.append((16, partial(_crash, actor)))
        for column, lifetime in self._static.lifetimes:
            since = row.columns.get(column)
            if isinstance(since, int | float):
                options.append((48, partial(self._ageing, since + lifetime - now)))
        for way, _ in self._static.ways[row.status] if row.status is not None else ():
            if way.route is Route.HAPPEN and way.actor in self.about.roles:
                options += [(3, partial(self._lost_event, row, way, kind)) for kind in self._static.to_a_copy]
        return options

    def _ageing(self, left: float, source: Source) -> Step:
        """Until the key is nearly too old, or until it is forgotten."""
        margin = pause_allowed(self.lifecycle) + 30.0
        seconds = left + 1.0 if source.below(2) else left - margin
        return Advance(round(max(1.0, seconds), 3))

    def _lost_event(self, row: _Row, way: Way, kind: FaultKind, source: Source) -> Step:
        step = self._happen(row, way, source)
        point = (Point.WRITE_AFTER, Point.WRITE_BEFORE)[source.below(2)]
        return Happen(step.row, step.event, step.actor, step.id, step.fields, (Fault(kind, point),))

    def _struck(self, rows: list[_Row], now: float, queue: Queue, strike: Strike, source: Source) -> Step:
        actor = queue.worker or ""
        if strike.kind is FaultKind.PAUSE:
            return Work(actor, faults=(self._pause(rows, now, queue, strike.point, source), *self._also(queue, source)))
        nth = 1 + source.below(times(strike.point))
        seconds = 0.0
        if strike.kind is FaultKind.EXECUTING:
            seconds = executing_for(call_of(self.lifecycle, queue), source.below(10))
        return Work(actor, faults=(Fault(strike.kind, strike.point, nth, (), seconds),))

    def _pause(self, rows: list[_Row], now: float, queue: Queue, point: Point, source: Source) -> Fault:
        alone = sum(self._waits(row, queue, now) for row in rows) <= 1
        long = point is Point.WRITE_AFTER or (point is Point.REQUEST_AFTER and alone)
        if point not in ZOMBIES or not long or by_lock(self.lifecycle):
            return short_pause(self._ways, point)
        meanwhile: list[Step] = list(others_turn(queue, self.about.capabilities, self._also(queue, source)))
        if self._static.hooked and source.below(2):
            meanwhile.append(Hook())
        if source.below(4) == 3:
            meanwhile.append(Advance(longest(queue, self.lifecycle)))
            meanwhile += others_turn(queue, self.about.capabilities)
        return zombie(self._ways, point, tuple(meanwhile))

    def _also(self, queue: Queue, source: Source) -> tuple[Fault, ...]:
        """In half of the cases the request of a turn is struck too: two copies of whom one is unlucky."""
        kinds = self._static.at_request(queue)
        number = source.below(2 * len(kinds)) if kinds else 0
        return (Fault(kinds[number - len(kinds)]),) if number >= len(kinds) > 0 else ()

    def _waits(self, row: _Row, queue: Queue, now: float) -> bool:
        due = row.columns.get(queue.due) if queue.due is not None else now
        return row.status in queue.statuses and isinstance(due, int | float) and due <= now

    def _idle(self, rows: list[_Row], now: float) -> Options:
        """Nothing else makes sense: let time go on, a little or to the next thing that is due."""
        options: Options = [(1, lambda _: Advance(1.0)), (1, partial(_advance, (lease(self.lifecycle) or 60.0) + 1))]
        for row in rows:
            options += [(2, partial(_advance, due - now + 0.001)) for due in self._dues(row) if due > now]
        return options

    def _dues(self, row: _Row) -> list[float]:
        queues = self._ways.queues_of[row.status] if row.status is not None else ()
        dues = (row.columns.get(queue.due) for queue in queues if queue.due is not None)
        return [float(due) for due in dues if isinstance(due, int | float)]


def _hook_once(label: str, _source: Source) -> Step:
    return Hook(label)


def _hook(label: str, source: Source) -> Step:
    return Hook(label, 1 + source.below(2), bool(source.below(2)))


def _turn(actor: str, _source: Source) -> Step:
    return Work(actor)


def _advance(seconds: float, _source: Source) -> Step:
    return Advance(round(max(seconds, 0.001), 3))


def _move(label: str, status: str, actor: str, _source: Source) -> Step:
    return Move(label, status, actor)


def _by_hand(label: str, call: str, source: Source) -> Step:
    return Dashboard(label, call, bool(source.below(2)))


def _crash(actor: str, _source: Source) -> Step:
    return Crash(actor)
