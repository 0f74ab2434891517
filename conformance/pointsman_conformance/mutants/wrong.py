"""The record of a wrong implementation, and the parts that several of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from pointsman.spec.lifecycle import CallResult, Lifecycle, Queue
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.operation import Assigned, FoundRow, Increment, Later
from pointsman_conformance.reference.rules import count


@dataclass(frozen=True, slots=True)
class WrongImplementation:
    """A known-bad implementation. `sentence` completes "an implementation that ..."; the law `law` must fail it."""

    name: str
    law: str
    sentence: str
    kind: type[ReferenceImplementation]

    def make(
        self, lifecycle: Lifecycle, actor: str, token: str, random: Random, inbox: set[str]
    ) -> ReferenceImplementation:
        """Make a copy of it."""
        return self.kind(lifecycle, actor, token, random, inbox)


class Wrong(ReferenceImplementation):
    """The reference implementation with a part replaced. This class has what the replacements share."""

    def as_failed(self, held: ClaimedRow) -> Doing[None]:
        """Treat the outcome as a refusal; as a settled absence if no transition follows a refusal."""
        for reply in (CallResult.REFUSED, CallResult.SETTLED_ABSENT):
            if (yield from self.move(held, reply, self.renewed(held.call))):
                return
        yield from self.stay(held, self.after_a_pause(held))

    def claim_one(self, queue: Queue, row: FoundRow, *, counts: bool = True) -> Doing[FoundRow | None]:
        """Claim a row by a write: raise the fence, set the lease, count the attempt, note the first use of the key."""
        settles = self._settles(queue, row)
        done = yield from self.write(row, self._claim(queue, row, counts=counts and not settles), self.compares(row))
        return replace(done, settle_only=settles) if done is not None else None

    def claim_each(
        self, queue: Queue, rows: tuple[FoundRow, ...], *, counts: bool = True
    ) -> Doing[tuple[FoundRow, ...]]:
        """Claim rows that have only been read. Gives those whose claim succeeded."""
        found = []
        for row in rows:
            claimed = yield from self.claim_one(queue, row, counts=counts)
            if claimed is not None:
                found.append(claimed)
        return tuple(found)

    def _claim(self, queue: Queue, row: FoundRow, *, counts: bool) -> Mapping[str, Assigned]:
        assign: dict[str, Assigned] = {}
        call = self.lifecycle.call_of(queue)
        if self.rules.fence is not None:
            assign[self.rules.fence] = Increment(1)
        assign.update(self.lease(queue))
        if queue.attempts is not None and counts:
            assign[queue.attempts.column] = Increment(1)
        since = call.key_first_used if call is not None else None
        if since is not None and row.columns.get(since) is None and not self._settles(queue, row):
            assign[since] = Later()
        return assign

    def lease(self, queue: Queue) -> Mapping[str, Assigned]:
        """The assignment that makes a claimed row not due until the lease ends."""
        if queue.due is None or self.rules.lease is None:
            return {}
        return {queue.due: Later(self.rules.lease)}

    def _settles(self, queue: Queue, row: FoundRow) -> bool:
        attempts = queue.attempts
        limit = attempts.limit if attempts is not None else None
        return attempts is not None and limit is not None and count(row.columns, attempts.column) >= limit
