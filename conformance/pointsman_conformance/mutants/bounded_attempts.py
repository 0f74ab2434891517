"""Wrong implementations that break bounded-attempts."""

from __future__ import annotations

from pointsman.spec.lifecycle import Queue
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow, ReadDue


class NeverGivesUp(Wrong):
    """Sends again with new keys when its attempts are used up."""

    def settle(self, held: ClaimedRow) -> Doing[None]:
        """Make another attempt instead. An admin settles as the reference implementation does."""
        yield from (super().settle(held) if held.by_hand else self.attempt(held))

    def is_used_up(self, held: ClaimedRow) -> bool:  # noqa: ARG002 - that is the fault
        """Return False: the attempts never count as used up."""
        return False


class ForgetsToCount(Wrong):
    """Claims without counting the attempt."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Claim due rows without counting the attempt."""
        rows = yield from asking.rows(ReadDue(queue.name, self.batch))
        return (yield from self.claim_each(queue, rows, counts=False))
