"""Wrong implementations that break stable-key."""

from __future__ import annotations

from pointsman_conformance.core.history import Columns
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow
from pointsman_conformance.reference.rules import count


class FreshKeyEachAttempt(Wrong):
    """Makes its key from the number of the claim, so that each attempt has another key."""

    def what_to_send(self, held: ClaimedRow, seen: FoundRow) -> Columns:
        """The row with the claim's number in place of the generation."""
        generation, fence = held.call.key_generation, self.rules.fence
        if generation is None or fence is None:
            return seen.columns
        return {**seen.columns, generation: count(seen.columns, fence) + 1000}
