"""The tables of a guide, computed before the first step from the spec, the roles and the driver's capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pointsman.spec import meaning
from pointsman.spec.lifecycle import ActorKind, Delivery, Queue, Repeat, Transition
from pointsman_conformance.core.driver import Capability, ImplementationInfo
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.plan import Crash, Fault, FaultKind, Work
from pointsman_conformance.search.cells import CAN, event_cell, pair_cell, refused_cell, status_cell, transition_cell
from pointsman_conformance.search.fault_sites import Strike, strikes
from pointsman_conformance.search.values import Values
from pointsman_conformance.search.ways import Route, Way, Ways, is_good
from pointsman_conformance.search.weights import NOTHING, CellWeights, Slot

_POLL, _CRASH = 4, 16
"""The weight of a turn without a reason, and that of all crashes between turns together."""

_ONWARD = 4
"""The weight of bringing a row to a status with a way out, where a status without one weighs 1."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A way out of a status, with the slots of the cells that it reaches.

    `slot` is that of its transition, `NOTHING` for other actors' ways. `base` is its weight where no cell needs it.
    `after` has the slots of the pairs that it completes, by the number of the transition before. `turn` is the turn of
    work that takes it, for a way by work. `told`: in this status the provider has a webhook about it for certain.
    """

    way: Way
    base: int
    slot: Slot
    after: Mapping[int, Slot]
    turn: Work
    told: bool


class Precomputed:
    """The tables for one spec and one implementation. Each is computed at its first use and kept."""

    def __init__(self, ways: Ways, about: ImplementationInfo, needs: CellWeights) -> None:
        self._ways, self._about, self._needs = ways, about, needs
        self._lifecycle = ways.lifecycle

    @cached_property
    def statuses(self) -> Mapping[str, Slot]:
        """The slot of each status."""
        return {status.name: self._needs.slot(status_cell(status.name)) for status in self._lifecycle.statuses}

    @cached_property
    def transitions(self) -> tuple[Slot, ...]:
        """The slot of each transition, by its number."""
        numbers = range(len(self._lifecycle.transitions))
        return tuple(self._needs.slot(transition_cell(self._lifecycle, number)) for number in numbers)

    @cached_property
    def between(self) -> Mapping[tuple[str, str], int]:
        """The first transition between two statuses."""
        return {move.pair: n for n, move in reversed(list(enumerate(self._lifecycle.transitions)))}

    @cached_property
    def pairs(self) -> Mapping[tuple[int, int], Slot]:
        """The slot of each pair of transitions that follow each other."""
        moves = list(enumerate(self._lifecycle.transitions))
        return {
            (first, second): self._needs.slot(pair_cell(self._lifecycle, first, second))
            for first, before in moves
            for second, after in moves
            if before.target == after.source
        }

    @cached_property
    def ways(self) -> Mapping[str | None, tuple[Outlook, ...]]:
        """The ways out of each status; the key None stands for an unknown status."""
        return {status: tuple(self._outlook(way, status) for way in ways) for status, ways in self._ways.out_of.items()}

    @cached_property
    def queues(self) -> Mapping[str | None, tuple[Queue, ...]]:
        """The queues with a worker that poll each status; the key None stands for an unknown status."""
        found: dict[str | None, tuple[Queue, ...]] = {None: ()}
        return found | dict(self._ways.queues_of)

    def _outlook(self, way: Way, status: str) -> Outlook:
        slot = self.transitions[way.number] if way.actor in self._about.roles else NOTHING
        after = {first: pair for (first, second), pair in self.pairs.items() if second == way.number}
        turn = Work(way.actor, faults=() if is_good(way) else (Fault(FaultKind.REFUSED),))
        told = way.call is not None and way.call.name in dict(self._lifecycle.status[status].means)
        return Outlook(way, self.base(way.transition.target), slot, after, turn, told)

    def base(self, status: str) -> int:
        """The weight of bringing a row to `status` where no cell needs it: 1 for a status without a way out."""
        return _ONWARD if self._lifecycle.moves[status] else 1

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """The statuses in which new rows are created."""
        return tuple(status.name for status in self._lifecycle.statuses)

    @cached_property
    def prepared(self) -> Mapping[str, tuple[Columns, ...]]:
        """By status: the columns of a new row for each transition out of it that needs any."""
        values = Values(self._lifecycle)
        return {
            status: tuple(held for held in map(values.preparing, moves) if held)
            for status, moves in self._lifecycle.moves.items()
        }

    @cached_property
    def once(self) -> frozenset[str]:
        """The events that are delivered at most once."""
        return frozenset(e.name for e in self._lifecycle.events if e.delivery is not Delivery.AT_LEAST_ONCE)

    def worth_of_start(self, status: str) -> int:
        """The weight of a new row in `status`, by the cells that it can reach from there."""
        onward = sum(self._needs.table[way.slot] for way in self.ways[status])
        asked = sum(self._needs.of(slots) for _, _, slots in self.events[status])
        moves = sum(self._needs.table[slot] for _, _, slot in self.moves[status])
        return self._needs.table[self.statuses[status]] + onward + (asked + moves) // 4

    @cached_property
    def sweeps(self) -> Mapping[str | None, tuple[tuple[str, Work], ...]]:
        """By status in which a kept event can apply: the column that keeps it, and the turn that applies it."""
        found: dict[str, list[tuple[str, Work]]] = {}
        for event in self._lifecycle.events:
            for move in self._lifecycle.transitions if event.keep_in is not None else ():
                for actor in self._ways.actors(move) if move.event == event.name else ():
                    if event.keep_in is not None and actor.kind in (ActorKind.WORKER, ActorKind.HANDLER):
                        found.setdefault(move.source, []).append((event.keep_in, Work(actor.name)))
        return {status: tuple(sweeps) for status, sweeps in found.items()}

    @cached_property
    def events(self) -> Mapping[str | None, tuple[tuple[str, str, tuple[Slot, ...]], ...]]:
        """By status (None: unknown): event, actor and slots of each event of the roles that no transition takes."""
        ours = dict.fromkeys(
            (way.transition.event or "", way.actor)
            for way in self._ways.all
            if way.route is Route.HAPPEN and way.actor in self._about.roles and self._can(Capability.EVENTS)
        )
        found: dict[str | None, tuple[tuple[str, str, tuple[Slot, ...]], ...]] = {
            status.name: tuple(
                (event, actor, self._asking(event, status.name))
                for event, actor in ours
                if not any(way.transition.event == event for way in self._ways.out_of[status.name])
            )
            for status in self._lifecycle.statuses
        }
        return {**found, None: tuple((event, actor, ()) for event, actor in ours)}

    @cached_property
    def heard(self) -> Mapping[str, tuple[tuple[str, str, Transition | None], ...]]:
        """By status: each event that can be handed to a role there, with the actor and the transition that takes it."""
        return {
            status.name: (
                *(
                    (way.transition.event or "", way.actor, way.transition)
                    for way in self._ways.out_of[status.name]
                    if way.route is Route.HAPPEN and way.actor in self._about.roles
                ),
                *((event, actor, None) for event, actor, _ in self.events[status.name]),
            )
            for status in self._lifecycle.statuses
        }

    def _asking(self, event: str, status: str) -> tuple[Slot, ...]:
        targets = {move.target for move in self._lifecycle.transitions if move.event == event}
        strange = [t for t in sorted(targets) if t != status and (status, t) not in self._lifecycle.pairs]
        cells = [event_cell(event, status), *(refused_cell(status, target) for target in strange)]
        return tuple(self._needs.slot(cell) for cell in cells)

    @cached_property
    def moves(self) -> Mapping[str | None, tuple[tuple[str, str, Slot], ...]]:
        """By status: target, actor and slot of each move that the spec does not have, by one of the roles."""
        roles = sorted(self._about.roles) if self._can(Capability.MOVES) else []
        names = [status.name for status in self._lifecycle.statuses]
        found: dict[str | None, tuple[tuple[str, str, Slot], ...]] = {
            source: tuple(
                (target, roles[place % len(roles)], self._needs.slot(refused_cell(source, target)))
                for place, target in enumerate(names)
                if roles and target != source and (source, target) not in self._lifecycle.pairs
            )
            for source in names
        }
        return {**found, None: tuple((target, roles[0], NOTHING) for target in names if roles)}

    @cached_property
    def hooked(self) -> bool:
        """True if the provider sends webhooks about this spec's calls."""
        return any(call.webhooks for call in self._lifecycle.calls)

    @cached_property
    def hooks(self) -> Mapping[str | None, tuple[Slot, ...]]:
        """The slots that a webhook reaches in each status."""
        types = [hook.type for call in self._lifecycle.calls for hook in call.webhooks]
        named: dict[str | None, tuple[Slot, ...]] = {
            status.name: tuple(self._needs.slot(event_cell(type_, status.name)) for type_ in types)
            for status in self._lifecycle.statuses
        }
        return {**named, None: ()}

    @cached_property
    def polls(self) -> tuple[tuple[int, Work], ...]:
        """A turn of each worker that polls, with a small weight."""
        workers = dict.fromkeys(queue.worker for queue in self._lifecycle.queues if queue.worker is not None)
        return tuple((_POLL, Work(worker)) for worker in workers)

    @cached_property
    def strikes(self) -> Mapping[tuple[str, str], tuple[tuple[Strike, tuple[Slot, ...]], ...]]:
        """By queue and status: the faults that can strike the worker there, if it is a role, with their slots."""
        return {
            (queue.name, status): tuple(
                (strike, tuple(self._needs.slot(cell) for cell in strike.cells))
                for strike in strikes(self._ways, queue, status, self._about.capabilities, self._about.roles)
                if queue.worker in self._about.roles
            )
            for queue in self._lifecycle.queues
            for status in queue.statuses
        }

    @cached_property
    def limits(self) -> Mapping[str, tuple[str, int]]:
        """By status whose queue limits attempts: the column that counts them, and the limit."""
        return {
            status: (queue.attempts.column, queue.attempts.limit)
            for queue in self._lifecycle.queues
            if queue.attempts is not None and queue.attempts.limit is not None
            for status in queue.statuses
        }

    def at_request(self, queue: Queue) -> tuple[FaultKind, ...]:
        """The faults of a request after which two copies of a worker know the most different things."""
        kinds = (FaultKind.LOST_REQUEST, FaultKind.LOST_REPLY, FaultKind.REFUSED, FaultKind.REFUSED_FOR_NOW)
        known = {strike.kind for status in queue.statuses for strike, _ in self.strikes.get((queue.name, status), ())}
        return tuple(kind for kind in kinds if kind in known)

    @cached_property
    def by_hand(self) -> Mapping[str, tuple[str, ...]]:
        """By status: the calls whose effect may be made by hand at the provider."""
        found: dict[str, list[str]] = {}
        for queue in self._lifecycle.queues:
            call = self._lifecycle.call_of(queue)
            if call is not None and call.repeat is Repeat.ALREADY_DONE:
                for status in queue.statuses:
                    found.setdefault(status, []).append(call.name)
        return {status: tuple(dict.fromkeys(calls)) for status, calls in found.items()}

    @cached_property
    def crashes(self) -> tuple[tuple[int, Crash], ...]:
        """The crashes of roles between turns, each with its weight; empty if the driver has no crashes."""
        roles = sorted(self._about.roles) if self._can(Capability.CRASHES) else ()
        return tuple((max(1, _CRASH // len(roles)), Crash(role)) for role in roles)

    @cached_property
    def to_a_handler(self) -> tuple[FaultKind, ...]:
        """The faults that can strike the handler of an event."""
        kinds = (FaultKind.PAUSE, FaultKind.CRASH, FaultKind.CUT)
        return tuple(kind for kind in kinds if self._can(CAN[kind]))

    @cached_property
    def lifetimes(self) -> tuple[tuple[str, float], ...]:
        """The columns with the time of a key's first use, each with the key's lifetime in seconds."""
        found = {
            call.key_first_used: meaning.seconds(call.key_lifetime)
            for call in self._lifecycle.calls
            if call.key_first_used is not None and call.key_lifetime is not None
        }
        return tuple((column, seconds) for column, seconds in found.items())

    def _can(self, capability: Capability) -> bool:
        return capability in self._about.capabilities
