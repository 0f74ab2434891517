"""A history as a table for people: a line for each record, and a mark where a law was broken."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pointsman.result import Grid, GridCell
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.meaning import error_field
from pointsman_conformance.core.history import (
    KIT,
    Answered,
    Columns,
    Crashed,
    Cut,
    Delivered,
    Effect,
    History,
    Mark,
    Paused,
    Record,
    Request,
    Response,
    Resumed,
    Started,
    Turn,
    Value,
    Write,
)

MOST = 40
"""The most lines that are shown of a run: the last ones before the breach."""


def grid(lifecycle: Lifecycle, history: History, marked: Collection[int], row: str | None, title: str = "") -> Grid:
    """The run as a table: mark, time, copy, what happened. `marked` are the places in the history that get a mark.

    With a `row`, records of other rows are left out.
    """
    told = _worth_a_line(
        history,
        [
            (place, words)
            for place, line in _lines(lifecycle, history, row)
            if (words := line or (_usual(history.records[place]) if place in marked else None)) is not None
        ],
    )
    shown, left_out = _window(told, marked)
    rows = tuple(_row(history.records[place], line, strong=place in marked) for place, line in shown)
    legend = f"{left_out} earlier lines are left out." if left_out else ""
    return Grid(("", "at", "who", "what happens"), rows, title, legend)


def _worth_a_line(history: History, told: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """`told` without starts and turns after which the copy did nothing."""
    kept: list[tuple[int, str]] = []
    came: set[str] = set()
    for place, line in reversed(told):
        record = history.records[place]
        if not isinstance(record, Started | Turn):
            came.add(record.who)
        elif record.who not in came:
            continue
        elif isinstance(record, Turn):
            came.discard(record.who)
        kept.append((place, line))
    return kept[::-1]


def _window(told: list[tuple[int, str]], marked: Collection[int]) -> tuple[list[tuple[int, str]], int]:
    """The last `MOST` lines up to the last marked one."""
    last = max(marked, default=told[-1][0] if told else 0)
    upto = [line for line in told if line[0] <= last]
    return upto[-MOST:], max(0, len(upto) - MOST)


def _row(record: Record, line: str, *, strong: bool) -> tuple[GridCell, ...]:
    tone = "bad" if strong else ""
    return (
        GridCell(">" if strong else "", tone),
        GridCell(clock(record.at), "quiet"),
        GridCell(record.who),
        GridCell(line, tone),
    )


def _lines(lifecycle: Lifecycle, history: History, row: str | None) -> Iterator[tuple[int, str | None]]:
    teller = _Teller(lifecycle, row)
    for place, record in enumerate(history.records):
        yield place, teller.tell(record)


class _Teller:
    """Makes the line of one record after the other; remembers which requests and receipts belong to the row."""

    def __init__(self, lifecycle: Lifecycle, row: str | None) -> None:
        self._by_value = lifecycle.by_value
        self._table = lifecycle.table
        self._row = row
        self._about: dict[str, bool] = {}
        self._receipts: set[str] = set()

    def tell(self, record: Record) -> str | None:
        """The line without its subject, or None for a record that gets no line."""
        line: str | None = None
        match record:
            case Write() | Delivered() | Answered():
                line = self._of_a_row(record) if self._row in (None, record.row) else None
            case Request():
                line = self._request(record)
            case Effect():
                line = self._effect(record)
            case Response():
                line = _reply(record) if self._about.get(record.request, True) else None
            case _:
                line = _plain(record)
        return line

    def _of_a_row(self, record: Write | Delivered | Answered) -> str | None:
        if isinstance(record, Write):
            return self._write(record)
        if isinstance(record, Delivered):
            what = record.event or record.hook or "something"
            carried = f" with {_listed(record.fields)}" if record.fields else ""
            return f"hands {what} ({record.id}) for row {record.row} to {record.to}{carried}"
        if record.answer in _USUAL:
            return None
        return f"answers: {record.answer}{f', {record.message}' if record.message else ''}"

    def _write(self, write: Write) -> str:
        if write.old is None or write.new is None:
            deed, version = ("is created", write.new) if write.old is None else ("is deleted", write.old)
            where = f" in {self._status(version)}" if version is not None else ""
            return f"row {write.row} {deed}{where}"
        before, after = self._status(write.old), self._status(write.new)
        self._receipts.update(str(value) for value in write.new.values() if isinstance(value, str))
        changed = [
            f"{name} {_value(write.old.get(name), write.at)} → {_value(new, write.at)}"
            for name, new in write.new.items()
            if write.old.get(name) != new and not self._is_status(name)
        ]
        head = f"row {write.row}: {before} → {after}" if before != after else f"row {write.row}: {before} stays"
        if changed:
            return f"{head}; {', '.join(changed)}"
        return head if before != after else f"{head}, and nothing changes"

    def _status(self, version: Columns | None) -> str:
        stored = (version or {}).get(self._table.status_column) if self._table else None
        status = self._by_value.get(str(stored))
        return status.name if status is not None else f"{stored!r} (unknown)"

    def _is_status(self, name: str) -> bool:
        return self._table is not None and name == self._table.status_column

    def _request(self, request: Request) -> str | None:
        told = {*request.params.values(), *request.path.split("/")}
        words = {part for text in told for part in (text, *text.split("-"))}
        known = self._row is None or self._row in words or bool(self._receipts & words)
        self._about[request.id] = known
        if not known:
            return None
        key = f" under the key {request.key}" if request.key else ""
        told_params = f" ({_listed(request.params)})" if request.params else ""
        return f"{request.id}: {request.method} {request.path}{told_params}{key}"

    def _effect(self, effect: Effect) -> str | None:
        if self._row not in (None, effect.row) and effect.row is not None:
            return None
        self._receipts.add(effect.receipt)
        amount = "" if effect.amount is None else f" over {effect.amount}"
        by = f" by {effect.request}" if effect.request else ""
        return f"the provider makes {effect.call or 'an effect'}{amount}{by}: {effect.receipt}"


def _reply(reply: Response) -> str:
    if reply.status is None:
        return f"{reply.request}: no answer ({reply.silence})"
    heard = "" if reply.heard else ", which the copy never gets"
    again = ", the stored answer again" if reply.replayed else ""
    return f"{reply.request}: answered {reply.status}{_said(reply.body)}{again}{heard}"


def _said(body: object) -> str:
    """The code or the message of an error, in Stripe's form or at the top of the body."""
    words = error_field(body, "code") or error_field(body, "message")
    return f" {words!r}" if words else ""


