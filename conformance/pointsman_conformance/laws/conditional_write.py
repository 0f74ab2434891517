"""conditional-write: compares the status it read, and under a claim also the claim."""

from __future__ import annotations

from pointsman_conformance.laws.elements import of_move, of_queue
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.reading import Claim, Reading, RowVersion, WriteKind
from pointsman_conformance.laws.sight import claim_of, late_since, overtaken


def judge(reading: Reading) -> Judgements:
    """Each write of the implementation is made onto the version that its copy saw.

    Under a claim: the fence and the status are the claim's. Else only a move that no transition allows shows that
    the copy acted on something that had changed meanwhile.
    """
    written: set[int] = set()
    for version in reading.versions:
        if not version.ours:
            continue
        claim = claim_of(reading, version)
        if claim is not None:
            written.add(claim.place)
            yield _under(reading, claim, version)
        elif _missed(reading, version):
            yield _late(reading, version)
        elif version.transitions:
            yield Met(of_move(version))
    yield from _let_be(reading, written)
    yield from _gave_way(reading)


def _under(reading: Reading, claim: Claim, version: RowVersion) -> Met | Breach:
    element = _element(claim, version)
    if overtaken(reading, version) is None:
        return Met(element)
    places = tuple(sorted({claim.place, reading.lost.get(claim.place, claim.place), version.place}))
    return Breach(element, _says(reading, claim, version), places, version.row)


def _says(reading: Reading, claim: Claim, version: RowVersion) -> str:
    claims = reading.lifecycle.claims
    fence = claims.fence if claims is not None else None
    old = version.write.old or {}
    if fence is not None and old.get(fence) != claim.fence:
        now = f"{fence} was {old.get(fence)} by then"
        return f"wrote under a claim that it had lost: it claimed the row with {fence} {claim.fence}, and {now}"
    return f"wrote onto a row that was {version.before or 'of an unknown status'}: it had claimed it as {claim.status}"


def _element(claim: Claim, version: RowVersion) -> Element:
    return of_queue(claim.queue) if claim.queue is not None else of_move(version)


def _missed(reading: Reading, version: RowVersion) -> bool:
    undeclared = version.sort is WriteKind.MOVE and version.before is not None and not version.transitions
    return undeclared and late_since(reading, version) is not None


def _late(reading: Reading, version: RowVersion) -> Breach:
    since = late_since(reading, version)
    places = (version.place,) if since is None else (since, version.place)
    says = (
        f"moved the row to {version.after or 'an unknown status'} although another copy had made it "
        f"{version.before} meanwhile, and no transition leads on from there"
    )
    return Breach(of_move(version), says, places, version.row)


def _let_be(reading: Reading, written: set[int]) -> Judgements:
    """Claims that were lost under a living copy, and under which nothing was written any more."""
    for version in reading.versions:
        if not version.takes or not version.ours or version.place in written:
            continue
        lost = reading.lost.get(version.place)
        closed = reading.closed.get(version.place, len(reading.history.records))
        if lost is not None and lost < closed and not reading.crashed(version.who, version.place, closed):
            for queue in reading.queues_of(version.before)[:1]:
                yield Met(Element(f"{queue.name}.lost", ("queues", queue.name)))


def _gave_way(reading: Reading) -> Judgements:
    """Events during which another copy moved the row, and that were answered without a fault."""
    for delivery in reading.deliveries:
        if not delivery.ours or delivery.answered is None or delivery.status is None:
            continue
        during = [each for each in reading.after(delivery.record.row, delivery.place) if each.place < delivery.answered]
        others = any(not each.ours and each.sort is WriteKind.MOVE for each in during)
        if others and not any(each.ours and _missed(reading, each) for each in during):
            yield Met(Element(f"{delivery.status}.overtaken", ("statuses", delivery.status)))
