"""Wrong implementations that break stale-claim-sends-nothing."""

from __future__ import annotations

from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class SendsAfterAPause(Wrong):
    """Sends under its claim, however old the claim is."""

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """Return the row as it was claimed, without a last look."""
        yield from ()
        return held.row
