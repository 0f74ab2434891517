"""The cells of a spec: all that a run can reach, and those that given roles and a driver must reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pointsman.spec.lifecycle import ActorKind, ClaimBy, EffectState, Lifecycle, Transition
from pointsman.spec.meaning import early_statuses
from pointsman.spec.satisfiable import overlap
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.plan import (
    AT_A_POINT,
    AT_A_REQUEST,
    BEFORE_TRANSITIONS,
    CUTS,
    ODD_ANSWERS,
    FaultKind,
    Point,
)
from pointsman_conformance.provider.odd_answers import lie
from pointsman_conformance.search.ways import Route, Way, Ways, can_lead


class CellKind(StrEnum):
    """The sorts of cells, in the words of a report."""

    STATUS = "statuses"
    TRANSITION = "transitions"
    PAIR = "pairs of transitions"
    REFUSED = "refused pairs"
    EVENT = "events in statuses"
    FAULT = "transitions under faults"
    POINT = "fault points"
    LAW = "laws"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A part of a spec that a run can reach. `name` is shown to users without `sort`."""

    sort: CellKind
    name: str


@dataclass(frozen=True)
class Survey:
    """The required cells, and the exempt ones: ``sort: name`` of each, with the reason in words."""

    required: frozenset[Cell]
    exempt: Mapping[str, str] = field(default_factory=dict)


def required(
    lifecycle: Lifecycle, roles: frozenset[str], capabilities: frozenset[Capability], laws: Iterable[str] = ()
) -> frozenset[Cell]:
    """The cells that an implementation of `roles`, reached by a driver with `capabilities`, must have reached.

    `laws` are the ids of the laws that apply; each must have been put to the test.
    """
    return survey(lifecycle, roles, capabilities, laws).required


def survey(
    lifecycle: Lifecycle, roles: frozenset[str], capabilities: frozenset[Capability], laws: Iterable[str] = ()
) -> Survey:
    """The required cells for `roles`, `capabilities` and `laws`, and the exempt ones with the reason."""
    needed, exempt = set[Cell](), dict[str, str]()
    for cell, why in _Surveyor(Ways(lifecycle), roles, capabilities).cells():
        if why is None:
            needed.add(cell)
        else:
            exempt[f"{cell.sort}: {cell.name}"] = why
    for cell in needed:  # a cell that one way requires is required, whatever other ways say
        exempt.pop(f"{cell.sort}: {cell.name}", None)
    needed.update(Cell(CellKind.LAW, law) for law in laws)
    return Survey(frozenset(needed), exempt)


# --- names -------------------------------------------------------------------


def transition_name(lifecycle: Lifecycle, number: int) -> str:
    """``from->to``, with the event where several transitions join the two."""
    transition = lifecycle.transitions[number]
    name = f"{transition.source}->{transition.target}"
    shared = len(lifecycle.between[transition.pair]) > 1
    return f"{name} by {transition.event}" if shared else name


def status_cell(status: str) -> Cell:
    """The cell: a row was in `status`."""
    return Cell(CellKind.STATUS, status)


def transition_cell(lifecycle: Lifecycle, number: int) -> Cell:
    """The cell: the implementation took the transition."""
    return Cell(CellKind.TRANSITION, transition_name(lifecycle, number))


def pair_cell(lifecycle: Lifecycle, first: int, second: int) -> Cell:
    """The cell: a row took transition `first`, then `second`, and the implementation took at least one of them."""
    return Cell(CellKind.PAIR, f"{transition_name(lifecycle, first)}, {transition_name(lifecycle, second)}")


def refused_cell(source: str, target: str) -> Cell:
    """The cell: the implementation was asked for a move that the spec does not have."""
    return Cell(CellKind.REFUSED, f"{source}->{target}")


def event_cell(event: str, status: str) -> Cell:
    """The cell: the event, or the webhook of that type, reached the implementation when the row was in `status`."""
    return Cell(CellKind.EVENT, f"{event} in {status}")


