"""What breaks settle-before-resend."""

from __future__ import annotations

from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow


class ResendsAfterKeyExpired(Wrong):
    """Sends the same key again however old it is; the provider has forgotten it, and does it once more."""

    def key_lives(self, held: ClaimedRow) -> Doing[bool]:  # noqa: ARG002 - that is the fault
        """Any key will do."""
        yield from ()
        return True
