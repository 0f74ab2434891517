"""Wrong implementations that break claim-is-a-write."""

from __future__ import annotations

from pointsman.spec.lifecycle import Queue
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import Assigned, FoundRow, Increment, ReadDue


class ClaimsByReading(Wrong):
    """Reads due rows and works on them without a write; it counts the attempt when it records the answer."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Read the due rows."""
        return (yield from asking.rows(ReadDue(queue.name, self.batch)))

    def has_no_attempt_left(self, queue: Queue, row: FoundRow) -> bool:
        """Compare the count with the limit: no claim has done it."""
        return self._settles(queue, row)

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """Return the row as it was read: there is no claim to look at."""
        yield from ()
        return held.row

    def claim_by_hand(self, due: str | None, row: FoundRow) -> Doing[FoundRow | None]:  # noqa: ARG002 - that is the fault
        """Return the row as it was read: an admin claims nothing either."""
        yield from ()
        return row

    def counted(self, held: ClaimedRow, *, give_back: bool = False) -> dict[str, Assigned]:
        """Count the attempt when the answer is recorded."""
        attempts = held.queue.attempts
        return {} if attempts is None or held.settling or give_back else {attempts.column: Increment(1)}

    def attempts_made(self, held: ClaimedRow) -> int:
        """The attempts, with the current one that is not counted yet; where no column counts, there is none to add."""
        return super().attempts_made(held) + (0 if held.settling or held.queue.attempts is None else 1)
