"""What breaks settle-before-giving-up."""

from __future__ import annotations

from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.held import ClaimedRow
from pointsman_conformance.wrong.wrong import Wrong


class GivesUpBlind(Wrong):
    """Gives up when its attempts are used up, or when an admin says so, without asking what became of them."""

    def settle(self, held: ClaimedRow) -> Doing[None]:
        """What nobody confirmed has not happened."""
        yield from self.absent(held)
