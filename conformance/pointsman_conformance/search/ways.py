"""The ways to bring each transition of a spec about from outside: a turn of work, a webhook, an event, or a move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from pointsman.spec.lifecycle import (
    Actor,
    ActorKind,
    Call,
    CallResult,
    Lifecycle,
    Outcome,
    Queue,
    Transition,
    Webhook,
)
from pointsman.spec.meaning import EFFECT_IS_DONE, event_after, event_of, lease_of, results_with, seconds
from pointsman.world.replies import Nature, heard
from pointsman_conformance.core.plan import FaultKind


class Route(StrEnum):
    """The kind of step that brings a transition about: a turn of work, a webhook, an event, or a wanted status.

    An event that only a later webhook reports is handed over as an event of the provider.
    """

    WORK = "work"
    HOOK = "hook"
    HAPPEN = "happen"
    MOVE = "move"


ANYBODY = Actor("anybody", ActorKind.HANDLER)
"""The actor of every transition in a spec that names no actors. Saved plans contain the name, so it stays."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to have `transition` (number `number` of the spec, from 0) taken by `actor`.

    A way by work has its `queue`, and the `replies` that lead to the event (none where the queue makes no call). A way
    by webhook has its `call` and `hook`.
    """

    number: int
    transition: Transition
    actor: str
    route: Route
    queue: Queue | None = None
    replies: tuple[CallResult, ...] = ()
    call: Call | None = None
    hook: Webhook | None = None


EFFECTIVE = frozenset(
    {
        FaultKind.LOST_REPLY,
        FaultKind.EXECUTING,
        FaultKind.ERROR_AFTER_EFFECT,
        FaultKind.TRUNCATED,
        FaultKind.SLOW,
    }
)
"""The faults under which the provider still makes the effect."""

_NATURES: Mapping[FaultKind, Nature] = MappingProxyType(
    {
        FaultKind.LOST_REQUEST: Nature.SILENT,
        FaultKind.LOST_REPLY: Nature.SILENT,
        FaultKind.EXECUTING: Nature.SILENT,
        FaultKind.TRUNCATED: Nature.SILENT,
        FaultKind.ERROR: Nature.ERROR,
        FaultKind.ERROR_AFTER_EFFECT: Nature.ERROR,
        FaultKind.REFUSED: Nature.REFUSED,
        FaultKind.REFUSED_FOR_NOW: Nature.REFUSED_FOR_NOW,
        FaultKind.THROTTLED: Nature.THROTTLED,
        FaultKind.UNAUTHORIZED: Nature.THROTTLED,
        FaultKind.BUSY: Nature.BUSY,
        FaultKind.SLOW: Nature.MADE,
    }
)


@dataclass(frozen=True)
class Ways:
    """Every way of every transition of `lifecycle`, by order, by status and by queue."""

    lifecycle: Lifecycle

    @cached_property
    def all(self) -> tuple[Way, ...]:
        """Every way, in the order of the spec's transitions."""
        return tuple(self._all())

    @cached_property
    def out_of(self) -> Mapping[str, tuple[Way, ...]]:
        """The ways by the source of their transition; every status is a key."""
        found: dict[str, list[Way]] = {status.name: [] for status in self.lifecycle.statuses}
        for way in self.all:
            found[way.transition.source].append(way)
        return MappingProxyType({status: tuple(ways) for status, ways in found.items()})

    @cached_property
    def queues_of(self) -> Mapping[str, tuple[Queue, ...]]:
        """The queues with a worker that poll each status."""
        return MappingProxyType(
            {
                status: tuple(queue for queue in queues if queue.worker)
                for status, queues in self.lifecycle.queues_of.items()
            }
        )

    def actors(self, transition: Transition) -> tuple[Actor, ...]:
        """The actors that may take `transition`: those that it names or, where it names none, all."""
        everybody = self.lifecycle.actors or (ANYBODY,)
        return tuple(actor for actor in everybody if not transition.by or actor.name in transition.by)

    def _all(self) -> Iterator[Way]:
        for number, transition in enumerate(self.lifecycle.transitions):
            for actor in self.actors(transition):
                yield from self._of(number, transition, actor)

    def _of(self, number: int, transition: Transition, actor: Actor) -> Iterator[Way]:
        if transition.event is None:
            yield Way(number, transition, actor.name, Route.MOVE)
            return
        if actor.kind is ActorKind.WORKER:
            for queue in self.queues_of[transition.source]:
                replies = results_with(queue, transition.event)
                if queue.worker == actor.name and (replies or queue.call is None):
                    yield Way(number, transition, actor.name, Route.WORK, queue, replies)
            return
        told = [
            (call, hook)
            for call in self.lifecycle.calls
            for hook in call.webhooks[:1]  # the first tells of the effect; the others of what becomes of it later
            if actor.kind is ActorKind.WEBHOOK and transition.event == event_of(hook, transition.source)
        ]
        for call, hook in told:
            yield Way(number, transition, actor.name, Route.HOOK, None, (), call, hook)
        if not told:
            yield Way(number, transition, actor.name, Route.HAPPEN)


def is_good(way: Way) -> bool:
    """True if the transition follows an effect that was made, or no reply at all; False after refusals."""
    return not way.replies or bool(EFFECT_IS_DONE & set(way.replies))


def stops_at(queue: Queue, call: Call, kind: FaultKind) -> frozenset[str] | None:
    """The events by which rows of `queue` leave their status right after a fault of this kind; None if rows may stay.

    Empty if the spec describes no such reply: the fault cannot be played then.
    """
    nature = _NATURES.get(kind)
    if nature is None or kind is FaultKind.SLOW:
        return None
    events = [event_after(queue, CallResult(reply.outcome)) for reply in heard(call, nature)]
    named = frozenset(event for event in events if event is not None)
    return None if None in events else named


def can_lead(way: Way, call: Call, kind: FaultKind) -> str | None:
    """The reason why a fault of this kind cannot come before the transition of `way`; None where it can."""
    if way.queue is None:
        return "no queue makes this transition"
    if kind in (FaultKind.REFUSED, FaultKind.REFUSED_FOR_NOW) and not _described(call, kind):
        return f"{call.name} describes no reply that is {kind.replace('_', ' ')}"
    if not is_good(way) and kind in EFFECTIVE:
        return "the effect is made, so nothing is given up"
    ends = stops_at(way.queue, call, kind)
    if ends is not None and way.transition.event not in ends:
        return f"such a reply ends in {', '.join(sorted(ends))}"
    return None


def _described(call: Call, kind: FaultKind) -> bool:
    wanted = Outcome(kind.value)
    return any(rule.outcome is wanted for rule in call.outcomes)


def longest(queue: Queue, lifecycle: Lifecycle) -> float:
    """The seconds after which a row of `queue` is surely due again: the longest backoff or the lease, plus 1."""
    pauses: list[float] = [1.0]
    if queue.backoff is not None:
        limit = queue.attempts.limit if queue.attempts is not None and queue.attempts.limit is not None else 50
        top = queue.backoff.ceiling or queue.backoff.pause(limit + 1)
        pauses.append(seconds(top) * (1 + queue.backoff.jitter))
    pauses.append(lease_of(lifecycle) or 0.0)
    return max(pauses) + 1


def by_number(ways: Iterable[Way]) -> Mapping[int, tuple[Way, ...]]:
    """The ways of each transition, by its number."""
    found: dict[int, list[Way]] = {}
    for way in ways:
        found.setdefault(way.number, []).append(way)
    return MappingProxyType({number: tuple(each) for number, each in found.items()})
