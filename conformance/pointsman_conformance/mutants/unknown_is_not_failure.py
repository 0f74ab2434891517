"""Wrong implementations that break unknown-is-not-failure."""

from __future__ import annotations

from pointsman_conformance.core.wire import Heard
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class TimeoutMeansFailed(Wrong):
    """Treats a missing answer, or an error of the provider, as a refusal."""

    def unknown(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:  # noqa: ARG002 - that is the fault
        """Treat it as a refusal."""
        yield from self.as_failed(held)
