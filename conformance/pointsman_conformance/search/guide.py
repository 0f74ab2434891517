"""Chooses the next step: an enabled one, an invalid one, or a fault; least covered cells have the most weight."""

from __future__ import annotations

from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.meaning import lease_of
from pointsman_conformance.core.driver import Driver, ImplementationInfo, Played
from pointsman_conformance.core.plan import Advance, Create, Settle, Step
from pointsman_conformance.search.coverage import Coverage
from pointsman_conformance.search.enabled import Enabled
from pointsman_conformance.search.fault_choice import FaultChooser
from pointsman_conformance.search.invalid_steps import InvalidSteps
from pointsman_conformance.search.options import WeightedSteps, made, wait
from pointsman_conformance.search.precomputed import Precomputed
from pointsman_conformance.search.sending import Sending
from pointsman_conformance.search.situation import Situation
from pointsman_conformance.search.values import Values
from pointsman_conformance.search.ways import Ways
from pointsman_conformance.search.weights import GRAIN, CellWeights, ChoiceSource, Digits, at, weighted

_KINDS = 10
_MIXES = ((7, 9), (4, 5))
"""Of ten steps, the number of enabled ones, and of enabled and invalid ones together; the rest are faults.

The first pair is for calm runs, the second for rough ones. Some bugs show at the end of a long chain without faults,
others after many faults about one row.
"""


class Guide:
    """Chooses the steps of one search. Call `begin` before each run, `step` for each step, `last` at the end."""

    def __init__(self, lifecycle: Lifecycle, about: ImplementationInfo, coverage: Coverage, *, rows: int = 3) -> None:
        self.lifecycle, self.about, self.rows = lifecycle, about, rows
        self._ways, self._values, self._needs = Ways(lifecycle), Values(lifecycle), CellWeights(coverage)
        self._prospects = prospects = Precomputed(self._ways, about, self._needs)
        column = lifecycle.table.status_column if lifecycle.table is not None else "status"
        names: dict[object, str] = {value: status.name for value, status in lifecycle.by_value.items()}
        self._situation = situation = Situation(prospects, self._needs, column, names)
        sending, needs = Sending(prospects, self._values, situation), self._needs
        self._enabled = Enabled(lifecycle, prospects, self._values, needs, situation, sending)
        self._unforeseen = InvalidSteps(about, prospects, needs, situation, sending)
        self._mishaps = FaultChooser(lifecycle, self._ways, about, prospects, needs, situation, self._enabled, sending)
        self.begin()

    def begin(self) -> None:
        """Begin a new run, on a fresh test bed."""
        if self._needs.begin():
            prospects = self._prospects
            self._starts = [(prospects.base(name) + prospects.worth_of_start(name), name) for name in prospects.starts]
            self._new = 2 + max(worth for worth, _ in self._starts) // 4
        self._made = 0
        self._mix = _MIXES[0]
        self._situation.begin()

    def step(self, source: ChoiceSource, driver: Driver) -> Step:
        """The next step, chosen by the rows as the driver shows them now."""
        situation = self._situation
        situation.look(driver)
        digits = Digits(source)
        if not situation.rows:
            self._mix = _MIXES[digits.below(len(_MIXES))]
            return self._create(digits)
        options = self._options(digits.below(_KINDS), digits)
        step = made(at(options, digits.below(GRAIN)), digits)
        situation.chosen(step)
        return step

    def last(self, source: ChoiceSource) -> Settle:
        """The last step of a run: faults end, and due rows get their turns."""
        return Settle(12, 1 + source.below(2)) if source.below(4) == 3 else Settle()

    def saw(self, step: Step, played: Played) -> None:
        """Note the result of a step. The call may be left out: then fault points count as not reached."""
        if played.fired:
            self._situation.saw(step, played)

    def _options(self, kind: int, source: ChoiceSource) -> WeightedSteps:
        enabled, unforeseen = self._mix
        options: WeightedSteps = []
        if kind >= enabled:
            options = (self._unforeseen if kind < unforeseen else self._mishaps).options(source)
        if options:
            return options
        options = self._enabled.options()
        if self._situation.going_on < self.rows:
            options.append((self._new, self._create))
        return options or self._idle()

    def _create(self, source: ChoiceSource) -> Create:
        status = weighted(source, self._starts)
        ready = self._prospects.prepared[status]
        columns = ready[source.below(len(ready))] if ready else {}
        limit = self._prospects.limits.get(status)
        if limit is not None and source.below(5) == 4:  # few runs are long enough to use attempts up
            columns = {**columns, limit[0]: max(0, limit[1] - 1 - source.below(2))}
        taken = {row.label for row in self._situation.rows}
        self._made += 1
        while str(self._made) in taken:
            self._made += 1
        return Create(str(self._made), status, dict(columns))

    def _idle(self) -> WeightedSteps:
        """Steps for want of others: let time pass, a little or until a row is due."""
        options: WeightedSteps = [(1, Advance(1.0)), (1, wait((lease_of(self.lifecycle) or 60.0) + 1))]
        now = self._situation.now
        for row in self._situation.rows:
            for queue in self._ways.queues_of[row.status] if row.status is not None else ():
                due = row.due(queue, now)
                if due is not None and due > now:
                    options.append((2, wait(due - now)))
        return options