def fault_cell(lifecycle: Lifecycle, number: int, kind: FaultKind) -> Cell:
    """The cell: the fault struck before the implementation took the transition."""
    return Cell(CellKind.FAULT, f"{kind} before {transition_name(lifecycle, number)}")


def point_cell(actor: str, kind: FaultKind, point: Point) -> Cell:
    """The cell: the fault struck `actor` at `point`."""
    return Cell(CellKind.POINT, f"{kind} at {point} of {actor}")


# --- which are required --------------------------------------------------------

_ZOMBIE = (Point.WRITE_AFTER, Point.REQUEST_AFTER)
_ALWAYS = (Point.WRITE_BEFORE, Point.WRITE_AFTER, Point.REQUEST_BEFORE, Point.REQUEST_AFTER)
"""The points that every worker with a call passes. A worker may or may not read the row."""

CAN: Mapping[FaultKind, Capability] = {
    FaultKind.CRASH: Capability.CRASHES,
    FaultKind.PAUSE: Capability.PAUSES,
    **dict.fromkeys(CUTS, Capability.CUTS),
    FaultKind.SLOW: Capability.SLOW_ANSWERS,
}

CoveredCell = tuple[Cell, str | None]
"""A cell, and the reason why it is exempt; None if it is required."""


@dataclass(frozen=True)
class _Surveyor:
    ways: Ways
    roles: frozenset[str]
    capabilities: frozenset[Capability]

    @property
    def lifecycle(self) -> Lifecycle:
        return self.ways.lifecycle

    def cells(self) -> Iterator[CoveredCell]:
        yield from self._statuses()
        yield from self._transitions()
        yield from self._pairs()
        yield from self._refused()
        yield from self._events()
        yield from self._faults()
        yield from self._points()

    # --- transitions of the implementation, and whether a plan can bring them about ---

    def _ours(self, transition: Transition) -> bool:
        return not self.lifecycle.actors or any(actor.name in self.roles for actor in self.ways.actors(transition))

    def _why_not(self, number: int, *, ours: bool = True) -> str | None:
        ways = [way for way in self.ways.all if way.number == number and (not ours or way.actor in self.roles)]
        if not ways:
            return "nothing from outside brings it about"
        if any(self._at_will(way) for way in ways):
            return None
        if all(way.route is Route.HAPPEN and self._lacks(way) for way in ways):
            return "it needs a receipt that only a provider's later webhook would bring"
        return "what its queue finds is up to the worker" if ways[0].route is Route.WORK else "no event can be sent"

    def _at_will(self, way: Way) -> bool:
        if way.route is Route.WORK:
            return way.queue is None or way.queue.call is not None or (self._alone(way) and not self._tells(way))
        if way.route is Route.HAPPEN and self._lacks(way):
            return False
        need = Capability.MOVES if way.route is Route.MOVE else Capability.EVENTS
        return way.actor not in self.roles or need in self.capabilities

    def _alone(self, way: Way) -> bool:
        rivals = (each for each in self.ways.out_of[way.transition.source] if each.queue is way.queue)
        return all(each.number == way.number for each in rivals)

    def _lacks(self, way: Way) -> bool:
        """True if the target requires a receipt that the event does not carry. An admin looks it up at the provider."""
        source, target = (self.lifecycle.status[name] for name in way.transition.pair)
        event = self.lifecycle.event.get(way.transition.event or "")
        brought = {column for column, _ in event.carries} if event is not None else set()
        actor = self.lifecycle.actor.get(way.actor)
        recorded = {column for call in self.lifecycle.calls for column, _ in call.records}
        finds = actor is not None and actor.kind is ActorKind.ADMIN
        return not finds and bool(recorded & set(target.requires) - set(source.requires) - brought)

    def _tells(self, way: Way) -> bool:
        """True if the target means an effect done and the source does not: a worker without a call cannot know that."""
        before, after = (self.lifecycle.status[name] for name in way.transition.pair)
        return bool(
            {call for call, what in after.means if what is EffectState.DONE} - {call for call, _ in before.means}
        )

    def _statuses(self) -> Iterator[CoveredCell]:
        touched = {status for move in self.lifecycle.transitions if self._ours(move) for status in move.pair}
        for status in self.lifecycle.statuses:
            why = None if status.name in touched else "no transition of these roles starts or ends there"
            yield status_cell(status.name), why

    def _transitions(self) -> Iterator[CoveredCell]:
        for number, transition in enumerate(self.lifecycle.transitions):
            cell = transition_cell(self.lifecycle, number)
            yield cell, self._why_not(number) if self._ours(transition) else "other actors take it"

    def _pairs(self) -> Iterator[CoveredCell]:
        moves = self.lifecycle.transitions
        for first, before in enumerate(moves):
            for second, after in enumerate(moves):
                if before.target == after.source:
                    yield pair_cell(self.lifecycle, first, second), self._no_pair(first, second)

    def _no_pair(self, first: int, second: int) -> str | None:
        before, after = self.lifecycle.transitions[first], self.lifecycle.transitions[second]
        if not self._ours(before) and not self._ours(after):
            return "other actors take both"
        ours = [number for number, move in ((first, before), (second, after)) if self._ours(move)]
        if all(self._why_not(number) is not None for number in ours):
            return self._why_not(ours[0])
        others = [self._why_not(number, ours=False) for number in (first, second)]
        whys = [why for why in others if why is not None]
        if whys:
            return whys[0]
        if self._is_told(first, after):
            return "the webhook tells of an effect, so nothing is given up after it"
        return "their conditions exclude each other" if self._contradict(before, after) else None

    def _is_told(self, first: int, after: Transition) -> bool:
        """True if only webhooks bring the first transition about, and the second needs their effect not to be done."""
        ways = [way for way in self.ways.all if way.number == first and way.actor in self.roles]
        denied = {call for call, what in after.needs if what is EffectState.NOT_DONE}
        told = all(way.route is Route.HOOK and way.call is not None and way.call.name in denied for way in ways)
        return bool(ways) and told and not self._ours(after)

    def _contradict(self, before: Transition, after: Transition) -> bool:
        """True if no row can meet both conditions, and the second event brings no values that they read."""
        if before.when is None or after.when is None:
            return False
        event = self.lifecycle.event.get(after.event or "")
        if event is not None and event.carries:
            return False
        columns = self.lifecycle.table.columns if self.lifecycle.table is not None else ()
        return overlap(before.when, after.when, columns) is None

    def _refused(self) -> Iterator[CoveredCell]:
        names = [status.name for status in self.lifecycle.statuses]
        for source in names:
            for target in names:
                if source != target and (source, target) not in self.lifecycle.pairs:
                    yield refused_cell(source, target), self._not_asked(source, target)

    def _not_asked(self, source: str, target: str) -> str | None:
        if Capability.MOVES in self.capabilities:
            return None
        ways = [way for way in self.ways.all if way.transition.target == target and way.actor in self.roles]
        if Capability.EVENTS in self.capabilities and any(self._comes(way, source) for way in ways):
            return None
        return "it cannot be asked for: the driver has no moves, and no event of these roles leads there"

    def _comes(self, way: Way, status: str) -> bool:
        """True if the event or webhook of `way` can also be made to come in `status`."""
        if way.route is Route.HAPPEN:
            return True
        means = dict(self.lifecycle.status[status].means)
        return way.route is Route.HOOK and way.call is not None and way.call.name in means

    def _events(self) -> Iterator[CoveredCell]:
        blind = None if Capability.EVENTS in self.capabilities else "no event can be sent"
        for event in self.lifecycle.events:
            ours = any(
                way.route is Route.HAPPEN and way.transition.event == event.name and way.actor in self.roles
                for way in self.ways.all
            )
            answered = {
                *early_statuses(event),
                *(m.source for m in self.lifecycle.transitions if m.event == event.name),
            }
            for status in self.lifecycle.statuses:
                if status.name in answered:
                    yield event_cell(event.name, status.name), blind if ours else "other actors hear of it"
        webhooks = {actor.name for actor in self.lifecycle.actors if actor.kind is ActorKind.WEBHOOK}
        for call in self.lifecycle.calls:
            for hook in call.webhooks[:1]:
                for name in self._hears(hook.type):
                    yield event_cell(hook.type, name), blind if webhooks & self.roles else "other actors hear of it"

    def _hears(self, type_: str) -> tuple[str, ...]:
        """The statuses that a row can be in when the webhook comes."""
        return tuple(
            status.name
            for status in self.lifecycle.statuses
            if any(
                way.hook is not None and way.hook.type == type_ and self.ways_to_be_told(way, status.name)
                for way in self.ways.all
            )
        )

    def ways_to_be_told(self, way: Way, status: str) -> bool:
        """True if the webhook of `way` can come when a row is in `status`."""
        return way.transition.source == status or self._comes(way, status)

    def _faults(self) -> Iterator[CoveredCell]:
        for way in self.ways.all:
            call = self.lifecycle.call_of(way.queue)
            if call is None or way.route is not Route.WORK:
                continue
            for kind in BEFORE_TRANSITIONS:
                cell = fault_cell(self.lifecycle, way.number, kind)
                if way.actor not in self.roles:
                    yield cell, "other actors take it"
                else:
                    yield cell, self._incapable(kind) or can_lead(way, call, kind)

    def _incapable(self, kind: FaultKind) -> str | None:
        need = CAN.get(kind)
        if need is Capability.SLOW_ANSWERS and need not in self.capabilities:
            return "no answer takes longer than its client waits: --slow-answer SECONDS lets one"
        return None if need is None or need in self.capabilities else f"the driver has no {need}"

    def _points(self) -> Iterator[CoveredCell]:
        for queue in self.lifecycle.queues:
            call = self.lifecycle.call_of(queue)
            if call is None or queue.worker is None:
                continue
            for kind, point in fault_points():
                cell = point_cell(queue.worker, kind, point)
                if queue.worker not in self.roles:
                    yield cell, "other actors pass it"
                elif point in (Point.READ_BEFORE, Point.READ_AFTER):
                    yield cell, "a worker may or may not read the row"
                elif kind is FaultKind.PAUSE and point not in _ZOMBIE:
                    yield cell, "a pause there shows nothing"
                else:
                    yield cell, self._incapable(kind) or _unspoken(self.ways, queue.worker, kind)


