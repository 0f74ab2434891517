"""A worker's round: claim, last look, send or settle."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, CallResult, Outcome, Queue, SettleBy, Status
from pointsman.spec.meaning import (
    LookUpAnswer,
    LookUpResult,
    event_after,
    looked_up,
    outcome_of,
    receipts_of_others,
    seconds,
)
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.wire import Heard, received
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.event_fields import reported
from pointsman_conformance.reference.operation import ClaimRows, FoundRow, LastLook, ReadDue, ReadRow, Sweep, TurnSteps
from pointsman_conformance.reference.recording import Recording, is_in_vain
from pointsman_conformance.reference.requests import effect_request, look_up_request
from pointsman_conformance.reference.rules import count

PAGES = 5
"""Pages of a list that are read before a look-up is given up for now."""


class Working(Recording):
    """The turns of a worker."""

    batch = 100

    def work(self, actor: str) -> TurnSteps:
        """One poll: kept events that can apply now, then everything that is due in the actor's queues."""
        acted = yield from self.sweep(actor)
        for queue in self.rules.queues(actor):
            acted |= yield from self.poll(queue, actor)
        return "applied" if acted else "skipped"

    def sweep(self, actor: str) -> Doing[bool]:
        """Apply kept events."""
        moved = False
        for transition in self.rules.sweeps(actor):
            moved |= bool((yield from asking.rows(Sweep(transition, self.batch))))
        return moved

    def poll(self, queue: Queue, actor: str) -> Doing[bool]:
        """Take what is due and serve it, row by row."""
        rows = yield from self.take(queue)
        for row in rows:
            status = self.rules.status_of(row.columns)
            if status is not None:
                yield from self.serve(queue, row, status, actor)
        return bool(rows)

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """Claim due rows, oldest first."""
        if self.lifecycle.claims is None:
            return (yield from asking.rows(ReadDue(queue.name, self.batch)))
        return (yield from asking.rows(ClaimRows(queue.name, self.batch)))

    def serve(self, queue: Queue, row: FoundRow, status: Status, actor: str) -> Doing[None]:
        """Serves one claimed row: settles, attempts, or reports."""
        call = self.lifecycle.call_of(queue)
        if call is None:
            yield from self.report(queue, row, status, actor)
            return
        settling = row.settle_only or self.has_no_attempt_left(queue, row)
        held = ClaimedRow(queue, call, row, status, actor, settling)
        yield from (self.settle(held) if settling else self.attempt(held))

    def has_no_attempt_left(self, queue: Queue, row: FoundRow) -> bool:
        """True where no attempt is left and the claim, a lock, did not count."""
        attempts = queue.attempts
        if self.rules.bumps or attempts is None or attempts.limit is None:
            return False
        return count(row.columns, attempts.column) >= attempts.limit

    # --- sending --------------------------------------------------------------------

    def attempt(self, held: ClaimedRow) -> Doing[None]:
        """Sends the request, or looks the effect up if the key is too old to be sent."""
        if not (yield from self.key_lives(held)):
            yield from self.ask_first(held)
            return
        seen = yield from self.last_look(held)
        if seen is not None:
            heard = yield from self.send(held, seen)
            yield from self.hear(held.now_tried(), seen, heard)

    def key_lives(self, held: ClaimedRow) -> Doing[bool]:
        """Whether the key may still be sent: it outlives the lease, or else enough of its lifetime is left now."""
        call, columns = held.call, held.row.columns
        since = columns.get(call.key_first_used) if call.key_first_used is not None else None
        if call.key is None or call.key_lifetime is None or not isinstance(since, int | float):
            return True
        lifetime, end = seconds(call.key_lifetime), self.lease_end(held)
        if end is not None and self.rules.lease is not None and lifetime > 2 * self.rules.lease:
            return since + lifetime > end
        now = yield from asking.time()
        return since + lifetime - now >= self.rules.pause + seconds(call.settles_within)

    def last_look(self, held: ClaimedRow) -> Doing[FoundRow | None]:
        """The row, if the claim still stands and leaves time to send."""
        row = held.row
        if self.rules.bumps:
            fence = self.rules.fence
            mine = count(row.columns, fence) if fence is not None else None
            return (yield from asking.row(LastLook(held.queue.name, row.key, mine)))
        seen = yield from asking.row(ReadRow(row.key))
        name = self.rules.table.status_column
        return seen if seen is not None and seen.columns.get(name) == row.columns.get(name) else None

    def send(self, held: ClaimedRow, seen: FoundRow) -> Doing[Heard]:
        """The request that makes the effect."""
        return (yield from asking.reply(effect_request(held.call, self.what_to_send(held, seen), self.token)))

    def what_to_send(self, held: ClaimedRow, seen: FoundRow) -> Columns:  # noqa: ARG002 - a wrong implementation looks at it
        """The columns that the request is made from."""
        return seen.columns

    def hear(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:
        """Records what the spec says of a response."""
        match self.outcome(held.call, heard):
            case Outcome.ACCEPTED:
                yield from self.accepted(held, heard)
            case Outcome.ALREADY_DONE:
                yield from self.already_done(held, seen)
            case Outcome.REFUSED:
                yield from self.refused(held, seen, CallResult.REFUSED)
            case Outcome.REFUSED_FOR_NOW:
                yield from self.refused(held, seen, CallResult.REFUSED_FOR_NOW)
            case Outcome.NOT_TRIED:
                yield from self.not_tried(held, seen, heard)
            case Outcome.MISUSED:
                yield from self.misused(held, seen)
            case Outcome.UNKNOWN:
                yield from self.unknown(held, seen, heard)

    def outcome(self, call: Call, heard: Heard) -> Outcome:
        """The outcome of a response."""
        return outcome_of(call, received(heard))

    # --- settling -------------------------------------------------------------------

    def settle(self, held: ClaimedRow) -> Doing[None]:
        """Find out what became of earlier attempts."""
        if (not held.by_hand) and event_after(held.queue, CallResult.EXHAUSTED) is not None:
            yield from self.exhausted(held)
        elif self.nothing_is_out(held):
            yield from self.absent(held)
        elif self.resends_to_settle(held) and (yield from self.key_lives(held)):
            seen = yield from self.last_look(held)
            if seen is not None:
                heard = yield from self.send(held, seen)
                yield from self.hear(held, seen, heard)
        else:
            yield from self.ask_first(held)

    def nothing_is_out(self, held: ClaimedRow) -> bool:
        """No key of this generation was ever sent."""
        since = held.call.key_first_used
        return since is not None and held.row.columns.get(since) is None

    def resends_to_settle(self, held: ClaimedRow) -> bool:
        """Whether to settle is to send the same key again, as long as it lives."""
        settle = self.lifecycle.settle
        if settle is None or held.call.key is None:
            return False
        if settle.first is SettleBy.RESEND_SAME_KEY:
            return True
        return settle.otherwise is SettleBy.RESEND_SAME_KEY and held.call.look_up is None

    def ask_first(self, held: ClaimedRow) -> Doing[None]:
        """Looks the effect up, or waits where the call has no look-up."""
        if held.call.look_up is None:
            yield from self.looked_in_vain(held)
            return
        seen = yield from self.last_look(held)
        if seen is not None:
            yield from self.follow(held, (yield from self.look_up(held, seen)))

    def look_up(self, held: ClaimedRow, seen: FoundRow) -> Doing[LookUpAnswer | None]:
        """Ask the provider for the effect, page by page. None: no page says whether the effect exists."""
        call, others = held.call, receipts_of_others(self.lifecycle, held.call, seen.columns)
        after: str | None = None
        for _ in range(PAGES):
            heard = yield from asking.reply(look_up_request(call, seen.columns, self.token, after))
            answer = looked_up(call, seen.columns, received(heard), others)
            if answer is None or answer.result is not LookUpResult.UNDECIDED or answer.after is None:
                return answer
            after = answer.after
        return None

    def follow(self, held: ClaimedRow, answer: LookUpAnswer | None) -> Doing[None]:
        """Records the result of a look-up."""
        if answer is None or is_in_vain(answer):
            yield from self.looked_in_vain(held)
        elif answer.result is LookUpResult.FOUND:
            yield from self.found(held, answer)
        else:
            yield from self.absent(held)

    # --- queues without a call --------------------------------------------------------

    def report(self, queue: Queue, row: FoundRow, status: Status, actor: str) -> Doing[None]:
        """Reports an event about the row, or makes it due again."""
        told = reported(self.rules, row, status, actor, self.random)
        if told is None:
            yield from self.look_again(queue, row)
        else:
            way, brought = told
            yield from self.write(row, self.entering(way, brought), self.compares(row))
