"""Events about rows, with what they carry: whole amounts and parts, and once where once is what was promised."""

from __future__ import annotations

from pointsman.spec.lifecycle import Transition
from pointsman_conformance.core.plan import Happen
from pointsman_conformance.search.precomputed import Precomputed
from pointsman_conformance.search.situation import RowView, Situation
from pointsman_conformance.search.values import Values
from pointsman_conformance.search.weights import ChoiceSource

_PARTS = 4
"""An amount is the whole, or one of so many less one parts."""


class Sending:
    """Makes events for a guide, and remembers them in its situation."""

    def __init__(self, prospects: Precomputed, values: Values, situation: Situation) -> None:
        self._once, self._values, self._situation = prospects.once, values, situation

    def may_come(self, row: RowView, event: str | None) -> bool:
        """Whether the event may come now: one that comes once must not have come."""
        return event not in self._once or not self._situation.has_come(row, event or "")

    def event(
        self, row: RowView, event: str, actor: str, transition: Transition | None, source: ChoiceSource
    ) -> Happen:
        """The event for `actor`. With a transition it carries what that needs, if anything does."""
        part = source.below(_PARTS) if self._values.has_parts(event) else 0
        return self._situation.send(row, event, actor, self._values.fields(event, transition, row.columns, part))
