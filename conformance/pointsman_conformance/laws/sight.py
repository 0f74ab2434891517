"""Whether a copy wrote onto something that had changed since it looked."""

from __future__ import annotations

from pointsman_conformance.laws.reading import Claim, Reading, RowVersion, WriteKind


def acts_late(reading: Reading, version: RowVersion) -> bool:
    """True for a write onto a version that its copy did not see: by `overtaken` or `late_since`."""
    return overtaken(reading, version) is not None or late_since(reading, version) is not None


# --- under a claim -------------------------------------------------------------


def claim_of(reading: Reading, version: RowVersion) -> Claim | None:
    """The claim that the writer surely acts under; None where it may act on an event, as every actor may."""
    known = reading.acted_under
    if version.place not in known:
        known[version.place] = _claim_of(reading, version)
    return known[version.place]


def _claim_of(reading: Reading, version: RowVersion) -> Claim | None:
    claim = version.claim
    if claim is None or version.sort not in {WriteKind.MOVE, WriteKind.RECORDING, WriteKind.RENEWAL, WriteKind.BUMP}:
        return None
    if not reading.by_claimant(version) or _is_sweep(reading, version):
        return None
    if not reading.in_one_go(version.who, claim.place, version.place):
        return None
    outside = any(each.event in reading.lifecycle.event for each in version.transitions)
    here = claim.queue is not None and version.before in claim.queue.statuses
    return claim if here or not outside else None


def overtaken(reading: Reading, version: RowVersion) -> Claim | None:
    """The claim that the write is made under, if the row is no longer as it took it: another fence or status."""
    claim = claim_of(reading, version)
    if claim is None:
        return None
    claims = reading.lifecycle.claims
    old = version.write.old or {}
    fence = old.get(claims.fence) if claims is not None and claims.fence is not None else claim.fence
    return claim if fence != claim.fence or version.before != claim.status else None


def _is_sweep(reading: Reading, version: RowVersion) -> bool:
    """A kept event is applied: that compares the status and what was kept."""
    old = version.write.old or {}
    for transition in version.transitions:
        event = reading.lifecycle.event.get(transition.event or "")
        if event is not None and event.keep_in is not None and old.get(event.keep_in) is not None:
            return True
    return False


# --- without one ---------------------------------------------------------------


def late_since(reading: Reading, version: RowVersion) -> int | None:
    """Where another copy changed the row while the writer was about it: under a claim, on an event, or in a pause.

    None where nothing tells that it had looked before: what it did then, it did to what it saw.
    """
    begun = _begun(reading, version)
    if begun is None:
        return None
    for other in reading.after(version.row, begun):
        if other.place >= version.place:
            return None
        if other.who != version.who and other.sort in {WriteKind.MOVE, WriteKind.CLAIM}:
            return other.place
    return None


def _begun(reading: Reading, version: RowVersion) -> int | None:
    who, end = version.who, version.place
    begun = [start for start, finish in reading.pauses.get(who, ()) if finish < end]
    if version.claim is not None:
        begun.append(version.claim.place)
    told = reading.deliveries_to.get((who, version.row), ())
    begun.extend(delivery.place for delivery in told if delivery.place < end)
    return min((place for place in begun if reading.in_one_go(who, place, end)), default=None)
