"""The operations on each row that a history holds: deliveries with their answers, and writes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pointsman.spec.lifecycle import ActorKind, EarlyEvent, Lifecycle, Table, Transition
from pointsman.spec.meaning import carried, events_of_type, statuses_answering
from pointsman_conformance.core.history import KIT, Answered, Columns, Crashed, Cut, Delivered, History, Turn, Write
from pointsman_conformance.linear.operation import (
    NO_ROW,
    Edge,
    Ending,
    OperationKind,
    RowHistory,
    StatusOperation,
    StatusVersion,
)

_CHANGED_NOTHING = frozenset({"refused", "ignored"})
_NO_ROW_NAMED = ""


@dataclass(frozen=True, slots=True)
class _Span:
    """Something that a copy was asked to do, from one place in the history to another; None: no answer came.

    `is_cut`: it lost its connection meanwhile, and may not know what it wrote.
    """

    begun: int
    ended: int | None
    answer: str | None = None
    is_cut: bool = False


def from_history(lifecycle: Lifecycle, history: History) -> Mapping[str, RowHistory]:
    """The versions of the status of each row that was written to, and the operations on it.

    The time of an operation is its place in the history. A delivery whose answer may mean several things (a
    duplicate; a webhook; one to an admin, who finds out first; a refusal that may have another reason than the status)
    is an operation whose outcome is unknown. Where the row keeps the event already, the answer may be about that. Each
    change that no delivery explains is an operation of its own, from the beginning of what its writer was asked to do.
    Empty for a lifecycle without a table.
    """
    if lifecycle.table is None:
        return {}
    reader = _Reader(lifecycle, lifecycle.table, history)
    return {row: reader.row(row) for row in history.writes}


class _Reader:
    """One history, read once for all rows."""

    def __init__(self, lifecycle: Lifecycle, table: Table, history: History) -> None:
        self.lifecycle = lifecycle
        self.table = table
        self.history = history
        self.spans = tuple(_spans(history))
        self.deliveries = self._deliveries()
        self.turns: dict[str, list[_Span]] = {}
        for span in self.spans:
            self.turns.setdefault(history.records[span.begun].who, []).append(span)

    def row(self, row: str) -> RowHistory:
        deliveries = self.deliveries.get(row, [])
        operations = [operation for _, operation in deliveries]
        versions: list[StatusVersion] = []
        for place in self.history.writes[row]:
            write = self.history.records[place]
            if not isinstance(write, Write):
                continue
            old, new = self._status(write.old), self._status(write.new)
            if not versions:
                versions.append(StatusVersion(new if write.old is None else old))
            if versions[-1].status == new:
                continue
            writers = _writers(deliveries, write, place, (old, new))
            if len(writers) > 1:
                versions.append(StatusVersion(new, unsure=True))
                continue
            if not writers:
                operations.append(self._by_itself(write, place, (old, new)))
            versions.append(StatusVersion(new, writers[0] if writers else len(operations) - 1))
        return RowHistory(row, tuple(versions), tuple(operations))

    def _status(self, columns: Columns | None) -> str:
        return NO_ROW if columns is None else str(columns.get(self.table.status_column))

    def _by_itself(self, write: Write, place: int, edge: Edge) -> StatusOperation:
        """A change that was seen only as a write."""
        begun, ended = float(place), float(place)
        if write.who != KIT:
            span = next((each for each in self.turns.get(write.who, ()) if _covers(each, place)), None)
            begun = float(span.begun) if span is not None else 0.0
            ended = float(span.ended) if span is not None and span.ended is not None else float("inf")
        name = f"the write of {write.actor or write.who}"
        return StatusOperation(begun, ended, OperationKind.CHANGE, edges=(edge,), name=name, places=(place,))

    # --- deliveries --------------------------------------------------------------

    def _deliveries(self) -> dict[str, list[tuple[str, StatusOperation]]]:
        """The operations that deliveries ask for, by row, each with the copy that was asked."""
        found: dict[str, list[tuple[str, StatusOperation]]] = {}
        seen: set[str] = set()
        for span in self.spans:
            delivered = self.history.records[span.begun]
            if not isinstance(delivered, Delivered):
                continue
            operation = self._asked(delivered, span, again=delivered.id in seen)
            seen.add(delivered.id)
            if operation is not None:
                found.setdefault(delivered.row, []).append((delivered.who, operation))
        return found

    def _asked(self, delivered: Delivered, span: _Span, *, again: bool) -> StatusOperation | None:
        transitions = tuple(self._taken(delivered))
        edges = tuple(dict.fromkeys(self._stored(each.source, each.target) for each in transitions))
        if not edges:
            return None
        actor = self.lifecycle.actor.get(delivered.to)
        # An admin finds out first, and may do another thing than what was asked for; a webhook is thanked in any case.
        tells = delivered.hook is None and (actor is None or actor.kind in {ActorKind.HANDLER, ActorKind.WEBHOOK})
        ending = _ending(span) if tells and not again else Ending.UNKNOWN
        if ending is Ending.REFUSED and not all(self._must(delivered, each) for each in transitions):
            ending = Ending.UNKNOWN
        kept = tuple(dict.fromkeys(self._already_kept(delivered, span)))
        if ending is Ending.REFUSED and kept:
            ending = Ending.UNKNOWN
        if ending is Ending.OK:
            edges += tuple(self._stored(status, status) for status in self._keeping(delivered.event))
            edges += tuple((status, status) for status in kept)
        places = (span.begun,) if span.ended is None else (span.begun, span.ended)
        return StatusOperation(
            float(span.begun),
            None if span.ended is None else float(span.ended),
            OperationKind.CHANGE,
            ending,
            edges=edges,
            name=f"{delivered.event or delivered.hook} {delivered.id} to {delivered.to}",
            places=places,
        )

    def _taken(self, delivered: Delivered) -> Iterator[Transition]:
        """The transitions that the delivery asks for."""
        for transition in self.lifecycle.transitions:
            asked = transition.event in self._meant(delivered, transition.source)
            if asked and (not transition.by or delivered.to in transition.by):
                yield transition

    def _meant(self, delivered: Delivered, status: str) -> frozenset[str]:
        """The events that it may be: a webhook's depends on the status, and several calls may have one of its type."""
        if delivered.hook is None:
            return frozenset() if delivered.event is None else frozenset({delivered.event})
        return events_of_type(self.lifecycle, delivered.hook, status)

    def _must(self, delivered: Delivered, transition: Transition) -> bool:
        """Whether a row in the transition's source has to move: nothing but its status can be a reason to refuse.

        Not where there is a condition, where something must be found out first, where only a call's own answer can
        tell, where the target requires what is not known to be there, or where the row stays.
        """
        source, target = self.lifecycle.status[transition.source], self.lifecycle.status[transition.target]
        event = self.lifecycle.event.get(transition.event or "")
        there = {*source.requires, *(column for column, setting in target.on_entry if setting is not None)}
        there |= set(carried(event, delivered.fields))
        free = transition.when is None and not transition.needs and source is not target
        return free and event is not None and set(target.requires) <= there

    def _keeping(self, name: str | None) -> Iterator[str]:
        event = self.lifecycle.event.get(name) if name is not None else None
        if event is not None:
            yield from statuses_answering(event, EarlyEvent.KEEP)

    def _already_kept(self, delivered: Delivered, span: _Span) -> Iterator[str]:
        """The statuses in which the row kept the event meanwhile: it may wait there for the one who applies it."""
        event = self.lifecycle.event.get(delivered.event or "")
        if event is None or event.keep_in is None:
            return
        places = self.history.writes.get(delivered.row, ())
        first = max(bisect_left(places, span.begun) - 1, 0)
        for place in places[first : None if span.ended is None else bisect_left(places, span.ended)]:
            write = self.history.records[place]
            version = write.new if isinstance(write, Write) else None
            if version is not None and version.get(event.keep_in) is not None:
                yield self._status(version)

    def _stored(self, source: str, target: str) -> Edge:
        return self.lifecycle.status[source].value, self.lifecycle.status[target].value


