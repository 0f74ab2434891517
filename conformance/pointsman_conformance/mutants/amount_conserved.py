"""Wrong implementations that break amount-conserved."""

from __future__ import annotations

from pointsman_conformance.core.history import Columns
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class ReversesFullAfterPartial(Wrong):
    """Sends the largest amount in the row, where only a part was asked for."""

    def what_to_send(self, held: ClaimedRow, seen: FoundRow) -> Columns:
        """The row with the call's amount replaced by the largest amount of any call."""
        names = [call.amount for call in self.lifecycle.calls if call.amount is not None]
        amounts = [amount for name in names if isinstance(amount := seen.columns.get(name), int)]
        return {**seen.columns, held.call.amount: max(amounts)} if held.call.amount and amounts else seen.columns
