"""The legs that are open while a history is read: which call is worked on for which row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.meaning import effect_events, queues_in
from pointsman_conformance.laws.parts import Leg, RowVersion, WriteKind

_OPENS_OR_ENDS_LEG = frozenset({WriteKind.INSERT, WriteKind.MOVE, WriteKind.DELETE})


class OpenLegs:
    """Every leg so far, in the order of their starts, and the calls that each row waits for."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._calls = {
            status: frozenset(queue.call for queue in queues if queue.call is not None)
            for status, queues in lifecycle.queues_of.items()
        }
        self._legs: list[Leg] = []
        self._open: dict[tuple[str, str], int] = {}
        self._waiting: dict[str, frozenset[str]] = {}

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Every leg so far."""
        return tuple(self._legs)

    @property
    def waiting(self) -> Mapping[str, frozenset[str]]:
        """The calls of each row's status, by row. Rows that were deleted wait for none."""
        return self._waiting

    def write(self, version: RowVersion) -> None:
        """Take in a write: a row that comes into a status opens the legs of its calls, and ends others."""
        if version.sort not in _OPENS_OR_ENDS_LEG:
            return
        calls = self._calls.get(version.after or "", frozenset())
        self._waiting[version.row] = calls
        done = self._done_by(version)
        for call in self._lifecycle.call:
            here = self._open.get((version.row, call))
            if here is not None and (call not in calls or call in done):
                self._legs[here] = replace(self._legs[here], end=version.place)
                del self._open[version.row, call]
                here = None
            if here is None and call in calls:
                self._open[version.row, call] = len(self._legs)
                self._legs.append(Leg(version.row, call, version.place))

    def last(self, row: str, call: str) -> Leg | None:
        """The leg of (row, call) that is open, else the last one that was."""
        here = self._open.get((row, call))
        if here is not None:
            return self._legs[here]
        return next((leg for leg in reversed(self._legs) if (leg.row, leg.call) == (row, call)), None)

    def ended(self) -> Callable[[Leg], Leg]:
        """Gives a leg with its end, which is known only when the whole history is read."""
        index = {(leg.row, leg.call, leg.start): leg for leg in self._legs}
        return lambda leg: index[leg.row, leg.call, leg.start]

    def _done_by(self, version: RowVersion) -> frozenset[str]:
        """The calls whose event this move is: they are over even if the next status makes the same call."""
        events = {transition.event for transition in version.transitions}
        queues = queues_in(self._lifecycle, version.before)
        return frozenset(queue.call for queue in queues if queue.call and events & effect_events(queue))
