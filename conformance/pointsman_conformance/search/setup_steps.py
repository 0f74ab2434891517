"""The steps that make an implementation take a wanted transition by a known way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pointsman.spec.lifecycle import ActorKind, Call, CallResult, EffectState, Lifecycle, Queue
from pointsman.spec.meaning import seconds
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.plan import (
    Advance,
    Create,
    Dashboard,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Move,
    Plan,
    Point,
    Work,
)
from pointsman_conformance.search.cells import CAN, by_lock
from pointsman_conformance.search.fault_sites import executing_for, short_pause, zombie
from pointsman_conformance.search.values import Values
from pointsman_conformance.search.ways import Route, Way, Ways, is_good, longest, stops_at

_BY_REPLY = (
    (CallResult.REFUSED, FaultKind.REFUSED),
    (CallResult.REFUSED_FOR_NOW, FaultKind.REFUSED_FOR_NOW),
    (CallResult.NOT_TRIED, FaultKind.THROTTLED),
    (CallResult.UNKNOWN, FaultKind.LOST_REQUEST),
)
"""For each result of a call, the fault that brings it about."""

MOST_TURNS = 20
"""The most turns that are played to use up a queue's attempts, however many it allows."""


@dataclass(frozen=True)
class Bringing:
    """Makes setup steps for one lifecycle."""

    lifecycle: Lifecycle

    @cached_property
    def ways(self) -> Ways:
        """Every way of every transition."""
        return Ways(self.lifecycle)

    @cached_property
    def values(self) -> Values:
        """Values for events and new rows."""
        return Values(self.lifecycle)

    def row(self, label: str, status: str, **columns: Value) -> Create:
        """A new row in `status`, with values for `columns`."""
        return Create(label, status, columns)

    def ready(self, label: str, *ways: Way) -> Create:
        """A new row in the source of the first of `ways`, with columns for which all of them can be taken."""
        columns = self.values.preparing(*(way.transition for way in ways))
        return Create(label, ways[0].transition.source, columns)

    def bring(self, way: Way, label: str, number: int = 1) -> Plan:
        """The steps by which the row `label`, which is due in the source of `way`, takes `way`.

        Events with different `number` have different ids.
        """
        if way.route is Route.WORK and way.queue is not None:
            return self._work(way, way.queue, label)
        if way.route is Route.HOOK and way.call is not None:
            return (*self._told(way, way.call, label), DeliverWebhooks(label))
        if way.route is Route.MOVE:
            return (Move(label, way.transition.target, way.actor),)
        wait = (Advance(1.0),) if way.transition.source == way.transition.target else ()
        return (*wait, *self._found_out(way), self.happen(way, label, number=number))

    def happen(self, way: Way, label: str, part: int = 0, number: int = 1) -> Happen:
        """The event of `way`, with its fields. `part` and `number` are those of `Values.fields` and `bring`."""
        event = way.transition.event or ""
        fields = self.values.fields(event, way.transition, {}, part)
        if way.transition.source == way.transition.target:
            fields = {**self.values.news(event, number), **fields}
        return Happen(label, event, way.actor, f"{event}-{label}-{number}", fields)

    def until_due(self, status: str) -> Plan:
        """The wait until a row that has just entered `status` is due there; empty where it is due at once."""
        queues = self.ways.queues_of[status]
        entry = {name for name, _ in self.lifecycle.status[status].on_entry}
        if not queues or all(queue.due in entry for queue in queues):
            return ()
        return (Advance(max(longest(queue, self.lifecycle) for queue in queues)),)

    def worn_out(self, queue: Queue, kind: FaultKind, more: int = 0) -> Plan:
        """A turn for each attempt of the queue, plus `more`: each under the same fault, when the row is due."""
        limit = queue.attempts.limit if queue.attempts is not None and queue.attempts.limit is not None else 3
        turn = (Work(queue.worker or "", faults=(self.fault(queue, kind),)), Advance(longest(queue, self.lifecycle)))
        return turn * (min(limit, MOST_TURNS) + more)

    def fault(self, queue: Queue, kind: FaultKind, *, effect: bool = True) -> Fault:
        """A fault of this kind at the point that tests most; without `effect`, a crash comes before the effect."""
        call = self.lifecycle.call_of(queue)
        seconds = executing_for(call, 5) if kind is FaultKind.EXECUTING else 0.0
        if kind is FaultKind.PAUSE and by_lock(self.lifecycle):
            return short_pause(self.ways, Point.WRITE_AFTER)
        if kind is FaultKind.PAUSE:
            return zombie(self.ways, Point.WRITE_AFTER, ())
        if kind is FaultKind.CUT:
            return Fault(kind, Point.WRITE_AFTER)
        if kind is FaultKind.CRASH:
            return Fault(kind, Point.REQUEST_AFTER if effect and call is not None else Point.WRITE_AFTER)
        return Fault(kind, seconds=seconds)

    def can(self, kind: FaultKind, capabilities: frozenset[Capability]) -> bool:
        """True if a driver with `capabilities` can bring about faults of this kind."""
        return CAN.get(kind) is None or CAN[kind] in capabilities

    # --- work ------------------------------------------------------------------

    def _work(self, way: Way, queue: Queue, label: str) -> Plan:
        call = self.lifecycle.call_of(queue)
        if call is None:  # no plan decides its finding, so it gets four turns
            return (Work(way.actor), Advance(longest(queue, self.lifecycle))) * 4
        if not is_good(way):
            return self._given_up(way, queue, call)
        by_hand = (Dashboard(label, call.name),) if set(way.replies) == {CallResult.ALREADY_DONE} else ()
        return (*by_hand, Work(way.actor))

    def _given_up(self, way: Way, queue: Queue, call: Call) -> Plan:
        for reply, kind in _BY_REPLY:
            if reply in way.replies:
                return (Work(way.actor, faults=(Fault(kind),)),)
        for kind in (FaultKind.REFUSED, FaultKind.REFUSED_FOR_NOW):
            if stops_at(queue, call, kind) is None and self._describes(call, kind):
                return (*self.worn_out(queue, kind), Work(way.actor))
        lifetime = seconds(call.key_lifetime)
        return (*self.worn_out(queue, FaultKind.LOST_REQUEST), Advance(lifetime + 1), Work(way.actor))

    def _describes(self, call: Call, kind: FaultKind) -> bool:
        return any(rule.outcome.value == kind.value for rule in call.outcomes)

    # --- effects that webhooks and admins report ---------------------------------------------

    def _told(self, way: Way, call: Call, label: str) -> Plan:
        """The steps after which the provider has a webhook to send."""
        if call.name in dict(self.lifecycle.status[way.transition.source].means):
            return ()
        queue = self._maker(call, way.transition.source)
        if queue is not None:
            return (Work(queue.worker or "", faults=(Fault(FaultKind.LOST_REPLY),)),)
        return (Dashboard(label, call.name),)

    def _found_out(self, way: Way) -> Plan:
        """The steps that make the effect which an admin is to find at the provider; empty for other actors."""
        actor = self.lifecycle.actor.get(way.actor)
        if actor is None or actor.kind is not ActorKind.ADMIN:
            return ()
        before, after = (dict(self.lifecycle.status[name].means) for name in way.transition.pair)
        for name, what in after.items():
            queue = self._maker(self.lifecycle.call[name], way.transition.source)
            if what is EffectState.DONE and name not in before and queue is not None:
                lost = Work(queue.worker or "", faults=(Fault(FaultKind.LOST_REPLY),))
                return (lost, Advance(longest(queue, self.lifecycle)))
        return ()

    def _maker(self, call: Call, status: str) -> Queue | None:
        return next((queue for queue in self.ways.queues_of[status] if queue.call == call.name), None)
