"""Steps that the spec does not allow: unexpected, repeated and early events, early turns, undeclared statuses."""

from __future__ import annotations

from functools import partial

from pointsman_conformance.core.driver import Capability, ImplementationInfo
from pointsman_conformance.core.plan import SetUnknownStatus, Step, Work
from pointsman_conformance.search.options import WeightedSteps, asked_to_move, told
from pointsman_conformance.search.precomputed import Precomputed
from pointsman_conformance.search.sending import Sending
from pointsman_conformance.search.situation import RowView, Situation
from pointsman_conformance.search.weights import GRAIN, CellWeights, ChoiceSource, at

_ITS_TURN = 8
"""The most that the last step's row is favored over other rows, as a weight."""

_DEPTH = 8
"""The weight that each transition of a row adds to it: bugs lie at the end of chains."""


class InvalidSteps:
    """Weighs the steps that the spec does not enable.

    The cells of refused moves and events are many, so each weighs little: repeated and early steps need a share, too.
    """

    def __init__(
        self,
        about: ImplementationInfo,
        prospects: Precomputed,
        needs: CellWeights,
        situation: Situation,
        sending: Sending,
    ) -> None:
        self._prospects, self._sending = prospects, sending
        self._needs, self._situation = needs, situation
        self._copies = Capability.COPIES in about.capabilities

    def options(self, source: ChoiceSource) -> WeightedSteps:
        """The invalid steps about one row, and those about no row, each with its weight."""
        rows = self._situation.rows
        turns = [(min(row.times, _ITS_TURN) + _DEPTH * row.depth, row) for row in rows]
        options = self._about(at(turns, source.below(GRAIN)))
        options += [(16, sent) for sent in self._situation.sent[-4:] if sent.event not in self._prospects.once]
        if all(row.status is not None for row in rows):
            options.append((24, lambda source: SetUnknownStatus(rows[source.below(len(rows))].label)))
        options += self._prospects.polls
        return options

    def _about(self, row: RowView) -> WeightedSteps:
        needs, prospects = self._needs, self._prospects
        table = needs.table
        options: WeightedSteps = [
            ((2 + needs.of(slots) // 8) * row.times, partial(self._sending.event, row, event, actor, None))
            for event, actor, slots in prospects.events[row.status]
            if self._sending.may_come(row, event)
        ]
        options += [
            (1 + table[slot] // 8, partial(asked_to_move, row.label, status, actor))
            for status, actor, slot in prospects.moves[row.status]
        ]
        options += self._too_early(row)
        if prospects.hooked:
            options.append((8 + needs.of(prospects.hooks[row.status]) // 8, partial(told, row.label)))
        return options

    def _too_early(self, row: RowView) -> WeightedSteps:
        """Turns of workers in whose queue the row is not due yet."""
        now = self._situation.now
        found: WeightedSteps = []
        for queue in self._prospects.queues[row.status]:
            due = row.due(queue, now)
            if due is not None and due > now and queue.worker is not None:
                found.append((16, partial(self._by_a_copy, queue.worker)))
        return found

    def _by_a_copy(self, actor: str, source: ChoiceSource) -> Step:
        return Work(actor, 1 + source.below(2) if self._copies else 1)
