"""backoff: sets the due time within the spec's bounds, and after an unknown not before the lease ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.spec import lifecycle as spec
from pointsman.spec.lifecycle import Backoff, Call, NextStep, Outcome, Queue
from pointsman.spec.meaning import LookUpResult, step_after
from pointsman_conformance.laws.elements import of_queue
from pointsman_conformance.laws.judgement import COMES_BACK_LATE, Breach, Judgements, Met
from pointsman_conformance.laws.parts import TOLERANCE, Claim, Sent, number
from pointsman_conformance.laws.reading import Reading
from pointsman_conformance.laws.under_lock import record, taken


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The earliest and the latest due time; None: no bound. `after` is what was heard, in words."""

    earliest: float | None
    latest: float | None
    after: str


def judge(reading: Reading) -> Judgements:
    """The due time that is recorded after an answer, where the row stays in its queue, is within the spec's bounds.

    Bounds are taken as wide as what was heard leaves open.
    """
    last: dict[tuple[int, str], tuple[Claim, Sent]] = {}
    for sent in reading.sent:
        claim = taken(reading, sent) if sent.ours and sent.answered is not None else None
        if claim is not None:
            last[claim.place, claim.who] = claim, sent
    for claim, sent in last.values():
        yield from _judge(reading, claim, sent)


def _judge(reading: Reading, claim: Claim, sent: Sent) -> Iterator[Met | Breach]:
    queue = claim.queue
    if queue is None or queue.due is None or queue.backoff is None or queue.call != sent.call.name:
        return
    version = record(reading, claim, sent)
    if version is None:
        return
    bounds = _bounds(queue, queue.backoff, claim, sent, version.at)
    if sent.effect and reading.settled(claim.row, sent.call.name, sent.place, version.place):
        bounds = None  # a look-up of all rows came after it, and may have shown that there is nothing to wait for
    if bounds is not None:
        due = number((version.write.new or {}).get(queue.due))
        says = _fault(bounds, due, version.at, queue.due)
        element = of_queue(queue, "backoff")
        if says is None:
            yield Met(element)
        elif version.changed & _recorded_columns(queue, sent):  # else the write may be about something else
            wrong = COMES_BACK_LATE if _is_but_late(bounds, due, version.at, sent.call) else None
            yield Breach(element, says, (claim.place, sent.place, version.place), version.row, wrong)


def _is_but_late(bounds: _Bounds, due: float | None, at: float, call: Call) -> bool:
    """True for a row that comes back after the latest time that the spec allows, and while its key is remembered."""
    late = due is not None and bounds.latest is not None and due > bounds.latest
    lifetime = call.key_lifetime.total_seconds() if call.key is not None and call.key_lifetime is not None else 0.0
    return late and due is not None and due - at <= lifetime


def _recorded_columns(queue: Queue, sent: Sent) -> frozenset[str | None]:
    count = queue.attempts.column if queue.attempts is not None else None
    return frozenset({queue.due, count, sent.call.key_generation})


def _fault(bounds: _Bounds, due: float | None, at: float, column: str) -> str | None:
    if due is None:
        return f"after {bounds.after} it set {column} to null, so that the row is never due"
    if bounds.earliest is not None and due < bounds.earliest - TOLERANCE:
        wish = bounds.earliest - at
        return (
            f"after {bounds.after} it made the row due in {due - at:.0f} seconds; the spec asks for {wish:.0f} or more"
        )
    if bounds.latest is not None and due > bounds.latest + TOLERANCE:
        wish = bounds.latest - at
        return f"after {bounds.after} it made the row due in {due - at:.0f} seconds; the spec allows {wish:.0f} at most"
    return None


# --- what the spec asks for -------------------------------------------------------


def _bounds(queue: Queue, backoff: Backoff, claim: Claim, sent: Sent, at: float) -> _Bounds | None:
    pause = backoff.pause(max(int(claim.count or 1), 1)).total_seconds()
    if sent.unreadable:
        return None  # the pause after a refusal or that after an unknown outcome, as its sender took it
    if not sent.effect:
        return _after_a_look_up(backoff, pause, claim, sent, at)
    match sent.heard:
        case Outcome.REFUSED | Outcome.REFUSED_FOR_NOW:
            return _after_a_refusal(queue, backoff, pause, claim, sent, at)
        case Outcome.UNKNOWN | None:
            return _after_nothing(queue, backoff, pause, claim, at)
        case Outcome.NOT_TRIED | Outcome.MISUSED:
            first = min(pause, backoff.first.total_seconds())
            return _Bounds(at + _less(backoff, first), _ceiling(backoff, claim, at), f"{_word(sent)} answer")
    return None


def _after_a_refusal(
    queue: Queue, backoff: Backoff, pause: float, claim: Claim, sent: Sent, at: float
) -> _Bounds | None:
    reply = spec.CallResult.REFUSED if sent.heard is Outcome.REFUSED else spec.CallResult.REFUSED_FOR_NOW
    step = step_after(queue, reply)
    if claim.used_up or step not in {NextStep.AGAIN, NextStep.WAIT}:
        return None  # there is nothing to wait for: the next claim settles it
    if step is NextStep.WAIT:
        pause = backoff.first.total_seconds()
    return _Bounds(at + _less(backoff, pause), at + _more(backoff, pause), f"{_word(sent)} answer")


def _after_nothing(queue: Queue, backoff: Backoff, pause: float, claim: Claim, at: float) -> _Bounds:
    """Not before the lease ends; an attempt that is given back may count for the pause, or not."""
    waits = step_after(queue, spec.CallResult.UNKNOWN) is NextStep.WAIT
    least = min(pause, backoff.first.total_seconds()) if waits else pause
    lease = claim.due if claim.due is not None else at
    earliest = max(lease, at + _less(backoff, least))
    latest = _ceiling(backoff, claim, at) if claim.used_up or waits else max(lease, at + _more(backoff, pause))
    return _Bounds(earliest, latest, "an unknown outcome")


def _after_a_look_up(backoff: Backoff, pause: float, claim: Claim, sent: Sent, at: float) -> _Bounds | None:
    """Absent: at once, or after the pause. Not answered: from the pause to the ceiling."""
    if sent.shown is LookUpResult.ABSENT:
        return _Bounds(None, _ceiling(backoff, claim, at), "a look-up that found nothing")
    if sent.shown is None:
        least = min(pause, backoff.first.total_seconds())
        return _Bounds(at + _less(backoff, least), _ceiling(backoff, claim, at), "a look-up without an answer")
    return None


def _ceiling(backoff: Backoff, claim: Claim, at: float) -> float:
    """The latest due time allowed: after the backoff's ceiling, or the end of the lease."""
    longest = at + _more(backoff, backoff.pause(10**6).total_seconds())
    return max(longest, claim.due if claim.due is not None else longest)


def _less(backoff: Backoff, pause: float) -> float:
    return pause * (1 - backoff.jitter)


def _more(backoff: Backoff, pause: float) -> float:
    return pause * (1 + backoff.jitter)


def _word(sent: Sent) -> str:
    return f"the {sent.heard.value.replace('_', ' ')}" if sent.heard is not None else "an unknown"
