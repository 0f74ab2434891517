"""Plans that are made from a spec without chance: each shows one thing, and together they show all there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pointsman.lifecycle import Answer, Effect, Lifecycle, Queue
from pointsman_conformance.driver import About, Capability
from pointsman_conformance.plan import (
    Advance,
    Create,
    Dashboard,
    Estrange,
    Fault,
    FaultKind,
    Happen,
    Hook,
    Move,
    Plan,
    Point,
    Settle,
    Step,
    Work,
)
from pointsman_conformance.search.bringing import MOST_TURNS, Bringing
from pointsman_conformance.search.cells import (
    Cell,
    Sort,
    by_lock,
    event_cell,
    fault_cell,
    fault_points,
    pair_cell,
    point_cell,
    refused_cell,
    survey,
    transition_cell,
    transition_name,
)
from pointsman_conformance.search.striking import ZOMBIES, others_turn, times, zombie
from pointsman_conformance.search.ways import (
    Route,
    Way,
    by_number,
    call_of,
    can_lead,
    is_good,
    lease,
    longest,
    pause_allowed,
)


@dataclass(frozen=True, slots=True)
class Tour:
    """A plan and what it is for, in words.

    `rank` says how much is lost without it: 0 shows something that no other does, 2 is a variant. `aims` are the cells
    that it is for: where they are reached already, it shows little that is new.
    """

    name: str
    plan: Plan
    rank: int = 1
    aims: frozenset[Cell] = frozenset()


def tours(lifecycle: Lifecycle, about: About) -> tuple[Tour, ...]:
    """Every tour for an implementation of `about.roles`: those first without which most would be missed."""
    found = sorted(_Touring(lifecycle, about).all(), key=lambda tour: tour.rank)
    return tuple(tour if _settles(tour) else replace(tour, plan=(*tour.plan, Settle())) for tour in found)


def _settles(tour: Tour) -> bool:
    return isinstance(tour.plan[-1], Settle)


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
"""The faults that differ most from each other in what has to be done."""

_LOOKING = (FaultKind.LOST_REQUEST, FaultKind.ERROR, FaultKind.THROTTLED, FaultKind.REFUSED, FaultKind.TRUNCATED)
"""The faults that a look-up meets: none of them says that there is nothing."""

_OTHER_WORKS = "another copy works"


class _Touring:
    def __init__(self, lifecycle: Lifecycle, about: About) -> None:
        self._lifecycle, self._about, self._by = lifecycle, about, Bringing(lifecycle)

    def all(self) -> Iterator[Tour]:
        yield from self._transitions()
        yield from self._pairs()
        yield from self._refused()
        yield from self._events()
        yield from self._hooks()
        yield from self._under_faults()
        yield from self._kill_points()
        yield from self._zombies()
        yield from self._races()
        yield from self._old_keys()
        yield from self._exhaustion()
        yield from self._estranged()
        yield from self._old_counts()
        yield from self._by_hand()
        yield from self._amounts()
        yield from self._kept()
        yield from self._crowds()

    # --- what is ours ---------------------------------------------------------

    @cached_property
    def _ours(self) -> tuple[Way, ...]:
        return tuple(way for way in self._by.ways.all if way.actor in self._about.roles and self._can_be_sent(way))

    def _can_be_sent(self, way: Way) -> bool:
        if way.route is Route.WORK:
            return True
        return self._has(Capability.MOVES if way.route is Route.MOVE else Capability.EVENTS)

    @cached_property
    def _queues(self) -> tuple[Queue, ...]:
        """The queues that we work on."""
        return tuple(queue for queue in self._lifecycle.queues if queue.worker in self._about.roles)

    @cached_property
    def _calling(self) -> tuple[Queue, ...]:
        return tuple(queue for queue in self._queues if queue.call is not None)

    def _has(self, capability: Capability) -> bool:
        return capability in self._about.capabilities

    def _name(self, way: Way) -> str:
        return transition_name(self._lifecycle, way.number)

    def _start(self, queue: Queue, label: str = "1", status: str | None = None) -> Create:
        return self._by.row(label, status or queue.statuses[0])

    def _again(self, queue: Queue) -> Plan:
        """The row becomes due again, and gets its turn."""
        return (Advance(longest(queue, self._lifecycle)), Work(queue.worker or ""))

    # --- transitions and pairs -----------------------------------------------------

    def _transitions(self) -> Iterator[Tour]:
        for way in self._ours:
            plan = (self._by.ready("1", way), *self._by.bring(way, "1"))
            aims = frozenset({transition_cell(self._lifecycle, way.number)})
            yield Tour(f"{self._name(way)} by {way.actor}", plan, 0, aims)
            if way.route is Route.HAPPEN:
                twice = (*plan, Advance(60.0), self._by.happen(way, "1"))
                yield Tour(f"{self._name(way)} by {way.actor}, told twice", twice, 0)

    def _pairs(self) -> Iterator[Tour]:
        needed = survey(self._lifecycle, self._about.roles, self._about.capabilities).required
        names = {cell.name for cell in needed if cell.sort is Sort.PAIR}
        ways = by_number(self._by.ways.all)
        for first, firsts in ways.items():
            for second, seconds in ways.items():
                cell = pair_cell(self._lifecycle, first, second)
                if cell.name in names:
                    best = self._best(seconds)
                    apart = tuple(way for way in firsts if not _tells_what_is_denied(way, best))
                    yield replace(self._pair(self._best(apart or firsts), best), aims=frozenset({cell}))

    def _best(self, ways: tuple[Way, ...]) -> Way:
        """A way of ours if there is one; work before webhooks before events; what is left to chance comes last."""
        order = [Route.WORK, Route.HOOK, Route.HAPPEN, Route.MOVE]
        return min(ways, key=lambda way: (_is_left_to_chance(way), way not in self._ours, order.index(way.route)))

    def _pair(self, first: Way, second: Way) -> Tour:
        due = self._by.until_due(second.transition.source)
        later = self._by.bring(second, "1", 2)
        plan = (self._by.ready("1", first, second), *self._by.bring(first, "1"), *due, Advance(1.0), *later)
        return Tour(f"{self._name(first)}, then {self._name(second)}", plan)

    # --- what the spec does not have ----------------------------------------------------

    def _refused(self) -> Iterator[Tour]:
        roles = sorted(self._about.roles)
        if not self._has(Capability.MOVES) or not roles:
            return
        names = [status.name for status in self._lifecycle.statuses]
        for source in names:
            targets = [each for each in names if each != source and (source, each) not in self._lifecycle.pairs]
            plan: list[Step] = []
            for number, target in enumerate(targets, 1):
                plan += [self._by.row(str(number), source), Move(str(number), target, roles[number % len(roles)])]
            cells = frozenset(refused_cell(source, target) for target in targets)
            if plan:
                yield Tour(f"moves out of {source} that the spec does not have", tuple(plan), 1, cells)

    def _events(self) -> Iterator[Tour]:
        """Every event in every status, twice."""
        ours = list(dict.fromkeys((way.transition.event or "", way.actor) for way in self._ours if _is_sent(way)))
        for status in self._lifecycle.statuses if ours else ():
            plan: list[Step] = []
            for number, (event, actor) in enumerate(ours, 1):
                plan += self._event(str(number), status.name, event, actor)
            cells = frozenset(event_cell(event, status.name) for event, _ in ours if event in self._lifecycle.event)
            yield Tour(f"events in {status.name}, each twice", tuple(plan), 1, cells)

    def _event(self, label: str, status: str, event: str, actor: str) -> Plan:
        way = next(
            (each for each in self._by.ways.out_of[status] if (each.transition.event, each.actor) == (event, actor)),
            None,
        )
        if way is not None:
            sent = self._by.happen(way, label)
            return (self._by.ready(label, way), sent, Advance(60.0), sent)
        sent = Happen(label, event, actor, f"{event}-{label}-1", self._by.values.fields(event, None, {}))
        return (self._by.row(label, status), sent, Advance(60.0), sent)

    def _hooks(self) -> Iterator[Tour]:
        """Every webhook in every status in which its effect can be there: twice, and late."""
        for status in self._lifecycle.statuses if any(call.webhooks for call in self._lifecycle.calls) else ():
            yield Tour(f"webhooks in {status.name}", (self._by.row("1", status.name), Hook("1", 2), Hook("1", 1, True)))  # noqa: FBT003 - newest first
        for way in self._ours:
            if way.route is Route.HOOK:
                plan = (self._by.ready("1", way), *self._by.bring(way, "1"), Hook("1", 2), Advance(60.0), Hook("1", 2))
                yield Tour(f"{self._name(way)} by a webhook, then again", plan, 0)

    # --- faults ---------------------------------------------------------------------------

    def _under_faults(self) -> Iterator[Tour]:
        for way in self._ours:
            call = call_of(self._lifecycle, way.queue)
            if call is None or way.queue is None:
                continue
            for kind in FaultKind:
                if can_lead(way, call, kind) is None and self._by.can(kind, self._about.capabilities):
                    aims = frozenset({fault_cell(self._lifecycle, way.number, kind)})
                    rank = 0 if kind in _TELLING else 1
                    yield Tour(f"{kind} before {self._name(way)}", self._struck(way, way.queue, kind), rank, aims)

    def _struck(self, way: Way, queue: Queue, kind: FaultKind) -> Plan:
        faults: tuple[Fault, ...] = (self._by.fault(queue, kind, effect=is_good(way)),)
        if kind is FaultKind.PAUSE and by_lock(self._lifecycle) and not is_good(way):
            faults = (*faults, Fault(FaultKind.REFUSED))  # a lock outlasts the pause, and then the request goes out
        struck = Work(way.actor, faults=faults)
        return (self._by.ready("1", way), struck, Advance(longest(queue, self._lifecycle)), *self._by.bring(way, "1"))

    def _kill_points(self) -> Iterator[Tour]:
        """Every fault at every point of a turn; then the row is due again, twice."""
        for queue in self._calling:
            for kind, point in fault_points():
                if self._by.can(kind, self._about.capabilities) and kind is not FaultKind.PAUSE:
                    yield from self._kills(queue, kind, point)
        for way in self._ours:
            if way.route is Route.HAPPEN:
                yield from self._lost_events(way)

    def _kills(self, queue: Queue, kind: FaultKind, point: Point) -> Iterator[Tour]:
        for nth in range(1, times(point) + 1):
            fault = self._by.fault(queue, kind) if point is Point.REQUEST_BEFORE else Fault(kind, point)
            struck = Work(queue.worker or "", faults=(Fault(kind, point, nth, (), fault.seconds),))
            plan = (self._start(queue), struck, *self._again(queue), *self._again(queue))
            rank = 2 if nth > 1 else 0 if kind is FaultKind.CRASH and point in ZOMBIES else 1
            aims = frozenset({point_cell(queue.worker or "", kind, point)}) if nth == 1 else frozenset[Cell]()
            yield Tour(f"{kind} at {point} {nth} of {queue.worker}", plan, rank, aims)

    def _lost_events(self, way: Way) -> Iterator[Tour]:
        for kind in (FaultKind.CRASH, FaultKind.CUT):
            for point in (Point.WRITE_BEFORE, Point.WRITE_AFTER):
                if self._by.can(kind, self._about.capabilities):
                    sent = self._by.happen(way, "1")
                    lost = Happen(sent.row, sent.event, sent.actor, sent.id, sent.fields, (Fault(kind, point),))
                    yield Tour(f"{kind} at {point} of {way.actor}", (self._by.ready("1", way), lost, sent))

    def _zombies(self) -> Iterator[Tour]:
        if not self._has(Capability.PAUSES) or by_lock(self._lifecycle):
            return
        for queue in self._calling:
            for point in (Point.WRITE_AFTER, Point.REQUEST_AFTER):
                for words, meanwhile in self._meanwhiles(queue):
                    fault = zombie(self._by.ways, point, meanwhile)
                    plan = (self._start(queue), Work(queue.worker or "", faults=(fault,)), *self._again(queue))
                    rank = 0 if words == _OTHER_WORKS else 1
                    yield Tour(f"{queue.worker} stands still at {point}, {words}", plan, rank)

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
            yield "webhooks come", (Hook(),)

    def _races(self) -> Iterator[Tour]:
        """Somebody who handles an event stands still between reading a row and writing it, and the row is moved on."""
        for way in self._ours if self._has(Capability.PAUSES) else ():
            if way.route not in (Route.HAPPEN, Route.HOOK):
                continue
            others = [each for each in self._by.ways.out_of[way.transition.source] if each.actor != way.actor]
            for other in others[:2]:
                during = self._by.bring(other, "1", 2)
                *before, last = self._by.bring(way, "1")
                for point in (Point.READ_AFTER, Point.WRITE_BEFORE):
                    fault = Fault(FaultKind.PAUSE, point, 1, during)
                    if isinstance(last, Happen | Hook):
                        plan = (self._by.ready("1", way, other), *before, replace(last, faults=(fault,)))
                        yield Tour(f"{self._name(way)} while {other.actor} moves the row, {point}", plan)

    def _old_keys(self) -> Iterator[Tour]:
        for queue in self._calling:
            call = call_of(self._lifecycle, queue)
            if call is None or call.key_lifetime is None:
                continue
            lifetime = call.key_lifetime.total_seconds()
            settles = call.settles_within.total_seconds() if call.settles_within is not None else 0.0
            margin = pause_allowed(self._lifecycle) + settles
            for kind in (FaultKind.LOST_REPLY, FaultKind.LOST_REQUEST, FaultKind.CRASH, FaultKind.ERROR):
                if not self._by.can(kind, self._about.capabilities):
                    continue
                first = Work(queue.worker or "", faults=(self._by.fault(queue, kind),))
                for words, seconds in (("old", lifetime + 1), ("nearly old", lifetime - margin / 2)):
                    plan = (self._start(queue), first, Advance(seconds), Work(queue.worker or ""), *self._again(queue))
                    rank = 0 if kind is FaultKind.LOST_REPLY and words == "old" else 1
                    yield Tour(f"{kind}, and the key of {call.name} is {words}", plan, rank)
            lost = Work(queue.worker or "", faults=(Fault(FaultKind.LOST_REPLY),))
            for kind in _LOOKING:
                deaf = Work(queue.worker or "", faults=(Fault(kind, reads=True),))
                again = (*self._again(queue), *self._again(queue))
                plan = (self._start(queue), lost, Advance(lifetime + 1), deaf, *again)
                yield Tour(f"{kind} when {call.name} is looked up, whose key is old", plan)

    def _exhaustion(self) -> Iterator[Tour]:
        for queue in self._calling:
            limit = queue.attempts.limit if queue.attempts is not None else None
            for kind in _WORN:
                if queue.attempts is not None and limit is not None:
                    near = Create("1", queue.statuses[0], {queue.attempts.column: limit - 1})
                    turns = (near, *self._by.worn_out(queue, kind, 3 - min(limit, MOST_TURNS)), *self._again(queue))
                    yield Tour(f"{queue.name}: {kind} at the last attempt", turns, 0 if kind in _TELLING else 1)
                plan = (self._start(queue), *self._by.worn_out(queue, kind, 3), *self._again(queue))
                yield Tour(f"{queue.name}: {kind} until attempts are used up", plan, 2)

    # --- the situations of single laws ---------------------------------------------------------

    def _estranged(self) -> Iterator[Tour]:
        starts = {way.transition.source for way in self._ours}
        for status in self._lifecycle.statuses:
            rank = 0 if status.name in starts else 2
            plan: list[Step] = [self._by.row("1", status.name), Estrange("1")]
            plan += [Work(queue.worker or "") for queue in self._queues]
            plan += [self._by.happen(way, "1") for way in self._ours if way.route is Route.HAPPEN]
            plan += [Hook("1"), Advance((lease(self._lifecycle) or 60.0) + 1)]
            yield Tour(f"a row in {status.name} comes to a status that nobody knows", tuple(plan), rank)

    def _old_counts(self) -> Iterator[Tour]:
        """Rows that have a count from an earlier leg, which entering the next one must reset."""
        for way in self._ours:
            counts = {
                name: 2
                for name, value in self._lifecycle.status[way.transition.target].on_entry
                if isinstance(value, int) and not isinstance(value, bool)
            }
            if counts:
                ready = self._by.ready("1", way)
                row = Create(ready.row, ready.status, {**ready.columns, **counts})
                yield Tour(f"{self._name(way)} with an old count", (row, *self._by.bring(way, "1")), 0)

    def _by_hand(self) -> Iterator[Tour]:
        for queue in self._calling:
            call = call_of(self._lifecycle, queue)
            if call is None or call.repeat.value != "already_done":
                continue
            for part in (False, True):
                made = (self._start(queue), Dashboard("1", call.name, part), Work(queue.worker or ""))
                words = "a part of " if part else ""
                rank = 1 if part else 0
                yield Tour(f"somebody makes {words}{call.name} by hand", (*made, *self._again(queue)), rank)
            lost = Work(queue.worker or "", faults=(Fault(FaultKind.LOST_REQUEST),))
            plan = (self._start(queue), lost, Dashboard("1", call.name), *self._again(queue))
            yield Tour(f"somebody makes {call.name} by hand after a lost request", plan)

    def _amounts(self) -> Iterator[Tour]:
        """Parts of an amount: asked for by an event, or there from the start; under a lost reply, too."""
        for queue in self._calling:
            call = call_of(self._lifecycle, queue)
            if call is None or call.amount is None:
                continue
            part = {call.amount: 300}
            for kind in (None, FaultKind.LOST_REPLY, FaultKind.ERROR_AFTER_EFFECT, FaultKind.EXECUTING):
                faults = (self._by.fault(queue, kind),) if kind is not None else ()
                worked = Work(queue.worker or "", faults=faults)
                plan = (Create("1", queue.statuses[0], part), worked, *self._again(queue))
                yield Tour(f"a part of {call.name}, {kind or 'without a fault'}", plan, 1 if kind else 0)
        for way in self._ours:
            if way.route is Route.HAPPEN and self._by.values.has_parts(way.transition.event):
                whole, part_, more = (self._by.happen(way, "1", number, number) for number in (0, 1, 2))
                yield Tour(f"parts by {way.transition.event}", (self._by.ready("1", way), part_, part_, more, whole), 0)

    def _kept(self) -> Iterator[Tour]:
        """Events that come too early: kept, told twice, and applied as soon as they can be."""
        for event in self._lifecycle.events:
            takers = [way for way in self._by.ways.all if way.transition.event == event.name and _is_sent(way)]
            if not takers:
                continue
            for status, answer in event.otherwise:
                if answer is Answer.KEEP:
                    sent = self._by.happen(self._best(tuple(takers)), "1", 1)
                    turns = tuple(Work(queue.worker or "") for queue in self._by.ways.queues_of[status])
                    sweeps = tuple(Work(way.actor) for way in takers)
                    early: Plan = (self._by.row("1", status), sent, Advance(60.0), sent, *turns, *sweeps, sent)
                    yield Tour(f"{event.name} comes in {status}, where it is kept", early, 0)

    def _crowds(self) -> Iterator[Tour]:
        """Several rows of a queue, an old one that was unlucky, and others that keep coming."""
        for queue in self._queues:
            worker = queue.worker or ""
            first, second, third = (self._start(queue, str(number)) for number in range(1, 4))
            lost = Work(worker, faults=(Fault(FaultKind.LOST_REQUEST),)) if queue.call is not None else Work(worker)
            early = (first, lost, Work(worker), Advance(30.0), second, third, Work(worker))
            yield Tour(f"several rows of {queue.name}", (*early, Settle(12, 3)), 0)
            crowd = (first, second, Advance(1.0), third, Settle(12, 3))
            yield Tour(f"rows of {queue.name} keep coming", crowd, 0)
            if self._has(Capability.CRASHES) and queue.call is not None:
                dead = Work(worker, faults=(Fault(FaultKind.CRASH, Point.WRITE_AFTER),))
                yield Tour(f"{worker} dies with a claim", (first, dead), 0)


def _is_sent(way: Way) -> bool:
    return way.route is Route.HAPPEN


def _tells_what_is_denied(first: Way, second: Way) -> bool:
    """Whether the first tells of an effect that the second needs not to be there."""
    denied = {call for call, what in second.transition.needs if what is Effect.NOT_DONE}
    return first.call is not None and first.call.name in denied


def _is_left_to_chance(way: Way) -> bool:
    """Whether a worker takes it that makes no call, and so finds what it finds."""
    return way.queue is not None and way.queue.call is None
