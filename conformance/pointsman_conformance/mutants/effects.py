"""Wrong workers for any spec with a call: the effect and its record do not match in number, order or claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pointsman.spec.lifecycle import CallResult, Queue
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import Heard
from pointsman_conformance.mutants.conditional_write import ComparesStatusOnly
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import Assigned, FoundRow, LastLook, Later, ReadDue, ReadRow
from pointsman_conformance.reference.requests import effect_request
from pointsman_conformance.reference.rules import count


class SkipsTheEffect(Wrong):
    """Records an effect that it never asked the provider for."""

    def attempt(self, held: ClaimedRow) -> Doing[None]:
        """Move the row with made-up receipts."""
        made_up: dict[str, Value] = {column: f"made_up_{held.row.key}" for column, _ in held.call.records}
        if not (yield from self.move(held, CallResult.ACCEPTED, made_up)):
            yield from self.stay(held, self.after_a_pause(held))


class RepeatsTheEffect(Wrong):
    """Sends twice, the second time under another key, and records the second answer."""

    def send(self, held: ClaimedRow, seen: FoundRow) -> Doing[Heard]:
        """Send the request, and send it again under another key."""
        yield from super().send(held, seen)
        again = effect_request(held.call, self.what_to_send(held, seen), self.token)
        key = f"{again.key}-again" if again.key is not None else None
        return (yield from asking.reply(replace(again, key=key)))


class RecordsBeforeTheCall(Wrong):
    """Records the effect before it asks for it."""

    def attempt(self, held: ClaimedRow) -> Doing[None]:
        """Move the row, then send the request."""
        seen = yield from self.last_look(held)
        if seen is not None:
            moved = yield from self.move(held, CallResult.ACCEPTED, {})
            heard = yield from self.send(held, seen)
            if not moved:
                yield from self.hear(held.now_tried(), seen, heard)


class CallsBeforeTheClaim(Wrong):
    """Sends the request first, and claims the row to record the answer."""

    def poll(self, queue: Queue, actor: str) -> Doing[bool]:
        """Send, claim and record, row by row."""
        call = self.lifecycle.call_of(queue)
        if call is None:
            return (yield from super().poll(queue, actor))
        rows = yield from asking.rows(ReadDue(queue.name, self.batch))
        for row in rows:
            status = self.rules.status_of(row.columns)
            if status is None or self._settles(queue, row):
                continue
            held = ClaimedRow(queue, call, row, status, actor)
            heard = yield from self.send(held, row)
            claimed = yield from self.claim_one(queue, row)
            if claimed is not None:
                yield from self.hear(replace(held, row=claimed, tried=True), claimed, heard)
        return bool(rows)


class RenewsKeyAfterUnknown(Wrong):
    """Renews the key after an unknown outcome, as after a refusal."""

    def note_unknown(self, held: ClaimedRow, reply: CallResult) -> Doing[None]:  # noqa: ARG002 - that is the fault
        """Put the row off, with a new key."""
        yield from self.stay(held, self.after_unknown(held), self.renewed(held.call))


class ClaimsWithoutALease(Wrong):
    """Claims without a lease: the row stays due, and the next worker takes it at once."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Claim each due row by a conditional write."""
        rows = yield from asking.rows(ReadDue(queue.name, self.batch))
        return (yield from self.claim_each(queue, rows))

    def lease(self, queue: Queue) -> Mapping[str, Assigned]:  # noqa: ARG002 - that is the fault
        """Return no assignment: the row stays due."""
        return {}

    def lease_end(self, held: ClaimedRow) -> float | None:  # noqa: ARG002 - that is the fault
        """Return None: there is no lease."""
        return None

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """Compare the status and the fence: there is no lease to look at."""
        seen = yield from asking.row(ReadRow(held.row.key))
        same = seen is not None and self.rules.status_of(seen.columns) == held.status
        fence = self.rules.fence
        if seen is None or not same or fence is None:
            return seen if same else None
        return seen if count(seen.columns, fence) == count(held.row.columns, fence) else None


class HastyAfterUnknown(Wrong):
    """Tries again after the backoff when the outcome is unknown, though lease and request may still run."""

    def after_unknown(self, held: ClaimedRow) -> Later:
        """Return the end of the backoff, also where the lease ends later."""
        return self.after_a_pause(held)


class HostNameAsWorkerId(ComparesStatusOnly):
    """Takes the claims of all copies on its host for its own: they share a name, and it compares no fence."""

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """Look with the present fence of the row, which another copy may have raised."""
        seen = yield from asking.row(ReadRow(held.row.key))
        if seen is None or not self.rules.bumps or self.rules.fence is None:
            return seen
        fence = count(seen.columns, self.rules.fence)
        return (yield from asking.row(LastLook(held.queue.name, seen.key, fence)))
