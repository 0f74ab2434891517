"""Handlers, webhooks' events and the guard: they compare the status that they read, and hold no claim."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import ActorKind, CallResult, EarlyEvent, EffectState, Event, Status, Transition
from pointsman.spec.meaning import carried, early_event, event_after
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import Json
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.admin import Administering
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import Assigned, FoundRow, Later, ReadRow, TurnSteps

READS = 5
"""How often a row is read again because another copy was quicker."""


class Handling(Administering):
    """Applies, keeps, ignores or refuses an event from outside."""

    def happen(self, actor: str, row: str, event: str, fields: Mapping[str, Json], id: str = "") -> TurnSteps:  # noqa: A002 - the word of the protocol
        """An event from outside, which may come twice, late or early."""
        if id and self.is_known(id):
            return "ignored"
        for _ in range(READS):
            found = yield from asking.row(ReadRow(row))
            answer = "ignored" if found is None else (yield from self.receive(actor, found, event, fields))
            if answer is not None:
                if id and answer == "applied":
                    self.inbox.add(id)
                return answer
        return "unknown"

    def is_known(self, id: str) -> bool:  # noqa: A002 - the word of the protocol
        """Whether the event was dealt with before."""
        return id in self.inbox

    def receive(self, actor: str, row: FoundRow, event: str, fields: Mapping[str, Json]) -> Doing[str | None]:
        """Applies, keeps, ignores or refuses the event; None where another copy changed the row meanwhile."""
        status = self.rules.status_of(row.columns)
        if status is None:
            return (yield from self.unknown_status(row))
        said = self.rules.event(event)
        carried = self.carried(said, fields)
        if self.finds_out_first(actor, status, event):
            return (yield from self.act_by_hand(actor, row, status, event))
        if said is None and self.is_found_out(event):
            return "refused"  # only the copy that makes the call, or the provider's webhook, can know
        way = self.way_of(actor, row, status, event, carried)
        if way is not None:
            return (yield from self.apply(row, way, carried))
        return (yield from self.where_none_applies(actor, row, status, event, carried))

    def unknown_status(self, row: FoundRow) -> Doing[str]:  # noqa: ARG002 - a wrong implementation writes it
        """Leaves a row alone whose status is undeclared."""
        yield from ()
        return "refused"

    def carried(self, event: Event | None, fields: Mapping[str, Json]) -> dict[str, Value]:
        """The columns that the event fills."""
        return dict(carried(event, fields))

    def finds_out_first(self, actor: str, status: Status, event: str) -> bool:
        """Whether an admin has to find out before they may take this transition."""
        if self.rules.kind(actor) is not ActorKind.ADMIN:
            return False
        queue = self.rules.queue_at(status.name)
        if queue is None or queue.call is None:
            return False
        ways = self.rules.ways(status.name, event, actor)
        gives_up = any((queue.call, EffectState.NOT_DONE) in way.needs for way in ways)
        is_reply = event in {event_after(queue, result) for result in (CallResult.ACCEPTED, CallResult.SETTLED_DONE)}
        done = any((queue.call, EffectState.DONE) in self.lifecycle.status[way.target].means for way in ways)
        return gives_up or (is_reply and done)

    def is_found_out(self, event: str) -> bool:
        """Whether only a call's result or its webhook can tell of the event."""
        return event in self.rules.found_out

    def way_of(
        self, actor: str, row: FoundRow, status: Status, event: str, carried: Mapping[str, Value]
    ) -> Transition | None:
        """The guard: the declared transition that this actor may take now, if there is one."""
        way = self.rules.way(status.name, event, actor, {**row.columns, **carried})
        if way is None or way.needs or not self.is_complete(way, row, carried):
            return None  # whether a call is done or not is found out, and nothing that comes from outside says it
        return way

    def is_complete(self, way: Transition, row: FoundRow, carried: Mapping[str, Value]) -> bool:
        """Whether the row has the columns that the target requires, after the write."""
        return not self.rules.lacks(way, row.columns, self.entering(way, carried))

    def apply(self, row: FoundRow, way: Transition, carried: Mapping[str, Assigned]) -> Doing[str | None]:
        """Take the transition, if the status is still the one that was read."""
        if way.source == way.target and not self.is_news(row, carried):
            return "ignored"
        done = yield from self.write(row, self.entering(way, carried), self.where_status(row))
        return "applied" if done is not None else None

    def is_news(self, row: FoundRow, carried: Mapping[str, Assigned]) -> bool:
        """Whether an event that stays in the status brings anything new; one that carries nothing always does."""
        return not carried or any(row.columns.get(name) != value for name, value in carried.items())

    def where_none_applies(
        self,
        actor: str,  # noqa: ARG002 - a wrong implementation asks for it
        row: FoundRow,
        status: Status,
        event: str,
        carried: Mapping[str, Value],
    ) -> Doing[str | None]:
        """Keep, ignore or refuse, as the spec says of this status."""
        said = self.rules.event(event)
        match early_event(said, status.name):
            case EarlyEvent.KEEP if said is not None and said.keep_in is not None:
                return (yield from self.keep(row, said.keep_in, carried))
            case EarlyEvent.IGNORE:
                return "ignored"
        return "refused"

    def keep(self, row: FoundRow, keep_in: str, carried: Mapping[str, Value]) -> Doing[str | None]:
        """Remember an event that comes too early, if none is remembered yet."""
        if row.columns.get(keep_in) is not None:
            return "ignored"
        where = {**self.where_status(row), keep_in: None}
        done = yield from self.write(row, {**carried, keep_in: Later()}, where)
        return "applied" if done is not None else None

    # --- outright --------------------------------------------------------------------------

    def move_to(self, actor: str, row: str, target: str) -> TurnSteps:
        """An actor asks for a status. It is refused unless a transition of this actor leads there."""
        for _ in range(READS):
            found = yield from asking.row(ReadRow(row))
            answer = "ignored" if found is None else (yield from self.ask_for(actor, found, target))
            if answer is not None:
                return answer
        return "unknown"

    def ask_for(self, actor: str, row: FoundRow, target: str) -> Doing[str | None]:
        """The answer to a request for the status `target`: a transition's event is received, or it is refused."""
        status = self.rules.status_of(row.columns)
        if status is None or target not in self.lifecycle.status:
            return (yield from self.unknown_status(row)) if status is None else "refused"
        for way in self.lifecycle.moves[status.name]:
            if way.target == target and way.source != target and (not way.by or actor in way.by) and way.event:
                return (yield from self.receive(actor, row, way.event, {}))
        return "refused"
