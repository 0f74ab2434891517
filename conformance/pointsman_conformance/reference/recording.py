"""The writes of a worker after an outcome: each compares status and claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pointsman.spec.lifecycle import Call, CallResult, NextStep, Queue
from pointsman.spec.meaning import LookUpAnswer, LookUpResult, event_after, finds_out_after, receipts_of, step_after
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import Heard, HttpReply, NoReply, received
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.copy_memory import CopyMemory
from pointsman_conformance.reference.operation import Alarm, Assigned, FoundRow, Increment, Later
from pointsman_conformance.reference.rules import count

WITHOUT_BACKOFF = 60.0
"""Seconds to wait where the spec names no backoff."""


CONFLICT = 409


def is_conflict(heard: Heard) -> bool:
    """Whether a request with this key is still under way."""
    return isinstance(heard, HttpReply) and heard.status == CONFLICT


def is_in_vain(answer: LookUpAnswer | None) -> bool:
    """Whether a look-up leaves open what became of the effect: no answer, an unreadable effect, a list that goes on."""
    return answer is None or answer.result in {LookUpResult.UNREADABLE, LookUpResult.UNDECIDED}


class Recording(CopyMemory):
    """Records the outcomes of a claimed row."""

    if TYPE_CHECKING:  # the worker's round is built on top of this

        def look_up(self, held: ClaimedRow, seen: FoundRow) -> Doing[LookUpAnswer | None]: ...

        def follow(self, held: ClaimedRow, answer: LookUpAnswer | None) -> Doing[None]: ...

    # --- the effect is there -----------------------------------------------------------

    def accepted(self, held: ClaimedRow, heard: Heard) -> Doing[None]:
        """Records an accepted effect."""
        receipts = receipts_of(held.call, received(heard)) or {}
        reply = CallResult.SETTLED_DONE if held.by_hand else CallResult.ACCEPTED
        if not (yield from self.move(held, reply, self.receipts_to_record(held, receipts))):
            yield from self.stay(held, self.for_another_actor(held))

    def found(self, held: ClaimedRow, answer: LookUpAnswer) -> Doing[None]:
        """Records an effect that a look-up found."""
        receipts = self.receipts_to_record(held, answer.receipts)
        if not (yield from self.move(held, CallResult.SETTLED_DONE, receipts)):
            yield from self.stay(held, self.for_another_actor(held))

    def receipts_to_record(
        self,
        held: ClaimedRow,  # noqa: ARG002 - a wrong implementation looks at it
        receipts: Mapping[str, Value],
    ) -> Mapping[str, Value]:
        """The columns that are stored with the status."""
        return receipts

    def already_done(self, held: ClaimedRow, seen: FoundRow) -> Doing[None]:
        """Records "already done": looks the receipt up under the same claim."""
        event = event_after(held.queue, CallResult.ALREADY_DONE)
        if held.call.look_up is None or (event is not None and not held.call.records):
            reply = CallResult.ALREADY_DONE if event is not None and not held.by_hand else CallResult.SETTLED_DONE
            if not (yield from self.move(held, reply, {})):
                yield from self.stay(held, self.after_a_pause(held))
            return
        answer = yield from self.look_up(held, seen)
        if answer is not None and answer.result is LookUpResult.FOUND:
            yield from self.found(held, answer)
        else:  # done, says the provider, and does not show it: its absence may not be concluded
            yield from self.stay(held, self.after_unknown(held))

    # --- it is not ------------------------------------------------------------------------

    def refused(self, held: ClaimedRow, seen: FoundRow, reply: CallResult) -> Doing[None]:
        """Records a definite refusal: renews the key."""
        if finds_out_after(held.queue, reply) and held.call.look_up is not None:
            yield from self.follow(held, (yield from self.look_up(held, seen)))
            return
        renewed = self.renewed(held.call)
        if held.by_hand:
            if reply is CallResult.REFUSED and (yield from self.give_up(held, renewed)):
                return
        elif (yield from self.move(held, reply, renewed)):
            return
        waits = step_after(held.queue, reply) is NextStep.WAIT
        due = self.after_first(held) if waits else self.after_a_pause(held)
        yield from self.stay(held, due, renewed, give_back=waits)

    def absent(self, held: ClaimedRow) -> Doing[None]:
        """Records a settled absence: renews the key."""
        renewed = self.renewed(held.call)
        if held.by_hand:
            if not (yield from self.give_up(held, renewed)):
                yield from self.stay(held, Later(), renewed)
        elif self.is_used_up(held):
            if not (yield from self.move(held, CallResult.SETTLED_ABSENT, renewed)):
                yield from self.stay(held, self.at_the_ceiling(held), renewed)
        elif held.tried:
            yield from self.stay(held, self.after_a_pause(held), renewed)
        else:  # nothing was sent under this claim, so it was no attempt
            yield from self.stay(held, Later(), renewed, give_back=True)

    def exhausted(self, held: ClaimedRow) -> Doing[None]:
        """Takes the event that the spec names for used-up attempts, without settling."""
        if not (yield from self.move(held, CallResult.EXHAUSTED, {})):
            yield from self.stay(held, self.at_the_ceiling(held))

    def not_tried(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:
        """Records "not tried": gives the attempt back."""
        if is_conflict(heard):
            yield from self.stay(held, self.after_unknown(held), give_back=True)
            return
        if finds_out_after(held.queue, CallResult.NOT_TRIED) and held.call.look_up is not None:
            yield from self.follow(held, (yield from self.look_up(held, seen)))
        elif not (yield from self.move(held, CallResult.NOT_TRIED, {})):
            waits = step_after(held.queue, CallResult.NOT_TRIED) is NextStep.WAIT
            due = self.after_first(held) if waits else self.after_a_pause(held)
            yield from self.stay(held, due, give_back=waits)

    # --- it is not known -------------------------------------------------------------------

    def misused(self, held: ClaimedRow, seen: FoundRow) -> Doing[None]:
        """A defect of our own: raises an alarm, then goes on as after an error of the provider."""
        yield Alarm(f"{held.call.name} of {held.row.key}: the provider says that this key was used for something else")
        if held.call.look_up is not None:
            yield from self.after_an_error(held, seen)
        else:
            yield from self.note_unknown(held, CallResult.MISUSED)

    def unknown(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:
        """Records an unknown outcome. After a response it looks up at once: the provider may replay it for ever."""
        if isinstance(heard, NoReply) or held.call.look_up is None:
            yield from self.note_unknown(held, CallResult.UNKNOWN)
        else:
            yield from self.after_an_error(held, seen)

    def after_an_error(self, held: ClaimedRow, seen: FoundRow) -> Doing[None]:
        """Looks the effect up under the same claim: the response says that the request has ended."""
        answer = yield from self.look_up(held, seen)
        if is_in_vain(answer):
            yield from self.note_unknown(held, CallResult.UNKNOWN)
        else:
            yield from self.follow(held, answer)

    def note_unknown(self, held: ClaimedRow, reply: CallResult) -> Doing[None]:
        """Makes the row due for the same key, not before the lease has ended."""
        if not (yield from self.move(held, reply, {})):
            waits = step_after(held.queue, reply) is NextStep.WAIT
            yield from self.stay(held, self.after_unknown(held), give_back=waits)

    def looked_in_vain(self, held: ClaimedRow) -> Doing[None]:
        """The look-up left it open: again at the backoff's ceiling. That was no attempt."""
        due = self.after_unknown(held) if held.tried else self.at_the_ceiling(held)
        yield from self.stay(held, due, give_back=not held.tried)

    # --- writing -------------------------------------------------------------------------

    def move(self, held: ClaimedRow, reply: CallResult, brought: Mapping[str, Assigned]) -> Doing[bool]:
        """Take the transition that `then` names for this reply; False where there is none."""
        event = event_after(held.queue, reply)
        plain = {name: value for name, value in brought.items() if not isinstance(value, Later | Increment)}
        way = self.rules.way(held.status.name, event, held.actor, {**held.row.columns, **plain}) if event else None
        if way is None:
            return False
        yield from self.write(held.row, self.entering(way, {**self.counted(held), **brought}), self.mine(held))
        return True

    def give_up(self, held: ClaimedRow, renewed: Mapping[str, Assigned]) -> Doing[bool]:
        """Takes the giving-up that the admin wished for; False where none is."""
        for way in self.rules.giving_up(held.status.name, held.actor, held.call):
            if way.event == held.wish:
                yield from self.write(held.row, self.entering(way, renewed), self.mine(held))
                return True
        return False

    def stay(
        self, held: ClaimedRow, due: Later, also: Mapping[str, Assigned] | None = None, *, give_back: bool = False
    ) -> Doing[None]:
        """Writes the due time and the count, and leaves the status."""
        assign: dict[str, Assigned] = {**self.counted(held, give_back=give_back), **(also or {})}
        if held.queue.due is not None:
            assign[held.queue.due] = due
        if assign:
            yield from self.write(held.row, assign, self.mine(held))

    def counted(self, held: ClaimedRow, *, give_back: bool = False) -> dict[str, Assigned]:
        """The change of the attempts' count: given back, or counted now where no claim has counted it."""
        attempts = held.queue.attempts
        if attempts is None or held.settling:
            return {}
        if self.rules.bumps:
            return {attempts.column: Increment(-1)} if give_back else {}
        return {} if give_back else {attempts.column: Increment(1)}

    def mine(self, held: ClaimedRow) -> Mapping[str, Value]:
        """The comparison of a record: the status that was claimed, and the claim."""
        return self.compares(held.row)

    def compares(self, row: FoundRow) -> Mapping[str, Value]:
        """The status and the fence of this row, to compare with."""
        fence = self.rules.fence
        where = dict(self.where_status(row))
        if fence is not None:
            where[fence] = row.columns.get(fence)
        return where

    def renewed(self, call: Call) -> dict[str, Assigned]:
        """The columns that renew the key: the generation plus one, and no first use."""
        found: dict[str, Assigned] = {}
        if call.key_generation is not None:
            found[call.key_generation] = Increment(1)
        if call.key_first_used is not None:
            found[call.key_first_used] = None
        return found

    # --- when ------------------------------------------------------------------------------

    def attempts_made(self, held: ClaimedRow) -> int:
        """The attempts that the row counts, this one included."""
        attempts = held.queue.attempts
        if attempts is None:
            return 1
        made = count(held.row.columns, attempts.column)
        return made if self.rules.bumps or held.settling else made + 1

    def is_used_up(self, held: ClaimedRow) -> bool:
        """No attempt is left."""
        attempts = held.queue.attempts
        return attempts is not None and attempts.limit is not None and self.attempts_made(held) >= attempts.limit

    def lease_end(self, held: ClaimedRow) -> float | None:
        """The time when the claim ends; None where claims have no lease."""
        if not self.rules.bumps or self.rules.lease is None or held.queue.due is None:
            return None
        end = held.row.columns.get(held.queue.due)
        return float(end) if isinstance(end, int | float) else None

    def after_a_pause(self, held: ClaimedRow) -> Later:
        """A due time after the backoff."""
        return Later(self.pause(held.queue, self.attempts_made(held)))

    def for_another_actor(self, held: ClaimedRow) -> Later:
        """The due time where this actor may not record what was found: at once after an admin, so that a worker may."""
        return Later() if held.by_hand else self.after_a_pause(held)

    def after_unknown(self, held: ClaimedRow) -> Later:
        """A due time after the backoff and the end of the lease: until then the request may still be under way."""
        return Later(self.pause(held.queue, self.attempts_made(held)), self.lease_end(held))

    def after_first(self, held: ClaimedRow) -> Later:
        """A due time after the shortest pause."""
        return Later(self.pause(held.queue, 1))

    def at_the_ceiling(self, held: ClaimedRow) -> Later:
        """A due time after the longest pause."""
        backoff = held.queue.backoff
        if backoff is None or backoff.ceiling is None:
            return self.after_unknown(held)
        return Later(self.jittered(held.queue, backoff.ceiling.total_seconds()), self.lease_end(held))

    def pause(self, queue: Queue, attempts: int) -> float:
        """Seconds of the backoff after that many attempts."""
        if queue.backoff is None:
            return WITHOUT_BACKOFF
        return self.jittered(queue, queue.backoff.pause(max(attempts, 1)).total_seconds())

    def jittered(self, queue: Queue, seconds: float) -> float:
        """The seconds with the backoff's jitter."""
        jitter = queue.backoff.jitter if queue.backoff is not None else 0.0
        return seconds * self.random.uniform(1 - jitter, 1 + jitter)

    def look_again(self, queue: Queue, row: FoundRow) -> Doing[None]:
        """Makes the row due again after the backoff."""
        if queue.due is not None:
            made = count(row.columns, queue.attempts.column) if queue.attempts is not None else 1
            yield from self.write(row, {queue.due: Later(self.pause(queue, made))}, self.compares(row))
