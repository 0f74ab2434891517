"""event-not-lost: keeps an event that comes too early until it can apply."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from pointsman.spec import condition
from pointsman.spec.lifecycle import ActorKind, Event, Transition
from pointsman_conformance.core.history import Columns, Turn
from pointsman_conformance.laws.delivered_events import kept, was_cut
from pointsman_conformance.laws.judgement import Breach, Element, Judgements, Met
from pointsman_conformance.laws.parts import DeliveredEvent, RowVersion, WriteKind
from pointsman_conformance.laws.reading import Reading

_ANSWERED = frozenset({"applied", "ignored", "refused"})


def judge(reading: Reading) -> Judgements:
    """An event that the spec keeps is in its column once it is answered, stays there, and is applied when it can be."""
    applied: set[tuple[str, str]] = set()
    for delivery in reading.deliveries:
        told = (delivery.record.row, delivery.record.id)
        # An event that was applied is dealt with: that it comes again, where the row has come round, is nothing new.
        if delivery.ours and delivery.answered is not None and delivery.answer in _ANSWERED and told not in applied:
            yield from _delivered(reading, delivery, delivery.answered)
        if delivery.answer == "applied":
            applied.add(told)
    for version in reading.versions:
        if version.ours and version.before is not None and version.before == version.after:
            yield from _forgotten(reading, version)
    for mark in reading.marks.get("end", ())[-1:]:
        for event in reading.lifecycle.events:
            if event.keep_in is not None:
                yield from _applied(reading, event, event.keep_in, mark)


def _element(event: Event, status: str) -> Element:
    return Element(f"{event.name}.{status}", ("events", event.name, "otherwise", status))


# --- it is kept ------------------------------------------------------------------


def _delivered(reading: Reading, delivery: DeliveredEvent, answered: int) -> Iterator[Met | Breach]:
    row = delivery.record.row
    during = [version for version in reading.after(row, delivery.place) if version.place < answered]
    statuses = [delivery.status, *(version.after for version in during)]
    events = [kept(reading, delivery.record, status) if status is not None else None for status in statuses]
    event = events[0]
    # In a status that it was in meanwhile, the event may have had another answer.
    if event is None or event.keep_in is None or delivery.status is None or any(each != event for each in events):
        return
    if not _takes(reading, event, delivery.record.to) or was_cut(reading, delivery, answered):
        return
    now = reading.row_at(row, answered) or {}
    element = _element(event, delivery.status)
    if now.get(event.keep_in) is not None:
        yield Met(element)
        return
    says = (
        f"{event.name} came while the row was {delivery.status} and was answered {delivery.answer!r}, and "
        f"{event.keep_in} is null: the spec keeps it there until it can apply"
    )
    yield Breach(element, says, (delivery.place, answered), row)


def _takes(reading: Reading, event: Event, actor: str) -> bool:
    return any(
        not transition.by or actor in transition.by
        for transition in reading.lifecycle.transitions
        if transition.event == event.name
    )


# --- it stays ------------------------------------------------------------------------


def _forgotten(reading: Reading, version: RowVersion) -> Iterator[Breach]:
    """A same-status write that clears what was kept."""
    old, new = version.write.old or {}, version.write.new or {}
    for event in reading.lifecycle.events:
        column = event.keep_in
        if column is None or old.get(column) is None or new.get(column) is not None:
            continue
        onto_itself = any(each.target == version.before for each in reading.lifecycle.moves[version.before or ""])
        if not onto_itself and not _is_moot(reading, event, version.before or ""):
            says = f"a write that left the row {version.before} cleared {column}, so that {event.name} is lost"
            yield Breach(_element(event, version.before or ""), says, (version.place,), version.row)


def _is_moot(reading: Reading, event: Event, status: str) -> bool:
    """No transition of the event can come any more."""
    reached, waiting = {status}, [status]
    while waiting:
        for transition in reading.lifecycle.moves[waiting.pop()]:
            if transition.event == event.name:
                return False
            if transition.target not in reached:
                reached.add(transition.target)
                waiting.append(transition.target)
    return True


# --- it is applied -----------------------------------------------------------------------


def _applied(reading: Reading, event: Event, keep_in: str, end: int) -> Iterator[Met | Breach]:
    ours = [transition for transition in reading.lifecycle.transitions if _is_ours(reading, event, transition)]
    for row, versions in reading.of_row.items():
        last = reading.version_at(row, end)
        for transition in ours:
            for version in versions:
                old = version.write.old or {}
                swept = version.ours and version.sort is WriteKind.MOVE and transition in version.transitions
                if swept and old.get(keep_in) is not None:
                    yield Met(_element_of(event, transition))
        if last is not None:
            yield from _rests(reading, event, keep_in, ours, last, end)


def _rests(
    reading: Reading, event: Event, keep_in: str, ours: list[Transition], last: RowVersion, end: int
) -> Iterator[Breach]:
    new = last.write.new
    if new is None or new.get(keep_in) is None:
        return
    for transition in ours:
        if transition.source != last.after or not _may(transition, new):
            continue
        if _had_turns(reading, transition, last.place, end):
            says = (
                f"{event.name} is kept in {keep_in}, the row has been {last.after} since, where it applies, "
                f"and no write moved it to {transition.target}"
            )
            yield Breach(_element_of(event, transition), says, (last.place, end), last.row)
            return


def _element_of(event: Event, transition: Transition) -> Element:
    return Element(f"{event.name}.kept", transition.path)


def _is_ours(reading: Reading, event: Event, transition: Transition) -> bool:
    """The subject has to apply it: it plays the transition's handlers, or all who may where there is none."""
    if transition.event != event.name:
        return False
    actors = [reading.lifecycle.actor[name] for name in transition.by if name in reading.lifecycle.actor]
    handlers = {each.name for each in actors if each.kind is ActorKind.HANDLER} or {each.name for each in actors}
    return bool(handlers) and handlers <= reading.history.roles


def _may(transition: Transition, row: Columns) -> bool:
    if transition.when is None:
        return True
    try:
        # A condition reads no times, so a float is never compared.
        return condition.evaluate(transition.when, row) is True  # type: ignore[arg-type]  # see above
    except (KeyError, TypeError):
        return False


def _had_turns(reading: Reading, transition: Transition, since: int, end: int) -> bool:
    """After the last fault, and after the row came to be as it is, one who may apply it was given turns."""
    healthy = [place for place in reading.marks.get("healthy", ()) if place < end]
    start = max(since, healthy[-1]) if healthy else end
    turns = 0
    for who, places in reading.turns.items():
        if reading.who_is_ours(who):
            for place in places[bisect_left(places, start) :]:
                record = reading.history.records[place]
                named = isinstance(record, Turn) and record.actor in transition.by
                turns += named and place < end
    return turns > 1  # one may have been under way already
