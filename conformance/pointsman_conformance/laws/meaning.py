"""What an event from outside means for a row in a status."""

from __future__ import annotations

from pointsman.spec.lifecycle import EarlyEvent, Event
from pointsman_conformance.core.history import Delivered
from pointsman_conformance.laws.reading import Reading


def events(reading: Reading, delivered: Delivered, status: str) -> frozenset[str]:
    """The spec's events that it may be in `status`; several where several calls have a webhook of its type."""
    if delivered.hook is None:
        return frozenset() if delivered.event is None else frozenset({delivered.event})
    hooks = (hook for call in reading.lifecycle.calls for hook in call.webhooks if hook.type == delivered.hook)
    return frozenset(dict(hook.otherwise).get(status, hook.event) for hook in hooks)


def moves(reading: Reading, delivered: Delivered, status: str) -> bool:
    """Whether some transition takes it there."""
    meant = events(reading, delivered, status)
    return any(transition.event in meant for transition in reading.lifecycle.moves[status])


def kept(reading: Reading, delivered: Delivered, status: str) -> Event | None:
    """The event that the spec has kept in `status`, if it is surely this one."""
    meant = events(reading, delivered, status)
    if len(meant) != 1 or moves(reading, delivered, status):
        return None
    event = reading.lifecycle.event.get(next(iter(meant)))
    keeps = event is not None and event.keep_in is not None and dict(event.otherwise).get(status) is EarlyEvent.KEEP
    return event if keeps else None
