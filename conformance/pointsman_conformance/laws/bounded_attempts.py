"""bounded-attempts: counts every attempt and stops at the limit; settling is not an attempt."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.lifecycle import ActorKind, Attempts, Call, Outcome, Queue, Reply, Step
from pointsman_conformance.laws.addresses import render
from pointsman_conformance.laws.elements import of_queue
from pointsman_conformance.laws.judgement import Breach, Judged, Met
from pointsman_conformance.laws.parts import Claim, Sent, answer_of, number
from pointsman_conformance.laws.reading import Reading
from pointsman_conformance.laws.under_lock import is_by_lock, record, taken

_ATTEMPTS = frozenset({Outcome.REFUSED, Outcome.REFUSED_FOR_NOW, Outcome.UNKNOWN})
"""What an attempt may come to that leaves the row where it is."""


def judge(reading: Reading) -> Judged:
    """Under a claim with attempts left a request is counted by the claim; at the limit no new key is sent.

    A key that may have been sent before is sent again to settle, at the limit too, and that is not counted.
    """
    told: set[tuple[int, str]] = set()
    for sent in reading.sent:
        claim = taken(reading, sent) if sent.ours and sent.effect else None
        if claim is None or claim.queue is None or (claim.place, claim.who) in told:
            continue
        if claim.queue.call == sent.call.name and claim.queue.attempts is not None:
            told.add((claim.place, claim.who))
            yield from _judge(reading, claim, sent, claim.queue.attempts)


def _judge(reading: Reading, claim: Claim, sent: Sent, attempts: Attempts) -> Iterator[Met | Breach]:
    if claim.queue is None or claim.count_before is None or claim.count is None:
        return
    element = of_queue(claim.queue, "attempts")
    if claim.used_up:
        says = _beyond(reading, claim, sent, attempts)
    elif _may_settle(reading, claim, sent):
        return
    elif is_by_lock(reading):
        yield from _counted_later(reading, claim, sent, attempts)
        return
    else:
        says = _uncounted(reading, claim, sent, attempts)
    yield Met(element) if says is None else Breach(element, says, (claim.place, sent.place), claim.row)


def _uncounted(reading: Reading, claim: Claim, sent: Sent, attempts: Attempts) -> str | None:
    before = claim.count_before or 0
    row = reading.row_at(claim.row, sent.place) or claim.after
    # Counted by a write of its own, before the request: that it was no claim is for another law to say.
    if before + 1 in {claim.count, number(row.get(attempts.column))}:
        return None
    return (
        f"sent {sent.call.name} under a claim that left {attempts.column} at {claim.count:g}: "
        f"it was {before:g}, and each attempt counts once"
    )


def _counted_later(reading: Reading, claim: Claim, sent: Sent, attempts: Attempts) -> Iterator[Met | Breach]:
    """Where rows are locked the record counts, unless the attempt was none."""
    version = record(reading, claim, sent)
    if claim.queue is None or version is None or sent.heard not in _ATTEMPTS or _waits(claim.queue, sent.heard):
        return
    element = of_queue(claim.queue, "attempts")
    count = number((version.write.new or {}).get(attempts.column))
    if count == claim.count:
        yield Met(element)
    elif claim.queue.due in version.changed:  # else the write may be about something else
        says = (
            f"recorded an attempt of {sent.call.name} with {attempts.column} at {count}: "
            f"it was {claim.count_before:g}, and each attempt counts once"
        )
        yield Breach(element, says, (sent.place, version.place), claim.row)


def _waits(queue: Queue, heard: Outcome) -> bool:
    return answer_of(queue, Reply(heard.value), Step.AGAIN) != Step.AGAIN


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
    """Nobody can have sent this key before; without a key nothing can be sent again."""
    if sent.request.key is None or sent.leg is None:
        return sent.call.key is None
    if any(each.request.key == sent.request.key and each.effect for each in reading.in_leg(sent.leg, sent.place)):
        return False
    if _is_unused(sent.call, claim):
        return True
    if sent.call.key is not None and sent.request.key == render(sent.call.key, claim.after):
        return False
    # A copy that died between its claim and its request may have chosen this key, in a form of its own.
    return not any(sent.leg.start < place < sent.place for places in reading.crashes.values() for place in places)
