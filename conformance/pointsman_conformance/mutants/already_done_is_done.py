"""What breaks already-done-is-done."""

from __future__ import annotations

from pointsman.spec.lifecycle import CallResult
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class AlreadyDoneMeansFailed(Wrong):
    """Takes "already done" for any other 400."""

    def already_done(self, held: ClaimedRow, seen: FoundRow) -> Doing[None]:  # noqa: ARG002 - nobody looks closer
        """Failed."""
        yield from self.as_failed(held)


class DoneWithoutReceipt(Wrong):
    """Takes "already done" for done and does not look for the receipt."""

    def already_done(self, held: ClaimedRow, seen: FoundRow) -> Doing[None]:  # noqa: ARG002 - nobody looks closer
        """Done, whoever did it."""
        if not (yield from self.move(held, CallResult.SETTLED_DONE, {})):
            yield from self.stay(held, self.after_a_pause(held))
