"""Moves that need a call not done, each with the last request for the call and its outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.spec.lifecycle import ActorKind, Call, CallResult, Outcome, Queue, Transition
from pointsman.spec.meaning import event_after
from pointsman_conformance.laws.reading import DEFINITE, Reading, RowVersion, Sent, WriteKind, number


@dataclass(frozen=True, slots=True)
class Denied:
    """The subject took a transition that needs `call` not done, after `last`, the last request for it in this leg.

    `blind`: its outcome was not known. `finally_`: the attempts were used up and this claim had asked for
    nothing, or it was an admin's decision; else the answer that was heard has chosen it, or that there was none.
    """

    version: RowVersion
    transition: Transition
    call: Call
    last: Sent
    blind: bool
    finally_: bool


def denials(reading: Reading) -> Iterator[Denied]:
    """Each of them in order; where nothing was ever sent, nothing had to be known."""
    for version in reading.versions:
        if not version.ours or version.sort is not WriteKind.MOVE or not reading.by_claimant(version):
            continue
        for transition, name in reading.denied(version):
            found = _denied(reading, version, transition, reading.lifecycle.call[name])
            if found is not None:
                yield found


def _denied(reading: Reading, version: RowVersion, transition: Transition, call: Call) -> Denied | None:
    leg = reading.leg_at(version.row, call.name, version.place)
    if leg is None or _by_the_spec(reading, version, call):
        return None
    sent = [each for each in reading.in_leg(leg, version.place) if each.effect and not reading.is_stale(each)]
    if not sent:
        return None
    last = sent[-1]
    same = [each for each in sent if each.key == last.key] if last.key is not None else [last]
    heard = {each.heard for each in same if each.answered is not None and each.answered < version.place}
    looked = reading.settled(version.row, call.name, last.place, version.place)
    if not looked and _is_another_laws(heard, same, version):
        return None
    blind = not looked and not heard & DEFINITE
    return Denied(version, transition, call, last, blind, _is_final(reading, version, call))


def _is_another_laws(heard: set[Outcome | None], same: list[Sent], version: RowVersion) -> bool:
    """True for an outcome that another law judges: accepted, already done, not tried."""
    if heard & {Outcome.ACCEPTED, Outcome.ALREADY_DONE}:
        return True
    every = all(each.answered is not None and each.answered < version.place for each in same)
    return every and heard == {Outcome.NOT_TRIED}


def _by_the_spec(reading: Reading, version: RowVersion, call: Call) -> bool:
    """The spec itself answers an unknown outcome, or used-up attempts, with this event."""
    events = {each.event for each in version.transitions}
    words = (CallResult.UNKNOWN, CallResult.EXHAUSTED, CallResult.MISUSED)
    answers = [event_after(queue, word) for queue in _queues(reading, version, call) for word in words]
    return any(event is not None and event in events for event in answers)


def _queues(reading: Reading, version: RowVersion, call: Call) -> list[Queue]:
    return [queue for queue in reading.queues_of(version.before) if queue.call == call.name]


def _has_just_asked(reading: Reading, version: RowVersion, call: Call) -> bool:
    """The last request under the writer's claim asked for the effect, and it is not known what became of it."""
    under = [
        each
        for each in reading.sent_for.get((version.row, call.name), ())
        if version.claim is not None and each.claim == version.claim and each.place < version.place
    ]
    return bool(under) and under[-1].effect and under[-1].heard in {Outcome.UNKNOWN, None}


def _is_final(reading: Reading, version: RowVersion, call: Call) -> bool:
    actors = reading.possible_actors(version.write) & {name for each in version.transitions for name in each.by}
    kinds = {reading.lifecycle.actor[name].kind for name in actors if name in reading.lifecycle.actor}
    if kinds == {ActorKind.ADMIN}:
        return True
    if _has_just_asked(reading, version, call):
        return False
    columns = version.claim.after if version.claim is not None else version.write.old or {}
    for queue in _queues(reading, version, call):
        if queue.attempts is not None and queue.attempts.limit is not None:
            count = number(columns.get(queue.attempts.column))
            if count is not None and count >= queue.attempts.limit:
                return True
    return False
