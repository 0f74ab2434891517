"""bump-only: changes no declared column but the bump columns on a same-status write."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec.lifecycle import EarlyEvent, Event
from pointsman.spec.meaning import early_event
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.parts import DeliveredEvent, RowVersion
from pointsman_conformance.laws.reading import Reading

_ELEMENT = Element("same_status", ("same_status",))


def judge(reading: Reading) -> Judgements:
    """A write of the subject that leaves the status changes declared columns of `same_status` only."""
    table, allowed = reading.lifecycle.table, reading.lifecycle.same_status
    if table is None or allowed is None:
        return
    for version in reading.versions:
        if not version.ours or version.before is None or version.before != version.after or not version.changed:
            continue
        free = {*allowed, *_carried(reading, version.before)}
        wrong = [column.name for column in table.columns if column.name in version.changed and column.name not in free]
        yield _told(version, wrong) if wrong else Met(_ELEMENT)
    for delivery in reading.deliveries:
        if delivery.ours and delivery.answered is not None and _was_let_be(reading, delivery, delivery.answered):
            yield Met(_ELEMENT)


def _was_let_be(reading: Reading, delivery: DeliveredEvent, answered: int) -> bool:
    """An event found nothing to do, and its copy wrote nothing to the row."""
    during = (version for version in reading.after(delivery.record.row, delivery.place) if version.place < answered)
    return delivery.status is not None and all(version.who != delivery.record.who for version in during)


def _told(version: RowVersion, wrong: list[str]) -> Breach:
    old, new = version.write.old or {}, version.write.new or {}
    changes = ", ".join(f"{column} from {old.get(column)!r} to {new.get(column)!r}" for column in wrong)
    says = f"a write that left the row {version.before} changed {changes}; the spec allows no bump of that"
    return Breach(_ELEMENT, says, (version.place,), version.row)


def _carried(reading: Reading, status: str) -> Iterator[str]:
    """The columns of events that leave the row in its status: by a transition onto itself, or because they are kept."""
    staying = {each.event for each in reading.lifecycle.moves[status] if each.target == status}
    for event in reading.lifecycle.events:
        if event.name in staying or _keeps(event, status):
            yield from (column for column, _ in event.carries)
            if event.keep_in is not None:
                yield event.keep_in
    if staying:
        yield from (column for column, _ in reading.lifecycle.status[status].on_entry)
        yield from (column for call in reading.lifecycle.calls for column, _ in call.records)


def _keeps(event: Event, status: str) -> bool:
    return early_event(event, status) is EarlyEvent.KEEP