def _ending(span: _Span) -> Ending:
    if span.is_cut:
        return Ending.UNKNOWN
    if span.answer == "applied":
        return Ending.OK
    return Ending.REFUSED if span.answer in _CHANGED_NOTHING else Ending.UNKNOWN


def _writers(deliveries: list[tuple[str, StatusOperation]], write: Write, place: int, edge: Edge) -> list[int]:
    """The numbers of the deliveries that may have made `write`: to its copy, under way at `place`, and with `edge`."""
    return [
        number
        for number, (who, operation) in enumerate(deliveries)
        if who == write.who
        and operation.call < place
        and (operation.returned is None or place < operation.returned)
        and edge in operation.edges
    ]


def _covers(span: _Span, place: int) -> bool:
    return span.begun < place and (span.ended is None or place < span.ended)


def _spans(history: History) -> Iterator[_Span]:
    """Deliveries and turns with their answers. Where two like each other are open at once, no answer is either's."""
    spans: dict[int, _Span] = {}
    opened: dict[tuple[str, str, str], list[int]] = {}
    for place in history.places_of(Delivered, Turn, Answered, Crashed, Cut):
        record = history.records[place]
        if isinstance(record, (Delivered, Turn)):
            spans[place] = _Span(place, None)
            to, row = (record.to, record.row) if isinstance(record, Delivered) else (record.actor, _NO_ROW_NAMED)
            opened.setdefault((record.who, to, row), []).append(place)
        elif isinstance(record, Answered):
            key = (record.who, record.to, record.row or _NO_ROW_NAMED)
            mine = opened.pop(key, [])
            if len(mine) == 1:
                spans[mine[0]] = _Span(mine[0], place, record.answer, spans[mine[0]].is_cut)
        elif isinstance(record, (Crashed, Cut)):
            for key in [key for key in opened if key[0] == record.who]:
                for each in opened[key]:
                    spans[each] = replace(spans[each], is_cut=True)
                if isinstance(record, Crashed):
                    del opened[key]
    yield from spans.values()
