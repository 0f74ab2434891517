"""Lookups in a lifecycle for the reference implementation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pointsman.spec import condition
from pointsman.spec.condition import Condition
from pointsman.spec.database_names import is_swept
from pointsman.spec.lifecycle import (
    Actor,
    ActorKind,
    Call,
    ClaimBy,
    EffectState,
    Event,
    Lifecycle,
    Now,
    Queue,
    Status,
    StatusKind,
    Table,
    Transition,
    Webhook,
)
from pointsman.spec.meaning import (
    event_of,
    events_after,
    events_of,
    lease_of,
    longest_pause_of,
    status_in,
    transitions_by,
)
from pointsman.spec.satisfiable import overlap
from pointsman.sql.schema import table_of
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.reference.operation import Assigned, Later

_KNOWN: dict[int, Rules] = {}
_MOST_KNOWN = 16


def rules_of(lifecycle: Lifecycle) -> Rules:
    """The rules of this lifecycle; the same object again for the same one, since many copies read it."""
    found = _KNOWN.get(id(lifecycle))
    if found is None or found.lifecycle is not lifecycle:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        found = _KNOWN[id(lifecycle)] = Rules(lifecycle)
    return found


class Rules:
    """Lookups in a lifecycle, cached. Raises UsageError where the spec has no table."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self.lifecycle = lifecycle
        self.table: Table = table_of(lifecycle)
        claims = lifecycle.claims
        self.bumps = claims is not None and claims.by is ClaimBy.BUMP
        self.fence = claims.fence if claims is not None and self.bumps else None
        self.lease = lease_of(lifecycle)
        self.pause = longest_pause_of(lifecycle)
        self._solutions: dict[Condition, Mapping[str, condition.SqlValue]] = {}

    # --- statuses and transitions -------------------------------------------------

    def status_of(self, columns: Columns) -> Status | None:
        """The row's status; None where the spec does not know it."""
        return status_in(self.lifecycle, columns)

    def kind(self, actor: str) -> ActorKind | None:
        """The kind of the actor; None where the spec does not declare it."""
        found: Actor | None = self.lifecycle.actor.get(actor)
        return found.kind if found is not None else None

    def ways(self, status: str, event: str | None, actor: str | None) -> tuple[Transition, ...]:
        """The transitions out of `status` by `event` that `actor` may take; None: every actor."""
        return transitions_by(self.lifecycle, status, event, actor)

    def way(self, status: str, event: str | None, actor: str | None, columns: Columns) -> Transition | None:
        """The first of the `ways` whose condition `columns` meet."""
        return next((way for way in self.ways(status, event, actor) if self.meets(way.when, columns)), None)

    def meets(self, when: Condition | None, columns: Columns) -> bool:
        """Whether a condition is true of the row: what SQL calls unknown is not."""
        if when is None:
            return True
        known = {name: value for name, value in columns.items() if not isinstance(value, float)}
        known.update(
            {name: 1 for name, value in columns.items() if isinstance(value, float)}
        )  # only whether it is null
        try:
            return condition.evaluate(when, known) is True
        except (KeyError, TypeError):
            return False

    def solution(self, when: Condition) -> Mapping[str, condition.SqlValue]:
        """A row of which `when` is true; empty where none is found."""
        if when not in self._solutions:
            found = overlap(when, None, self.table.columns)
            self._solutions[when] = found if isinstance(found, Mapping) else {}
        return self._solutions[when]

    @cached_property
    def far(self) -> Mapping[str, int]:
        """How many transitions each status is from one where a row may stay; only where there is a way."""
        far = {status.name: 0 for status in self.lifecycle.statuses if status.kind is not StatusKind.TRANSIENT}
        beyond = len(self.lifecycle.statuses) + 1
        for _ in self.lifecycle.statuses:
            for way in self.lifecycle.transitions:
                if way.target in far and far[way.target] + 1 < far.get(way.source, beyond):
                    far[way.source] = far[way.target] + 1
        return far

    def entering(self, way: Transition, brought: Mapping[str, Assigned]) -> dict[str, Assigned]:
        """The columns that a write along `way` assigns: `on_entry` wins over the columns that are brought."""
        target = self.lifecycle.status[way.target]
        settings = {name: Later() if isinstance(value, Now) else value for name, value in target.on_entry}
        return {self.table.status_column: target.value, **brought, **settings}

    def lacks(self, way: Transition, columns: Columns, assigned: Mapping[str, Assigned]) -> bool:
        """Whether the row would lack what the status requires."""
        after = {**columns, **assigned}
        return any(after.get(name) is None for name in self.lifecycle.status[way.target].requires)

    # --- events ---------------------------------------------------------------------

    def event(self, name: str) -> Event | None:
        """The event from outside, if it is one."""
        return self.lifecycle.event.get(name)

    def sweeps(self, actor: str) -> tuple[int, ...]:
        """The transitions by which `actor` applies kept events."""
        return self._sweeps.get(actor, ())

    @cached_property
    def _sweeps(self) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for number, way in enumerate(self.lifecycle.transitions):
            event = self.lifecycle.event.get(way.event or "")
            if event is None or not is_swept(self.lifecycle, event):
                continue
            for actor in way.by:
                found.setdefault(actor, []).append(number)
        return {actor: tuple(numbers) for actor, numbers in found.items()}

    # --- queues and calls -------------------------------------------------------------

    def queues(self, actor: str) -> tuple[Queue, ...]:
        """The queues that `actor` polls."""
        return tuple(queue for queue in self.lifecycle.queues if queue.worker == actor)

    def queue_at(self, status: str) -> Queue | None:
        """A queue with a call that holds rows in `status`."""
        return next((queue for queue in self.lifecycle.queues_of[status] if queue.call is not None), None)

    @cached_property
    def found_out(self) -> frozenset[str]:
        """The events that only a reply or the provider's webhook tells of."""
        results = (event for queue in self.lifecycle.queues for event in events_after(queue))
        hooks = (event for call in self.lifecycle.calls for hook in call.webhooks for event in events_of(hook))
        return frozenset((*results, *hooks))

    def hook_for(self, status: str, event: str) -> tuple[Call, Webhook] | None:
        """A webhook that means `event` for a row in `status`; else one whose own event it is."""
        hooks = [(call, hook) for call in self.lifecycle.calls for hook in call.webhooks]
        here = (each for each in hooks if event_of(each[1], status) == event)
        return next(here, next((each for each in hooks if each[1].event == event), None))

    def giving_up(self, status: str, actor: str, call: Call) -> tuple[Transition, ...]:
        """The transitions by which `actor` may give `call` up."""
        needed = (call.name, EffectState.NOT_DONE)
        return tuple(way for way in self.lifecycle.moves[status] if actor in way.by and needed in way.needs)


def count(columns: Columns, name: str) -> int:
    """A counter's value; 0 for null."""
    value: Value = columns.get(name)
    return value if isinstance(value, int) else 0
