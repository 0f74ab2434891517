"""Chooses faults: at the points of a turn or of an event, effects by hand, crashes, keys that grow old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from pointsman.spec.lifecycle import Lifecycle, Queue, Transition
from pointsman.spec.meaning import longest_pause_of
from pointsman_conformance.core.driver import ImplementationInfo
from pointsman_conformance.core.plan import AT_A_REQUEST, Advance, DeliverWebhooks, Fault, FaultKind, Point, Step, Work
from pointsman_conformance.search.cells import by_lock
from pointsman_conformance.search.enabled import Enabled
from pointsman_conformance.search.fault_sites import (
    ZOMBIES,
    Strike,
    executing_for,
    others_turn,
    short_pause,
    times,
    zombie,
)
from pointsman_conformance.search.options import StepMaker, WeightedSteps, by_hand, made, wait
from pointsman_conformance.search.precomputed import Precomputed
from pointsman_conformance.search.sending import Sending
from pointsman_conformance.search.situation import RowView, Situation
from pointsman_conformance.search.ways import Ways, longest
from pointsman_conformance.search.weights import GRAIN, CellWeights, ChoiceSource, Slot, at

_DUE = 8
"""The factor by which a due row is likelier than another: only a due row has a turn that a fault can strike."""

_AT_A_TURN, _AT_AN_EVENT = 4, 24
"""The weight of each fault of a turn where no cell needs it, and that of all faults at an event together."""


class FaultChooser:
    """Weighs the faults. `enabled` gives the steps that other actors can take during a pause."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a guide has
        self,
        lifecycle: Lifecycle,
        ways: Ways,
        about: ImplementationInfo,
        prospects: Precomputed,
        needs: CellWeights,
        situation: Situation,
        enabled: Enabled,
        sending: Sending,
    ) -> None:
        self._lifecycle, self._ways, self._can, self._prospects = lifecycle, ways, about.capabilities, prospects
        self._needs, self._situation = needs, situation
        self._enabled, self._sending = enabled, sending

    def options(self, source: ChoiceSource) -> WeightedSteps:
        """The faults about one row with a way out, most often a due one, each with its weight."""
        rows = [(_DUE if self._situation.is_due(row) else 1, row) for row in self._situation.rows if row.goes_on]
        if not rows:
            return []
        row = at(rows, source.below(GRAIN))
        return self._in_turns(row) + self._around(row)

    def _in_turns(self, row: RowView) -> WeightedSteps:
        """The faults in turns about the row; where the row is not due, the wait until it is."""
        now, table = self._situation.now, self._needs.table
        options: WeightedSteps = []
        for queue in self._prospects.queues[row.status]:
            due = row.due(queue, now)
            if due is None:
                continue
            if due > now:
                options.append((4, partial(wait, due - now)))
                continue
            for make, slots in self._turns[queue.name, row.status or ""]:
                worth = 0  # summed up here: for about fifty options a call of `CellWeights.of` each takes longer
                for slot in slots:
                    worth += table[slot]
                options.append((_AT_A_TURN + worth // 8, make))
        return options

    @cached_property
    def _turns(self) -> Mapping[tuple[str, str], Sequence[tuple[StepMaker, Sequence[Slot]]]]:
        """By queue and status: the turns that a fault can strike, each with the slots that it reaches."""
        return {
            (queue.name, status): [
                (partial(self._struck, queue, strike), slots)
                for strike, slots in self._prospects.strikes[queue.name, status]
            ]
            for queue in self._lifecycle.queues
            for status in queue.statuses
        }

    def _around(self, row: RowView) -> WeightedSteps:
        """Faults outside of turns: effects by hand, crashes between turns, old keys, faults at an event."""
        options: WeightedSteps = [
            (32, partial(by_hand, row.label, call)) for call in self._prospects.by_hand.get(row.status or "", ())
        ]
        options += self._prospects.crashes
        for column, lifetime in self._prospects.lifetimes:
            since = row.columns.get(column)
            if isinstance(since, int | float):
                options.append((48, partial(self._ageing, since + lifetime - self._situation.now)))
        heard = self._heard(row) if self._prospects.to_a_handler else []
        if heard:
            options.append((_AT_AN_EVENT, partial(self._at_an_event, row, heard)))
        return options

    def _ageing(self, left: float, source: ChoiceSource) -> Step:
        """The wait until the key is nearly too old to send, or until the provider has forgotten it."""
        margin = longest_pause_of(self._lifecycle) + 30.0
        seconds = left + 1.0 if source.below(2) else left - margin
        return Advance(round(max(1.0, seconds), 3))

    # --- at an event ---------------------------------------------------------------

    def _heard(self, row: RowView) -> list[tuple[str, str, Transition | None]]:
        """Event, actor and transition (None: none takes it here) of each event that a role can get about the row."""
        return [each for each in self._prospects.heard[row.status or ""] if self._sending.may_come(row, each[0])]

    def _at_an_event(
        self, row: RowView, heard: Sequence[tuple[str, str, Transition | None]], source: ChoiceSource
    ) -> Step:
        """The handler of an event crashes, loses its connection, or is paused while another actor moves the row."""
        event, actor, transition = heard[source.below(len(heard))]
        step = self._sending.event(row, event, actor, transition, source)
        kinds = self._prospects.to_a_handler
        kind = kinds[source.below(len(kinds))]
        if kind is not FaultKind.PAUSE:
            point = (Point.WRITE_AFTER, Point.WRITE_BEFORE)[source.below(2)]
            return replace(step, faults=(Fault(kind, point),))
        others = self._enabled.by_others(row, actor)
        if not others:
            return step
        point = (Point.READ_AFTER, Point.WRITE_BEFORE)[source.below(2)]
        meanwhile = made(others[source.below(len(others))], source)
        return replace(step, faults=(Fault(kind, point, 1, (meanwhile,)),))

    # --- what strikes a turn -----------------------------------------------------

    def _struck(self, queue: Queue, strike: Strike, source: ChoiceSource) -> Step:
        actor = queue.worker or ""
        if strike.kind is FaultKind.PAUSE:
            return Work(actor, faults=(self._pause(queue, strike.point, source), *self._also(queue, source)))
        nth = 1 + source.below(times(strike.point))
        seconds = 0.0
        if strike.kind is FaultKind.EXECUTING:
            seconds = executing_for(self._lifecycle.call_of(queue), source.below(10))
        reads = strike.kind in AT_A_REQUEST and strike.kind is not FaultKind.EXECUTING and source.below(4) == 3
        return Work(actor, faults=(Fault(strike.kind, strike.point, nth, (), seconds, reads),))

    def _pause(self, queue: Queue, point: Point, source: ChoiceSource) -> Fault:
        now = self._situation.now
        waiting = [row for row in self._situation.rows if row.status in queue.statuses and row.is_due(queue, now)]
        alone = len(waiting) <= 1
        long = point is Point.WRITE_AFTER or (point is Point.REQUEST_AFTER and alone)
        if point not in ZOMBIES or not long or by_lock(self._lifecycle):
            return short_pause(self._ways, point)
        meanwhile: list[Step] = list(others_turn(queue, self._can, self._also(queue, source)))
        if self._prospects.hooked and source.below(2):
            meanwhile.append(DeliverWebhooks())
        if source.below(4) == 3:
            meanwhile.append(Advance(longest(queue, self._lifecycle)))
            meanwhile += others_turn(queue, self._can)
        return zombie(self._ways, point, tuple(meanwhile))

    def _also(self, queue: Queue, source: ChoiceSource) -> tuple[Fault, ...]:
        """With probability 1/2, a fault of the request of a turn as well."""
        kinds = self._prospects.at_request(queue)
        number = source.below(2 * len(kinds)) if kinds else 0
        return (Fault(kinds[number - len(kinds)]),) if number >= len(kinds) > 0 else ()
