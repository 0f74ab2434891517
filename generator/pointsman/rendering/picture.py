"""The content of a diagram of a lifecycle, for every diagram language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pointsman.rendering.wording import visible, ways
from pointsman.spec.finding import shown
from pointsman.spec.lifecycle import Actor, ActorKind, EarlyEvent, Lifecycle, Queue, Status, Transition
from pointsman.spec.meaning import statuses_answering

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class ArrowEvent:
    """One event of an arrow, its condition, and the actors that may take it."""

    event: str | None
    condition: str | None
    actors: tuple[Actor, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """All transitions from one status to another. `outside` is true if each of their events comes from outside."""

    source: str
    target: str
    ways: tuple[ArrowEvent, ...]
    outside: bool


@dataclass(frozen=True, slots=True)
class Notes:
    """The lines under a status's name: its stored value where that differs, its queues, the events that it keeps."""

    stored: str | None
    queues: tuple[str, ...]
    kept: tuple[str, ...]


def arrows(lifecycle: Lifecycle) -> tuple[Arrow, ...]:
    """One arrow for each pair of statuses with a transition, in the order of the spec."""
    return tuple(
        Arrow(
            *pair,
            ways=tuple(_way(lifecycle, transition) for transition in transitions),
            outside=all(transition.event in lifecycle.event for transition in transitions),
        )
        for pair, transitions in ways(lifecycle.transitions).items()
    )


def _way(lifecycle: Lifecycle, transition: Transition) -> ArrowEvent:
    condition = None if transition.when_text is None else cut(transition.when_text)
    return ArrowEvent(transition.event, condition, tuple(lifecycle.actor[name] for name in transition.by))


def stored(status: Status) -> str | None:
    """The line for a status's stored value; None if the value is the status's name."""
    return None if status.value == status.name else f"stored as {shown(status.value, _LONGEST)}"


def queues(lifecycle: Lifecycle) -> Mapping[str, tuple[str, ...]]:
    """By the status's name, a line for each queue that holds the status. A status without a queue has no entry."""
    found: dict[str, tuple[str, ...]] = {}
    for queue in lifecycle.queues:
        for status in queue.statuses:
            found[status] = (*found.get(status, ()), _queue(queue))
    return found


def _queue(queue: Queue) -> str:
    limit = queue.attempts.limit if queue.attempts else None
    return f"queue {queue.name}" + (f", {limit} attempts" if limit is not None else "")


def kept(lifecycle: Lifecycle) -> Mapping[str, tuple[str, ...]]:
    """By the status's name, the events from outside that a row in that status keeps until they can apply."""
    found: dict[str, tuple[str, ...]] = {}
    for event in lifecycle.events:
        for status in statuses_answering(event, EarlyEvent.KEEP):
            found[status] = (*found.get(status, ()), event.name)
    return found


def notes(lifecycle: Lifecycle) -> Callable[[Status], Notes]:
    """A function from a status to the lines under its name."""
    held, waiting = queues(lifecycle), kept(lifecycle)
    return lambda status: Notes(stored(status), held.get(status.name, ()), waiting.get(status.name, ()))


def kinds_of_actor(lifecycle: Lifecycle) -> tuple[ActorKind, ...]:
    """The kinds of actor that some transition names, in a fixed order."""
    named = {lifecycle.actor[name].kind for transition in lifecycle.transitions for name in transition.by}
    return tuple(kind for kind in ActorKind if kind in named)


def cut(text: str) -> str:
    """`text` on one line, at most `_LONGEST` characters; a longer text is cut and ends in an ellipsis."""
    line = visible(text)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
