"""Wrong implementations that break backoff."""

from __future__ import annotations

from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import Later


class HotLoop(Wrong):
    """Makes a row due at once, whatever the answer was."""

    def after_a_pause(self, held: ClaimedRow) -> Later:  # noqa: ARG002 - that is the fault
        """Return a due time of now: no backoff."""
        return Later()

    def after_unknown(self, held: ClaimedRow) -> Later:  # noqa: ARG002 - that is the fault
        """Return a due time of now: no backoff."""
        return Later()

    def after_first(self, held: ClaimedRow) -> Later:  # noqa: ARG002 - that is the fault
        """Return a due time of now: no backoff."""
        return Later()

    def at_the_ceiling(self, held: ClaimedRow) -> Later:  # noqa: ARG002 - that is the fault
        """Return a due time of now: no backoff."""
        return Later()
