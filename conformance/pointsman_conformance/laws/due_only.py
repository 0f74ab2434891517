"""due-only: leaves rows alone before they are due."""

from __future__ import annotations

from pointsman.spec.lifecycle import ActorKind, Queue
from pointsman_conformance.core.history import Columns
from pointsman_conformance.laws.elements import of_queue
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.parts import TOLERANCE, RowVersion, Sent, WriteKind, number
from pointsman_conformance.laws.reading import Reading
from pointsman_conformance.laws.under_lock import is_by_lock


def judge(reading: Reading) -> Judgements:
    """A claim of the subject, or a request of a copy that never claims the row, comes when the row is due.

    Where the spec has no claims, a worker's move out of its queue does.
    """
    claimants = {(version.who, version.row) for version in reading.versions if version.takes}
    found: dict[int, Met | Breach] = {}
    for version in reading.versions:
        if version.ours and _takes(reading, version) and _by_a_worker(reading, version):
            _add(found, version.place, _taken(reading, version))
    for sent in reading.sent:
        if sent.ours and sent.effect and sent.row is not None and (sent.who, sent.row) not in claimants:
            _add(found, sent.place, _unclaimed(reading, sent, sent.row))
    yield from (found[place] for place in sorted(found))


def _add(found: dict[int, Met | Breach], place: int, judged: Met | Breach | None) -> None:
    if judged is not None:
        found[place] = judged


def _by_a_worker(reading: Reading, version: RowVersion) -> bool:
    """True unless only non-workers can have written it: an admin may act before the row is due."""
    actors = reading.possible_actors(version.write)
    kinds = {reading.lifecycle.actor[name].kind for name in actors if name in reading.lifecycle.actor}
    return not kinds or ActorKind.WORKER in kinds


def _takes(reading: Reading, version: RowVersion) -> bool:
    """True for a write by which a worker takes a row of its queue."""
    return version.takes if reading.lifecycle.claims is not None else version.sort is WriteKind.MOVE


def _taken(reading: Reading, version: RowVersion) -> Met | Breach | None:
    queues = _polled(reading, version)
    if not queues or version.write.old is None or _applies_what_was_kept(reading, version):
        return None
    late = _early(queues, version.write.old, version.at)
    if late is None:
        return Met(of_queue(queues[0], "due"))
    did = "claimed" if version.takes else "moved"
    says = f"{did} a row of the queue {queues[0].name} {late}"
    return Breach(of_queue(queues[0], "due"), says, (version.place,), version.row)


def _applies_what_was_kept(reading: Reading, version: RowVersion) -> bool:
    """True if the write may be about a kept event, which waits for no due time."""
    old = version.write.old or {}
    events = (reading.lifecycle.event.get(transition.event or "") for transition in version.transitions)
    return any(
        event is not None and event.keep_in is not None and old.get(event.keep_in) is not None for event in events
    )


def _polled(reading: Reading, version: RowVersion) -> tuple[Queue, ...]:
    """The queues with a due time that it may have been claimed from: the writer's own, if one of them is."""
    queues = tuple(queue for queue in reading.queues_of(version.before) if queue.due is not None)
    actors = reading.possible_actors(version.write)
    own = tuple(queue for queue in queues if queue.worker in actors)
    return own or queues


def _early(queues: tuple[Queue, ...], row: Columns, at: float) -> str | None:
    """How much too early the claim is, in words; None where the row is due in one of the queues."""
    words: list[str] = []
    for queue in queues:
        due = number(row.get(queue.due or ""))
        if due is not None and due <= at + TOLERANCE:
            return None
        words.append(f"whose {queue.due} is null" if due is None else f"{due - at:.0f} seconds before its {queue.due}")
    return words[0]


def _unclaimed(reading: Reading, sent: Sent, row: str) -> Met | Breach | None:
    """A request of a copy that takes rows in another way than by a claim."""
    version = reading.version_at(row, sent.place)
    if version is None or version.write.new is None:
        return None
    queues = tuple(
        queue for queue in reading.queues_of(version.after) if queue.call == sent.call.name and queue.due is not None
    )
    if not queues:
        return None
    if version.sort is not WriteKind.INSERT and version.who != sent.who and not is_by_lock(reading):
        return None  # another copy wrote last, so the history does not show what the sender saw
    late = _early(queues, version.write.new, sent.at)
    element = of_queue(queues[0], "due")
    if late is None:
        return Met(element)
    return Breach(element, f"sent {sent.call.name} {late}", (version.place, sent.place), row)