def _unspoken(ways: Ways, worker: str, kind: FaultKind) -> str | None:
    """The reason why the fault cannot strike this worker: no call of the worker has such a reply. None: it can."""
    queues = [queue for queue in ways.lifecycle.queues if queue.worker == worker]
    calls = [call for call in (ways.lifecycle.call_of(queue) for queue in queues) if call is not None]
    if kind in ODD_ANSWERS:
        whys = [lie(call, kind) for call in calls]
        return None if None in whys else whys[0]
    if kind not in (FaultKind.REFUSED, FaultKind.REFUSED_FOR_NOW):
        return None
    if any(rule.outcome.value == kind.value for call in calls for rule in call.outcomes):
        return None
    return f"no reply is {kind.replace('_', ' ')}"


def fault_points() -> Iterator[tuple[FaultKind, Point]]:
    """Every kind of fault, with each point where it can strike."""
    for kind in FaultKind:
        for point in Point:
            at_request = point in (Point.REQUEST_BEFORE, Point.REQUEST_AFTER)
            if kind in AT_A_REQUEST and point is not Point.REQUEST_BEFORE:
                continue
            if kind is FaultKind.CUT and at_request:
                continue
            if point not in AT_A_POINT.get(kind, tuple(Point)):
                continue
            yield kind, point


def by_lock(lifecycle: Lifecycle) -> bool:
    """True if workers claim rows by a row lock, which they hold through the call."""
    return lifecycle.claims is not None and lifecycle.claims.by is ClaimBy.LOCK
