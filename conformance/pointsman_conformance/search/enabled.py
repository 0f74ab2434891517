"""What the spec enables: the ways out of each row's status, now or as soon as the row is due."""

from __future__ import annotations

from functools import partial

from pointsman import condition
from pointsman.lifecycle import Lifecycle, Queue, Transition
from pointsman_conformance.plan import Happen, Step
from pointsman_conformance.search.needs import NOTHING, Needs, Source
from pointsman_conformance.search.options import Make, Options, asked_to_move, told_once, wait
from pointsman_conformance.search.prospects import Outlook, Prospects
from pointsman_conformance.search.situation import Row, Situation
from pointsman_conformance.search.values import Values, field_of, plain
from pointsman_conformance.search.ways import Route, Way

_WORK, _HOOK, _MOVE = Route.WORK, Route.HOOK, Route.MOVE  # to look up a member of an enumeration takes long

_SWEEP = 4
"""What a turn that applies a kept event weighs."""


class Enabled:
    """Chooses among steps that the spec enables: the least covered transition or pair of them comes first."""

    def __init__(
        self, lifecycle: Lifecycle, prospects: Prospects, values: Values, needs: Needs, situation: Situation
    ) -> None:
        self._lifecycle, self._prospects, self._values = lifecycle, prospects, values
        self._needs, self._situation = needs, situation
        self._once = prospects.once

    def options(self) -> Options:
        """Everything that could be done about any row."""
        options: Options = []
        table, ways, sweeps = self._needs.table, self._prospects.ways, self._prospects.sweeps
        for row in self._situation.rows:
            if row.status is None:
                continue
            last = self._situation.last.get(row.label, -1)
            for outlook in ways[row.status]:
                make = self._by(outlook, row)
                if make is not None:
                    worth = table[outlook.slot] + table[outlook.after.get(last, NOTHING)]
                    options.append(((1 + worth) * row.times, make))
            for column, turn in sweeps.get(row.status, ()):
                if row.columns.get(column) is not None:
                    options.append((_SWEEP * row.times, turn))
        return options

    def _by(self, outlook: Outlook, row: Row) -> Step | Make | None:
        """How to have a way taken now; None where the spec does not let it be."""
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
        if not self.may_come(row, way):
            return None
        return partial(self.happen, row, way)

    def _working(self, outlook: Outlook, queue: Queue, row: Row) -> Step | None:
        now = self._situation.now
        due = row.due(queue, now)
        if due is None:
            return None
        return outlook.turn if due <= now else wait(due - now)

    def _meets(self, transition: Transition, row: Row) -> bool:
        if transition.when is None:
            return True
        fields = self._values.fields(transition.event, transition, row.columns)
        held = plain(row.columns)
        event = self._lifecycle.event.get(transition.event or "")
        for column, name in event.carries if event is not None else ():
            value = field_of(fields, name)
            if isinstance(value, int | str | bool):
                held[column] = value
        return condition.evaluate(transition.when, held) is True

    def may_come(self, row: Row, way: Way) -> bool:
        """Whether the event of `way` may come now: one that comes once must not have come."""
        event = way.transition.event or ""
        return event not in self._once or not self._situation.has_come(row, event)

    def happen(self, row: Row, way: Way, source: Source) -> Happen:
        """The event of `way`, with what it carries."""
        event = way.transition.event or ""
        part = source.below(4) if self._values.has_parts(event) else 0
        fields = self._values.fields(event, way.transition, row.columns, part)
        return self._situation.send(row, event, way.actor, fields)
