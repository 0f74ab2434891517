"""Wrong implementations that break progress."""

from __future__ import annotations

from dataclasses import replace

from pointsman.spec.lifecycle import Queue
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow, ReadDue, ReadRow
from pointsman_conformance.reference.rules import count


class ForgetsRowAfterCrash(Wrong):
    """Sets the due time of claimed rows to null and keeps them in memory: after a crash no worker takes them again."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Claim due rows, and set their due time to null."""
        found = []
        for row in (yield from super().take(queue)):
            hidden = None
            if queue.due is not None:
                hidden = yield from self.write(row, {queue.due: None}, self.compares(row))
            found.append(replace(row, columns=hidden.columns) if hidden is not None else row)
        return tuple(found)

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """Compare the status and the fence: there is no lease to look at."""
        seen = yield from asking.row(ReadRow(held.row.key))
        fence = self.rules.fence
        if seen is None or self.rules.status_of(seen.columns) != held.status:
            return None
        mine = fence is None or count(seen.columns, fence) == count(held.row.columns, fence)
        return seen if mine else None


class StarvesOldRows(Wrong):
    """Takes one row at a time, the newest first."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Claim the newest due row."""
        rows = yield from asking.rows(ReadDue(queue.name, 1, newest=True))
        return (yield from self.claim_each(queue, rows))
