"""stale-claim-sends-nothing: sends nothing, and gives up nothing, once its claim is too old.

Giving up under a claim that is lost is conditional-write's; under one whose lease has run out, but that no copy has
taken, nothing can have been sent since, so what the copy found out still holds.
"""

from __future__ import annotations

from pointsman.spec.meaning import filled, lease_of, longest_pause_of, seconds
from pointsman_conformance.laws.elements import of_queue
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.leases import is_leased
from pointsman_conformance.laws.reading import Claim, Reading, Sent


def judge(reading: Reading) -> Judgements:
    """A request for an effect comes while enough of its claim's lease is left for it to take effect.

    The last look asks for the longest pause on top, and no more than that may pass until the request arrives.
    """
    sending: set[int] = set()
    for sent in reading.sent:
        if sent.ours and sent.effect and sent.claim is not None and sent.claim.queue is not None:
            sending.add(sent.claim.place)
            yield _request(reading, sent, sent.claim)
    for version in reading.versions:
        if version.ours and version.takes and version.place not in sending:
            yield from _slept(reading, version.place, version.who, version.row)


def _request(reading: Reading, sent: Sent, claim: Claim) -> Met | Breach:
    element = _element(claim)
    says = _too_late(reading, sent, claim) or _taken(reading, sent, claim)
    if says is None:
        return Met(element)
    lost = reading.lost.get(claim.place, claim.place)
    places = tuple(sorted({claim.place, sent.place} | ({lost} if lost < sent.place else set())))
    return Breach(element, says, places, sent.row, "sends_after_a_pause" if _is_first(reading, sent, claim) else None)


def _is_first(reading: Reading, sent: Sent, claim: Claim) -> bool:
    """True for the first request under the claim, under the key that the row had when it was claimed."""
    requests = reading.sent_for.get((claim.row, sent.call.name), ())
    others = (each for each in requests if each.effect and each.who == sent.who and each.claim == claim)
    own = sent.call.key is not None and sent.key == filled(sent.call.key, claim.after)
    return own and next(others, sent) is sent


def _element(claim: Claim) -> Element:
    return of_queue(claim.queue) if claim.queue is not None else Element(claim.status, ("statuses", claim.status))


def _too_late(reading: Reading, sent: Sent, claim: Claim) -> str | None:
    settles = seconds(sent.call.settles_within)
    if claim.due is None or not settles or claim.due <= claim.at or not is_leased(reading, claim):
        return None  # a claim that sets no lease is claim-is-a-write's
    left = claim.due - sent.at
    if left >= settles:
        return None
    return (
        f"{sent.who} sent {sent.call.name} with {left:.0f} s of its lease left; a request may take "
        f"{settles:.0f} s to take effect, and by then another copy may have claimed the row"
    )


def _taken(reading: Reading, sent: Sent, claim: Claim) -> str | None:
    lost, claims = reading.lost.get(claim.place), reading.lifecycle.claims
    if lost is None or lost > sent.place or claims is None or claims.longest_pause is None:
        return None
    ago, longest = sent.at - reading.history.records[lost].at, longest_pause_of(reading.lifecycle)
    if ago <= longest:
        return None
    return (
        f"{sent.who} sent {sent.call.name} {ago:.0f} s after another copy had taken the row; "
        f"no more than {longest:.0f} s may pass between the last look and the request"
    )


def _slept(reading: Reading, place: int, who: str, row: str) -> Judgements:
    """Met: the copy stood still under its claim until the lease was over, and then sent nothing."""
    claim = next((each.claim for each in reading.after(row, place) if each.claim and each.claim.place == place), None)
    version = reading.at_place[place]
    end = reading.closed.get(place, len(reading.history.records))
    for start, finish in reading.pauses.get(who, ()):
        if place < start < end and finish < len(reading.history.records):
            gone = reading.history.records[finish].at - version.at
            lease = lease_of(reading.lifecycle)
            if lease is not None and gone > lease:
                queues = reading.queues_of(version.before)
                yield Met(_element(claim) if claim is not None else of_queue(queues[0]))
                return
