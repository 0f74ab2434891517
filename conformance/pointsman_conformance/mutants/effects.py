"""Workers whose effect and whose record do not belong together: ways of going wrong that fit any spec with a call."""

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
    """Records what it never asked the provider for."""

    def attempt(self, held: ClaimedRow) -> Doing[None]:
        """Done, says the row."""
        made_up: dict[str, Value] = {column: f"made_up_{held.row.key}" for column, _ in held.call.records}
        if not (yield from self.move(held, CallResult.ACCEPTED, made_up)):
            yield from self.stay(held, self.after_a_pause(held))


class RepeatsTheEffect(Wrong):
    """Asks twice, the second time under another key, and believes the second answer."""

    def send(self, held: ClaimedRow, seen: FoundRow) -> Doing[Heard]:
        """Once, and once more."""
        yield from super().send(held, seen)
        again = effect_request(held.call, self.what_to_send(held, seen), self.token)
        key = f"{again.key}-again" if again.key is not None else None
        return (yield from asking.reply(replace(again, key=key)))


class RecordsBeforeTheCall(Wrong):
    """Writes that it is done, and then does it."""

    def attempt(self, held: ClaimedRow) -> Doing[None]:
        """The record first."""
        seen = yield from self.last_look(held)
        if seen is not None:
            moved = yield from self.move(held, CallResult.ACCEPTED, {})
            heard = yield from self.send(held, seen)
            if not moved:
                yield from self.hear(held.now_tried(), seen, heard)


class CallsBeforeTheClaim(Wrong):
    """Asks the provider first, and claims the row to record the answer."""

    def poll(self, queue: Queue, actor: str) -> Doing[bool]:
        """Call, claim, record."""
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
    """Takes another key when it has heard nothing, and writes that down like a refusal."""

    def note_unknown(self, held: ClaimedRow, reply: CallResult) -> Doing[None]:  # noqa: ARG002 - whatever it was
        """The key is spent, it thinks."""
        yield from self.stay(held, self.after_unknown(held), self.renewed(held.call))


class ClaimsWithoutALease(Wrong):
    """Counts its claim and raises the fence, and leaves the row due: whoever comes next takes it at once."""

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Claims of its own, each a write that compares."""
        rows = yield from asking.rows(ReadDue(queue.name, self.batch))
        return (yield from self.claim_each(queue, rows))

    def lease(self, queue: Queue) -> Mapping[str, Assigned]:  # noqa: ARG002 - that is the fault
        """None."""
        return {}

    def lease_end(self, held: ClaimedRow) -> float | None:  # noqa: ARG002 - that is the fault
        """It has none."""
        return None

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """The fence alone: there is no lease to look at."""
        seen = yield from asking.row(ReadRow(held.row.key))
        same = seen is not None and self.rules.status_of(seen.columns) == held.status
        fence = self.rules.fence
        if seen is None or not same or fence is None:
            return seen if same else None
        return seen if count(seen.columns, fence) == count(held.row.columns, fence) else None


class HastyAfterUnknown(Wrong):
    """Tries again after the backoff when it has heard nothing, though its lease, and the request, may still run."""

    def after_unknown(self, held: ClaimedRow) -> Later:
        """The backoff, and no more."""
        return self.after_a_pause(held)


class HostNameAsWorkerId(ComparesStatusOnly):
    """Takes every claim of this host for its own: the copies have one name, and it compares no fence."""

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """With the fence as it is now, whoever raised it."""
        seen = yield from asking.row(ReadRow(held.row.key))
        if seen is None or not self.rules.bumps or self.rules.fence is None:
            return seen
        fence = count(seen.columns, self.rules.fence)
        return (yield from asking.row(LastLook(held.queue.name, seen.key, fence)))
