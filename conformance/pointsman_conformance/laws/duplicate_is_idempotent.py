"""duplicate-is-idempotent: treats a repeated event as one."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.lifecycle import EarlyEvent
from pointsman.spec.meaning import early_event
from pointsman_conformance.laws.delivered_events import events, kept, moves, was_cut
from pointsman_conformance.laws.elements import of_event
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.parts import CLAIMANTS, DeliveredEvent, RowVersion, WriteKind
from pointsman_conformance.laws.reading import Reading

_DEALT_WITH = frozenset({"applied", "ignored"})


def judge(reading: Reading) -> Judgements:
    """While an event is handled that was dealt with before, its row changes only if the event applies to it now.

    It may, if the row has moved on since: then it cannot be told from a new one. Such an event, and one that comes
    where the spec ignores it, is answered with no error: its sender would send it for ever.
    """
    seen: set[tuple[str, str]] = set()
    for delivery in sorted(reading.deliveries, key=lambda each: each.answered or each.place):
        name = (delivery.record.row, delivery.record.id)
        if delivery.ours and delivery.answered is not None:
            if name in seen:
                yield from _again(reading, delivery, delivery.answered)
            if name in seen or _is_ignored(reading, delivery, delivery.answered):
                yield from _failed(reading, delivery, delivery.answered, again=name in seen)
        if delivery.answered is not None and delivery.answer in _DEALT_WITH:
            seen.add(name)


def _again(reading: Reading, delivery: DeliveredEvent, answered: int) -> Iterator[Met | Breach]:
    element = _element(reading, delivery)
    if element is None or _beside_another(reading, delivery, answered):
        return
    wrong = [version for version in _written(reading, delivery, answered) if not _applies(reading, delivery, version)]
    if not wrong:
        yield Met(element)
        return
    version = wrong[0]
    told = reading.lifecycle.table.column if reading.lifecycle.table is not None else {}
    old, new = version.write.old or {}, version.write.new or {}
    changes = ", ".join(
        f"{column} from {old.get(column)!r} to {new.get(column)!r}" for column in sorted(version.changed & told.keys())
    )
    moved = "" if version.before == version.after else f"the status from {version.before} to {version.after}, "
    says = f"{element.name} came again as {delivery.record.id}, and changed {(moved + changes).rstrip(', ')}"
    yield Breach(element, says, (delivery.place, version.place), version.row)


def _failed(reading: Reading, delivery: DeliveredEvent, answered: int, *, again: bool) -> Iterator[Breach]:
    """Breach: an answer that tells the sender that it failed, though nothing kept the copy from its work.

    A row in a status that the spec does not know is left alone, and its sender may hear so.
    """
    element, record = _element(reading, delivery), delivery.record
    failed = delivery.answer == "errored" or (delivery.answer == "refused" and record.hook is not None)
    if element is None or not failed or delivery.status is None or _is_hindered(reading, delivery, answered):
        return
    came = "came again" if again else f"came in {delivery.status}, where the spec ignores it,"
    says = f"{element.name} {came} as {record.id}, and was answered with an error: its sender sends it for ever"
    yield Breach(element, says, (delivery.place, answered), record.row)


def _is_ignored(reading: Reading, delivery: DeliveredEvent, answered: int) -> bool:
    """True if the spec ignores the event, whichever it is, in the one status that the row had meanwhile."""
    status, lifecycle = delivery.status, reading.lifecycle
    if status is None or any(
        version.place < answered for version in reading.after(delivery.record.row, delivery.place)
    ):
        return False
    meant = events(reading, delivery.record, status)
    ignored = all(early_event(lifecycle.event.get(event), status) is EarlyEvent.IGNORE for event in meant)
    return bool(meant) and ignored and not moves(reading, delivery.record, status)


def _is_hindered(reading: Reading, delivery: DeliveredEvent, answered: int) -> bool:
    """True if the copy was cut off or died meanwhile, or a copy stood still, which may have held a lock."""
    still = any(start < answered and end > delivery.place for each in reading.pauses.values() for start, end in each)
    return still or was_cut(reading, delivery, answered) or _beside_another(reading, delivery, answered)


def _element(reading: Reading, delivery: DeliveredEvent) -> Element | None:
    """Where the spec says it: the event, or the webhook that brings it."""
    record = delivery.record
    if record.hook is not None:
        for call in reading.lifecycle.calls:
            if any(hook.type == record.hook for hook in call.webhooks):
                return Element(record.hook, ("calls", call.name, "webhook", record.hook))
        return None
    return of_event(record.event) if record.event in reading.lifecycle.event and record.event is not None else None


def _beside_another(reading: Reading, delivery: DeliveredEvent, answered: int) -> bool:
    """The same copy had another event of the row in hand then, so the history does not show which event wrote."""
    return any(
        each is not delivery
        and (each.record.who, each.record.row) == (delivery.record.who, delivery.record.row)
        and each.place < answered
        and (each.answered is None or each.answered > delivery.place)
        and (each.answered is not None or not reading.crashed(each.record.who, each.place, delivery.place))
        for each in reading.deliveries
    )


def _written(reading: Reading, delivery: DeliveredEvent, answered: int) -> Iterator[RowVersion]:
    """The declared columns, and the status, that the handling certainly wrote."""
    table = reading.lifecycle.table
    for version in reading.after(delivery.record.row, delivery.place):
        if version.place > answered:
            return
        declared = version.before != version.after or bool(table and version.changed & table.column.keys())
        if version.who == delivery.record.who and declared and _is_of(reading, delivery, version):
            yield version


def _is_of(reading: Reading, delivery: DeliveredEvent, version: RowVersion) -> bool:
    """By the actor that was asked; not what a worker in the same copy may have done, and no kept event applied."""
    old = version.write.old or {}
    keeping = {event.name: event.keep_in for event in reading.lifecycle.events if event.keep_in is not None}
    if any(old.get(keeping.get(transition.event or "", "")) is not None for transition in version.transitions):
        return False
    actors = reading.possible_actors(version.write)
    if actors == {delivery.record.to}:
        return True
    kinds = {reading.lifecycle.actor[name].kind for name in actors if name in reading.lifecycle.actor}
    return delivery.record.to in actors and not kinds & CLAIMANTS and version.sort is not WriteKind.CLAIM


def _applies(reading: Reading, delivery: DeliveredEvent, version: RowVersion) -> bool:
    """The event moves a row that is as this one was, or is kept there and was not yet."""
    if version.before is None or version.write.old is None:
        return True  # an unknown status is another law's, and so is a row that is made
    if version.sort is WriteKind.MOVE and not version.transitions:
        return True  # no event moves a row so: that is guarded-write's
    if moves(reading, delivery.record, version.before):
        return True
    event = kept(reading, delivery.record, version.before)
    if event is not None and event.keep_in is not None:
        return version.write.old.get(event.keep_in) is None
    return not events(reading, delivery.record, version.before)
