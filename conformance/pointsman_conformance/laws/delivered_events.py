"""The spec's events that a delivery may be for a row in a status, and whether the row keeps it."""

from __future__ import annotations

from pointsman.spec.lifecycle import EarlyEvent, Event
from pointsman.spec.meaning import early_event, events_of_type, transitions_by
from pointsman_conformance.core.history import Crashed, Cut, Delivered
from pointsman_conformance.laws.parts import DeliveredEvent
from pointsman_conformance.laws.reading import Reading


def events(reading: Reading, delivered: Delivered, status: str) -> frozenset[str]:
    """The spec's events that it may be in `status`; several where several calls have a webhook of its type."""
    if delivered.hook is None:
        return frozenset() if delivered.event is None else frozenset({delivered.event})
    return events_of_type(reading.lifecycle, delivered.hook, status)


def moves(reading: Reading, delivered: Delivered, status: str) -> bool:
    """Whether some transition takes it there."""
    return any(transitions_by(reading.lifecycle, status, event) for event in events(reading, delivered, status))


def kept(reading: Reading, delivered: Delivered, status: str) -> Event | None:
    """The event that the spec has kept in `status`, if the delivery can be no other."""
    meant = events(reading, delivered, status)
    if len(meant) != 1 or moves(reading, delivered, status):
        return None
    event = reading.lifecycle.event.get(next(iter(meant)))
    return event if event is not None and early_event(event, status) is EarlyEvent.KEEP else None


def was_cut(reading: Reading, delivery: DeliveredEvent, answered: int) -> bool:
    """The copy lost its connection, or died, while it handled the event: its answer may be about another try."""
    between = reading.history.records[delivery.place : answered]
    return any(isinstance(each, Cut | Crashed) and each.who == delivery.record.who for each in between)
