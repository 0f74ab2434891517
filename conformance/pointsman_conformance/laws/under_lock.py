"""Rows that are claimed by a lock, or by nothing: the row as it is at the request stands for the claim."""

from __future__ import annotations

from pointsman.spec.lifecycle import ClaimBy
from pointsman_conformance.core.history import Columns
from pointsman_conformance.laws.parts import Claim, RowVersion, Sent, WriteKind, number
from pointsman_conformance.laws.reading import Reading


def is_by_lock(reading: Reading) -> bool:
    """Rows are locked from the look to the record, so that what the sender saw is what was there."""
    return reading.lifecycle.claims is not None and reading.lifecycle.claims.by is ClaimBy.LOCK


def taken(reading: Reading, sent: Sent) -> Claim | None:
    """The claim that a request was made under: its own write, or where rows are locked the row as it was then.

    The latter counts as if the attempt had been counted, has no lease, and its place is that of the row's version. It
    also stands for the claim of an implementation that claims nothing, where the sender surely saw the row so.
    """
    if sent.claim is not None or sent.row is None or not (is_by_lock(reading) or reading.claims_nothing):
        return sent.claim
    version = reading.version_at(sent.row, sent.place)
    if version is None or version.write.new is None or version.after is None:
        return None
    if not is_by_lock(reading) and version.sort is not WriteKind.INSERT and version.who != sent.who:
        return None  # another copy wrote last, so the history does not show what the sender saw
    queues = [queue for queue in reading.queues_of(version.after) if queue.call == sent.call.name]
    if not queues:
        return None
    queue, row = queues[0], version.write.new
    after: Columns = row
    if queue.attempts is not None:
        count, limit = number(row.get(queue.attempts.column)), queue.attempts.limit
        if count is not None and (limit is None or count < limit):
            after = {**row, queue.attempts.column: count + 1}
    return Claim(version.place, sent.at, sent.who, sent.row, version.after, queue, None, None, row, after)


def record(reading: Reading, claim: Claim, sent: Sent) -> RowVersion | None:
    """The sender's next write of the row after it heard, if that is surely its record, under this claim, and no move.

    None where it died or stood still before, or where another copy had taken the row.
    """
    for version in reading.after(claim.row, sent.answered or sent.place):
        if version.who != claim.who or version.sort is WriteKind.KEPT:
            continue
        stays = version.sort in {WriteKind.RECORDING, WriteKind.BUMP} and reading.by_claimant(version)
        lost = reading.lost.get(claim.place, version.place) < version.place
        still = reading.paused(claim.who, claim.place, version.place)
        return version if stays and _is_under(reading, claim, sent, version) and not lost and not still else None
    return None


def _is_under(reading: Reading, claim: Claim, sent: Sent, version: RowVersion) -> bool:
    if version.claim is not None:
        return version.claim.place == claim.place
    locked = (is_by_lock(reading) or reading.claims_nothing) and sent.claim is None
    return locked and not reading.crashed(claim.who, sent.place, version.place)
