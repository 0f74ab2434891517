"""Steps that the spec enables: the ways out of each row's status, now or as soon as the row is due."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pointsman.spec import condition
from pointsman.spec.lifecycle import Lifecycle, Queue, Transition
from pointsman.spec.meaning import field
from pointsman_conformance.core.plan import Step
from pointsman_conformance.search.options import StepMaker, WeightedSteps, asked_to_move, told_once, wait
from pointsman_conformance.search.precomputed import Outlook, Precomputed
from pointsman_conformance.search.sending import Sending
from pointsman_conformance.search.situation import RowView, Situation
from pointsman_conformance.search.values import Values, plain
from pointsman_conformance.search.ways import Route
from pointsman_conformance.search.weights import NOTHING, CellWeights

_WORK, _HOOK, _MOVE = Route.WORK, Route.HOOK, Route.MOVE  # to look up a member of an enumeration takes long

_SWEEP = 4
"""The weight of a turn that applies a kept event."""


class Enabled:
    """Weighs the steps that the spec enables: the less covered the transition or pair, the heavier."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        prospects: Precomputed,
        values: Values,
        needs: CellWeights,
        situation: Situation,
        sending: Sending,
    ) -> None:
        self._lifecycle, self._prospects, self._values = lifecycle, prospects, values
        self._needs, self._situation, self._sending = needs, situation, sending

    def options(self) -> WeightedSteps:
        """Every enabled step about any row, with its weight."""
        options: WeightedSteps = []
        table, ways, sweeps = self._needs.table, self._prospects.ways, self._prospects.sweeps
        for row in self._situation.rows:
            if not row.goes_on:
                continue
            last = self._situation.last.get(row.label, -1)
            for outlook in ways[row.status]:
                make = self._by(outlook, row)
                if make is not None:
                    worth = table[outlook.slot] + table[outlook.after.get(last, NOTHING)]
                    options.append(((outlook.base + worth) * row.times, make))
            for column, turn in sweeps.get(row.status, ()):
                if row.columns.get(column) is not None:
                    options.append((_SWEEP * row.times, turn))
        return options

    def by_others(self, row: RowView, actor: str) -> Sequence[Step | StepMaker]:
        """The steps about the row that actors other than `actor` can take now, without waiting."""
        due = self._situation.is_due(row)
        found = [
            self._by(outlook, row)
            for outlook in self._prospects.ways[row.status]
            if outlook.way.actor != actor and (due or outlook.way.route is not _WORK)
        ]
        return [make for make in found if make is not None]

    def _by(self, outlook: Outlook, row: RowView) -> Step | StepMaker | None:
        """The step that has a way taken now, or leads up to it; None where the spec does not enable the way."""
        way = outlook.way
        route = way.route
        if route is _WORK and way.queue is not None:
            return self._working(outlook, way.queue, row)
        if route is _HOOK:
            told = outlook.told or row.label in self._situation.effects
            return partial(told_once, row.label) if told else None
        if route is _MOVE:
            return partial(asked_to_move, row.label, way.transition.target, way.actor)
        if way.transition.when is not None and not self._meets(way.transition, row):
            return None
        if not self._sending.may_come(row, way.transition.event):
            return None
        return partial(self._sending.event, row, way.transition.event or "", way.actor, way.transition)

    def _working(self, outlook: Outlook, queue: Queue, row: RowView) -> Step | StepMaker | None:
        now = self._situation.now
        due = row.due(queue, now)
        if due is None:
            return None
        return outlook.turn if due <= now else partial(wait, due - now)

    def _meets(self, transition: Transition, row: RowView) -> bool:
        if transition.when is None:
            return True
        fields = self._values.fields(transition.event, transition, row.columns)
        held = plain(row.columns)
        event = self._lifecycle.event.get(transition.event or "")
        for column, name in event.carries if event is not None else ():
            value = field(fields, name)
            if isinstance(value, int | str | bool):
                held[column] = value
        return condition.evaluate(transition.when, held) is True
