"""What breaks due-only."""

from __future__ import annotations

from pointsman.lifecycle import Queue
from pointsman_conformance.book import asking
from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.operation import FoundRow, ReadDue
from pointsman_conformance.wrong.wrong import Wrong


class IgnoresDueTime(Wrong):
    """Claims whatever is in the queue, due or not."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Every row."""
        rows = yield from asking.rows(ReadDue(queue.name, self.batch, due=False))
        return (yield from self.claim_each(queue, rows))
