"""The parts of the spec that laws speak about, as elements."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, Lifecycle, Queue, Transition
from pointsman_conformance.laws.judgement import Element
from pointsman_conformance.laws.parts import RowVersion


def of_transition(transition: Transition) -> Element:
    """A declared move."""
    return Element(f"{transition.source}->{transition.target}", transition.path)


def of_pair(source: str | None, target: str | None) -> Element:
    """A move that is not declared."""
    return Element(f"{source or '(unknown)'}->{target or '(unknown)'}", ("transitions",))


def of_move(version: RowVersion) -> Element:
    """The move that a version is, declared or not."""
    return of_transition(version.transitions[0]) if version.transitions else of_pair(version.before, version.after)


def of_status(lifecycle: Lifecycle, name: str) -> Element:
    """A status."""
    return Element(name, ("statuses", name) if name in lifecycle.status else ("statuses",))


def of_queue(queue: Queue, part: str | None = None) -> Element:
    """A queue; `part` is the key of it that matters."""
    return Element(queue.name, ("queues", queue.name) if part is None else ("queues", queue.name, part))


def of_call(call: Call, part: str | None = None) -> Element:
    """A call; `part` is the key of it that matters."""
    return Element(call.name, ("calls", call.name) if part is None else ("calls", call.name, part))


def of_event(name: str, part: str | None = None) -> Element:
    """An event from outside; `part` is the key of it that matters."""
    return Element(name, ("events", name) if part is None else ("events", name, part))
