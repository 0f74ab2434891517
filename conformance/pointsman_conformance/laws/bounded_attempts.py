"""bounded-attempts: counts every attempt and stops at the limit; settling is not an attempt."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.lifecycle import ActorKind, Attempts, Call, CallResult, NextStep, Outcome, Queue
from pointsman.spec.meaning import filled, step_after
from pointsman_conformance.laws.elements import of_queue
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.parts import Claim, RowVersion, Sent, number
from pointsman_conformance.laws.reading import Reading
from pointsman_conformance.laws.under_lock import is_by_lock, record, taken

_ATTEMPTS = frozenset({Outcome.REFUSED, Outcome.REFUSED_FOR_NOW, Outcome.UNKNOWN})
"""The outcomes of an attempt that may leave the row where it is."""


def judge(reading: Reading) -> Judgements:
    """Under a claim with attempts left a request is counted by the claim; at the limit no new key is sent.

    A key that may have been sent before is sent again to settle, at the limit too, and that is not counted.
    """
    told: set[tuple[int, str]] = set()
    for sent in reading.sent:
        claim = taken(reading, sent) if sent.ours and sent.effect and not reading.claims_nothing else None
        if claim is None or claim.queue is None or (claim.place, claim.who) in told:
            continue
        if claim.queue.call == sent.call.name and claim.queue.attempts is not None:
            told.add((claim.place, claim.who))
            yield from _judge(reading, claim, sent, claim.queue.attempts)


def _judge(reading: Reading, claim: Claim, sent: Sent, attempts: Attempts) -> Iterator[Met | Breach]:
    if claim.queue is None or claim.count_before is None or claim.count is None:
        return
    element = of_queue(claim.queue, "attempts")
    if not claim.used_up and _may_settle(reading, claim, sent):
        return
    if claim.used_up:
        says = _beyond(reading, claim, sent, attempts)
    else:
        # Where rows are locked the record counts; only then is there something to see.
        says = None if is_by_lock(reading) else _uncounted(claim, sent, attempts)
    if says is not None:
        yield Breach(element, says, (claim.place, sent.place), claim.row)
        return
    recorded = _recorded(reading, claim, sent, attempts)
    if recorded is not None:
        yield recorded
    elif claim.used_up or not is_by_lock(reading) or _counted_later(reading, claim, sent, attempts):
        yield Met(element)


def _counted_later(reading: Reading, claim: Claim, sent: Sent, attempts: Attempts) -> bool:
    """True if the sender's next write has counted the attempt, whatever the answer was."""
    own = (version for version in reading.after(claim.row, sent.place) if version.who == sent.who)
    version = next(own, None)
    return version is not None and number((version.write.new or {}).get(attempts.column)) == claim.count


def _uncounted(claim: Claim, sent: Sent, attempts: Attempts) -> str | None:
    if claim.count_before is None or claim.count is None or claim.count == claim.count_before + 1:
        return None
    return (
        f"sent {sent.call.name} under a claim that made {attempts.column} {claim.count:g}: "
        f"it was {claim.count_before:g}, and each attempt counts once"
    )


def _recorded(reading: Reading, claim: Claim, sent: Sent, attempts: Attempts) -> Met | Breach | None:
    """Compares the count in the record with the claim's; None where the answer or the record is not an attempt's."""
    queue = claim.queue
    if queue is None or claim.used_up or sent.heard not in _ATTEMPTS or _waits(queue, sent.heard):
        return None
    version = record(reading, claim, sent)
    if version is None or _asked_again(reading, sent, version):
        return None
    count = number((version.write.new or {}).get(attempts.column))
    if count == claim.count:
        return Met(of_queue(queue, "attempts"))
    if not version.changed & {attempts.column, queue.due}:
        return None  # the write may be about something else
    says = (
        f"recorded an attempt of {sent.call.name} with {attempts.column} at {count}: "
        f"it was {claim.count_before:g} before it, and each attempt counts once"
    )
    return Breach(of_queue(queue, "attempts"), says, (sent.place, version.place), claim.row)


def _asked_again(reading: Reading, sent: Sent, version: RowVersion) -> bool:
    """True if the sender sent again before it recorded: then the record is about a later answer."""
    later = reading.sent_for.get((sent.row or "", sent.call.name), ())
    return any(each.who == sent.who and sent.place < each.place < version.place for each in later)


def _waits(queue: Queue, heard: Outcome) -> bool:
    return step_after(queue, CallResult(heard.value)) is not NextStep.AGAIN


def _beyond(reading: Reading, claim: Claim, sent: Sent, attempts: Attempts) -> str | None:
    limit = attempts.limit
    if limit is not None and claim.count is not None and claim.count > max(limit, claim.count_before or 0):
        return f"claimed another attempt: {attempts.column} went to {claim.count:g}, and the limit is {limit}"
    if _is_new(reading, claim, sent):
        return (
            f"sent {sent.call.name} under the new key {sent.request.key!r} although all {limit} attempts were made; "
            f"from then on it may only find out what became of them"
        )
    return None


def _may_settle(reading: Reading, claim: Claim, sent: Sent) -> bool:
    """An admin's claim is to settle whatever was counted, and may send a key that may have been sent."""
    actors = reading.possible_actors(sent.request if is_by_lock(reading) else reading.at_place[claim.place].write)
    kinds = {reading.lifecycle.actor[name].kind for name in actors if name in reading.lifecycle.actor}
    return ActorKind.ADMIN in kinds and not _is_unused(sent.call, claim)


def _is_unused(call: Call, claim: Claim) -> bool:
    """The row says that nothing was ever sent under its key, or there is no key to send again."""
    if call.key is None:
        return True
    return call.key_first_used is not None and claim.before.get(call.key_first_used) is None


def _is_new(reading: Reading, claim: Claim, sent: Sent) -> bool:
    """No copy can have sent this key before; without a key nothing can be sent again."""
    if sent.request.key is None or sent.leg is None:
        return sent.call.key is None
    if any(each.request.key == sent.request.key and each.effect for each in reading.in_leg(sent.leg, sent.place)):
        return False
    if _is_unused(sent.call, claim):
        return True
    if sent.call.key is not None and sent.request.key == filled(sent.call.key, claim.after):
        return False
    # A copy that died between its claim and its request may have chosen this key, in a form of its own.
    return not any(sent.leg.start < place < sent.place for places in reading.crashes.values() for place in places)
