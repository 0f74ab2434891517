"""Whether a claim has set the lease that the spec asks for."""

from __future__ import annotations

from pointsman.spec.meaning import lease_of
from pointsman_conformance.laws.reading import TOLERANCE, Claim, Reading


def is_leased(reading: Reading, claim: Claim) -> bool:
    """True when the due time is the end of the lease, as far as the history shows; also where the spec has no lease."""
    lease = lease_of(reading.lifecycle)
    if lease is None or claim.queue is None or claim.queue.due is None:
        return True
    # A transaction's clock stands still from its begin on.
    if claim.due is not None and claim.due >= claim.at + lease - max(TOLERANCE, lease / 20):
        return True
    return reading.paused(claim.who, _begun(reading, claim), claim.place)  # its lease may have begun before the pause


def _begun(reading: Reading, claim: Claim) -> int:
    """The copy's last turn before the claim."""
    turns = [place for place in reading.turns.get(claim.who, ()) if place < claim.place]
    return turns[-1] if turns else 0
