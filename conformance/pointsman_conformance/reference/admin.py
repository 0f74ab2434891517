"""The admin's part: under a claim of its own it settles the call before it gives a row up."""

from __future__ import annotations

from pointsman.spec.lifecycle import Status
from pointsman_conformance.core.history import Value
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import Assigned, FoundRow, Increment, Later, ReadRow
from pointsman_conformance.reference.worker import Working


class Administering(Working):
    """The turns of an admin on a row that waits in a queue."""

    def act_by_hand(self, actor: str, row: FoundRow, status: Status, wish: str) -> Doing[str | None]:
        """Claim a due row, find out, and take the transition of `wish` if what was found allows it."""
        queue = self.rules.queue_at(status.name)
        call = self.lifecycle.call_of(queue)
        if queue is None or call is None:
            return "refused"
        if not (yield from self.is_due(queue.due, row)):
            return "refused"
        mine = yield from self.claim_by_hand(queue.due, row)
        if mine is None:
            return None
        held = ClaimedRow(queue, call, mine, status, actor, settling=True, by_hand=True, wish=wish)
        yield from self.settle(held)
        after = yield from asking.row(ReadRow(row.key))
        name = self.rules.table.status_column
        moved = after is not None and after.columns.get(name) != row.columns.get(name)
        return "applied" if moved else "refused"

    def is_due(self, due: str | None, row: FoundRow) -> Doing[bool]:
        """True when the row's lease has run out, so no other worker holds it."""
        if due is None:
            return True
        when = row.columns.get(due)
        return isinstance(when, int | float) and when <= (yield from asking.time())

    def claim_by_hand(self, due: str | None, row: FoundRow) -> Doing[FoundRow | None]:
        """Claims the row: raises the fence and sets the lease. It counts no attempt, since it only settles."""
        assign: dict[str, Assigned] = {}
        where: dict[str, Value] = dict(self.compares(row))
        if self.rules.fence is not None:
            assign[self.rules.fence] = Increment(1)
        if due is not None:
            where[due] = row.columns.get(due)
            if self.rules.lease is not None and self.rules.bumps:
                assign[due] = Later(self.rules.lease)
        return (yield from self.write(row, assign, where)) if assign else row
