"""Wrong implementations that break not-tried-is-not-an-attempt."""

from __future__ import annotations

from pointsman_conformance.core.wire import Heard
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class RateLimitMeansFailed(Wrong):
    """Treats 401, 403, 409 and 429 as refusals."""

    def not_tried(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:  # noqa: ARG002 - that is the fault
        """Treat it as a refusal."""
        yield from self.as_failed(held)
