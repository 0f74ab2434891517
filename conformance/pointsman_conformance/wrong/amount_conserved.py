"""What breaks amount-conserved."""

from __future__ import annotations

from pointsman_conformance.book.held import ClaimedRow
from pointsman_conformance.book.operation import FoundRow
from pointsman_conformance.history import Columns
from pointsman_conformance.wrong.wrong import Wrong


class ReversesFullAfterPartial(Wrong):
    """Takes the largest amount that the row knows, where only a part was asked for."""

    def what_to_send(self, held: ClaimedRow, seen: FoundRow) -> Columns:
        """The whole."""
        names = [call.amount for call in self.lifecycle.calls if call.amount is not None]
        amounts = [amount for name in names if isinstance(amount := seen.columns.get(name), int)]
        return {**seen.columns, held.call.amount: max(amounts)} if held.call.amount and amounts else seen.columns
