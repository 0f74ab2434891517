"""The events that copies were handed while a history is read, and which of them are not answered yet."""

from __future__ import annotations

from dataclasses import replace

from pointsman_conformance.core.history import Answered, Delivered
from pointsman_conformance.laws.parts import DeliveredEvent


class OpenDeliveries:
    """Every delivery so far, and for each copy the indexes of those without an answer."""

    def __init__(self) -> None:
        self._deliveries: list[DeliveredEvent] = []
        self._unanswered: dict[str, list[int]] = {}

    @property
    def deliveries(self) -> tuple[DeliveredEvent, ...]:
        """Every delivery so far, with its answer where one came."""
        return tuple(self._deliveries)

    def delivered(self, place: int, record: Delivered, *, ours: bool, status: str | None) -> None:
        """Take in a delivery. `status` is the name of its row's status."""
        self._unanswered.setdefault(record.who, []).append(len(self._deliveries))
        self._deliveries.append(DeliveredEvent(place, record, ours, status, None, None))

    def answered(self, place: int, record: Answered) -> None:
        """Give the answer to the copy's last open event for this actor.

        An answer that names no row and fits no open event may be a turn's.
        """
        waiting = self._unanswered.get(record.who, [])
        for index in reversed(waiting):
            told = self._deliveries[index]
            if told.record.to == record.to and record.row in {None, told.record.row}:
                self._deliveries[index] = replace(told, answered=place, answer=record.answer)
                waiting.remove(index)
                return

    def turn(self, who: str, actor: str | None) -> None:
        """Close the events that this actor of the copy did not answer before its next turn: no answer comes later."""
        waiting = self._unanswered.get(who, [])
        waiting[:] = [index for index in waiting if self._deliveries[index].record.to != actor]

    def crash(self, who: str) -> None:
        """Close every event of a copy that died."""
        self._unanswered.pop(who, None)
