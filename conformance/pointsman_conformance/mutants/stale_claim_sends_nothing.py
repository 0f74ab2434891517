"""What breaks stale-claim-sends-nothing."""

from __future__ import annotations

from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class SendsAfterAPause(Wrong):
    """Sends what it has claimed, however long ago that was."""

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """No last look."""
        yield from ()
        return held.row
