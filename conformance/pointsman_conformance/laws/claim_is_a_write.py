"""claim-is-a-write: takes a row by a conditional write that counts the attempt and sets the lease."""

from __future__ import annotations

from pointsman.spec.lifecycle import CallResult, Queue
from pointsman.spec.meaning import event_after, lease_of
from pointsman_conformance.laws.elements import of_move, of_queue
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.keys import is_the_rows_own
from pointsman_conformance.laws.leases import is_leased
from pointsman_conformance.laws.reading import Claim, Reading, RowVersion, Sent, WriteKind


def judge(reading: Reading) -> Judgements:
    """Every request for an effect, and every giving up, comes under a claim that the same copy wrote for it.

    Whether the claim counts is bounded-attempts' business.
    """
    for sent in reading.sent:
        if sent.ours and sent.effect and sent.row is not None:
            yield from _request(reading, sent, sent.row)
    for version in reading.versions:
        if version.ours and version.sort is WriteKind.MOVE and reading.denied(version) and reading.by_claimant(version):
            yield from _giving_up(reading, version)


def _request(reading: Reading, sent: Sent, row: str) -> Judgements:
    element = _element(reading, sent)
    if sent.claim is not None:
        yield _lease(reading, sent.claim, element)
        return
    last = _last_own(reading, row, sent.who, sent.place)
    if last is None or reading.by_claimant(last) or last.sort is WriteKind.INSERT:
        says = f"{sent.who} sent {sent.call.name} for the row without a claim: nothing was written to take it"
        places = (sent.place,) if last is None else (last.place, sent.place)
        wrong = "claims_by_reading" if is_the_rows_own(reading, sent) else None
        yield Breach(element, says, places, row, wrong)


def _last_own(reading: Reading, row: str, who: str, place: int) -> RowVersion | None:
    """The copy's last write of the row that is no kept event, no renewal and no bump."""
    own = [each for each in reading.of_row.get(row, ()) if each.who == who and each.place < place]
    return next(
        (each for each in reversed(own) if each.sort not in {WriteKind.KEPT, WriteKind.BUMP, WriteKind.RENEWAL}), None
    )


def _element(reading: Reading, sent: Sent) -> Element:
    queues = [queue for queue in reading.lifecycle.queues if queue.call == sent.call.name]
    claimed = sent.claim.queue if sent.claim is not None else None
    version = reading.version_at(sent.row or "", sent.place)
    here = [queue for queue in queues if version is not None and version.after in queue.statuses]
    return of_queue(claimed or (here or queues)[0])


def _lease(reading: Reading, claim: Claim, element: Element) -> Met | Breach:
    """Judges the due time that a claim sets: the end of the lease."""
    lease = lease_of(reading.lifecycle)
    if is_leased(reading, claim) or lease is None or claim.queue is None:
        return Met(element)
    due = "never" if claim.due is None else f"{claim.due - claim.at:.0f} s later"
    says = f"{claim.who} claimed the row with {claim.queue.due} {due}; the lease of the spec is {lease:.0f} s"
    return Breach(element, says, (claim.place,), claim.row)


def _giving_up(reading: Reading, version: RowVersion) -> Judgements:
    queue = _queue(reading, version)
    if queue is None or _exhausted_by_the_spec(queue, version):
        return
    if version.claim is not None:
        yield Met(of_move(version))
        return
    last = _last_own(reading, version.row, version.who, version.place)
    if last is None or reading.by_claimant(last):
        says = f"{version.who} moved the row from {version.before} to {version.after} without a claim of its own"
        yield Breach(of_move(version), says, (version.place,), version.row)


def _queue(reading: Reading, version: RowVersion) -> Queue | None:
    """The queue whose call is given up."""
    calls = {call for _, call in reading.denied(version)}
    return next((queue for queue in reading.queues_of(version.before) if queue.call in calls), None)


def _exhausted_by_the_spec(queue: Queue, version: RowVersion) -> bool:
    """True if the spec answers used-up attempts with this event: without a request no claim is needed."""
    event = event_after(queue, CallResult.EXHAUSTED)
    return event is not None and any(each.event == event for each in version.transitions)
