"""What breaks settle-before-resend."""

from __future__ import annotations

from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.held import ClaimedRow
from pointsman_conformance.wrong.wrong import Wrong


class ResendsAfterKeyExpired(Wrong):
    """Sends the same key again however old it is; the provider has forgotten it, and does it once more."""

    def key_lives(self, held: ClaimedRow) -> Doing[bool]:  # noqa: ARG002 - that is the fault
        """Any key will do."""
        yield from ()
        return True
