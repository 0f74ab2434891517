"""Wrong implementations that break due-only."""

from __future__ import annotations

from pointsman.spec.lifecycle import Queue
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import FoundRow, ReadDue


class IgnoresDueTime(Wrong):
    """Claims the rows of the queue, due or not."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Claim rows without looking at their due time."""
        rows = yield from asking.rows(ReadDue(queue.name, self.batch, due=False))
        return (yield from self.claim_each(queue, rows))
