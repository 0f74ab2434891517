"""What breaks stale-claim-sends-nothing."""

from __future__ import annotations

from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.held import ClaimedRow
from pointsman_conformance.book.operation import FoundRow
from pointsman_conformance.wrong.wrong import Wrong


class SendsAfterAPause(Wrong):
    """Sends what it has claimed, however long ago that was."""

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """No last look."""
        yield from ()
        return held.row
