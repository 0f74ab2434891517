"""Wrong implementations that break settle-before-resend."""

from __future__ import annotations

from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow


class ResendsAfterKeyExpired(Wrong):
    """Sends the same key again after its lifetime: the provider has forgotten it, and makes a second effect."""

    def key_lives(self, held: ClaimedRow) -> Doing[bool]:  # noqa: ARG002 - that is the fault
        """Return True: no key counts as too old."""
        yield from ()
        return True
