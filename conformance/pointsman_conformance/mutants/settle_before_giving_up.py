"""Wrong implementations that break settle-before-giving-up."""

from __future__ import annotations

from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow


class GivesUpBlind(Wrong):
    """Gives up when its attempts are used up, or when an admin asks for it, without settling."""

    def settle(self, held: ClaimedRow) -> Doing[None]:
        """Treat an unsettled effect as absent."""
        yield from self.absent(held)