def _usual(record: Record) -> str | None:
    """The line of a usual answer, which is shown only where it is marked."""
    return f"answers: {record.answer}" if isinstance(record, Answered) else None


_USUAL = ("applied", "ignored", "skipped")
_MARKS = {"healthy": "no fault from here on", "end": "the end"}


def _plain(record: Record) -> str | None:
    line: str | None = None
    match record:
        case Started() if record.who != KIT:
            line = f"starts{f' as {record.actor}' if record.actor else ''}"
        case Crashed():
            line = "is killed" if record.killed else f"dies by itself{f': {record.why}' if record.why else ''}"
        case Paused():
            line = "stands still"
        case Resumed():
            line = "goes on"
        case Cut():
            line = f"loses its database {'after the statement was done' if record.done else 'before the statement'}"
        case Turn():
            line = f"has its turn as {record.actor}"
        case Mark():
            line = _MARKS.get(record.name, record.name)
    return line


def _value(value: Value, at: float) -> str:
    """A value for people; a time as its distance from `at`."""
    if isinstance(value, float):
        distance = value - at
        return f"{clock(abs(distance))} {'from now' if distance >= 0 else 'ago'}" if abs(distance) >= 0.5 else "now"
    return "null" if value is None else str(value)


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def clock(seconds: float) -> str:
    """A duration in short, with at most three digits: ``0.4 s``, ``90 s``, ``12 min``, ``20 h``, ``3 d``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
