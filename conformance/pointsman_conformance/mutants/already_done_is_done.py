"""Wrong implementations that break already-done-is-done."""

from __future__ import annotations

from pointsman.spec.lifecycle import CallResult
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class AlreadyDoneMeansFailed(Wrong):
    """Treats "already done" as a refusal."""

    def already_done(self, held: ClaimedRow, seen: FoundRow) -> Doing[None]:  # noqa: ARG002 - that is the fault
        """Treat it as a refusal."""
        yield from self.as_failed(held)


class DoneWithoutReceipt(Wrong):
    """Treats "already done" as done, and does not look for the receipt."""

    def already_done(self, held: ClaimedRow, seen: FoundRow) -> Doing[None]:  # noqa: ARG002 - that is the fault
        """Move the row without a receipt."""
        if not (yield from self.move(held, CallResult.SETTLED_DONE, {})):
            yield from self.stay(held, self.after_a_pause(held))
