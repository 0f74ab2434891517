"""Makes events with their fields: whole or partial amounts, and only once where the spec delivers at most once."""

from __future__ import annotations

from pointsman.spec.lifecycle import Transition
from pointsman_conformance.core.plan import Happen
from pointsman_conformance.search.precomputed import Precomputed
from pointsman_conformance.search.situation import RowView, Situation
from pointsman_conformance.search.values import Values
from pointsman_conformance.search.weights import ChoiceSource

_PARTS = 4
"""The number of choices for an amount: 0 is the whole, the others are parts."""


class Sending:
    """Makes events for a guide, and notes them in its `Situation`."""

    def __init__(self, prospects: Precomputed, values: Values, situation: Situation) -> None:
        self._once, self._values, self._situation = prospects.once, values, situation

    def may_come(self, row: RowView, event: str | None) -> bool:
        """True if the event may come now: it may be repeated, or has not come for this row."""
        return event not in self._once or not self._situation.has_come(row, event or "")

    def event(
        self, row: RowView, event: str, actor: str, transition: Transition | None, source: ChoiceSource
    ) -> Happen:
        """The event for `actor`. Its fields meet the condition of `transition`, if given and if fields can meet it."""
        part = source.below(_PARTS) if self._values.has_parts(event) else 0
        return self._situation.send(row, event, actor, self._values.fields(event, transition, row.columns, part))
