"""The cells of a spec that a run has reached, computed from its history alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.meaning import status_in
from pointsman_conformance.core.driver import Played
from pointsman_conformance.core.history import Answered, Columns, Delivered, History, Mark, Turn, Write
from pointsman_conformance.core.plan import (
    Create,
    DeliverWebhooks,
    Happen,
    Move,
    Plan,
    Settle,
    SetUnknownStatus,
    Step,
    Work,
)
from pointsman_conformance.laws.judgement import LawVerdict
from pointsman_conformance.search.cells import (
    Cell,
    CellKind,
    Survey,
    event_cell,
    fault_cell,
    pair_cell,
    point_cell,
    refused_cell,
    status_cell,
    transition_cell,
)


@dataclass
class Coverage:
    """The number of runs that reached each cell. `survey` has the required cells; `changes` counts additions."""

    survey: Survey
    counts: Counter[Cell] = field(default_factory=Counter)
    changes: int = 0

    def add(self, cells: Iterable[Cell]) -> None:
        """Count the cells of one more run."""
        self.counts.update(cells)
        self.changes += 1

    @property
    def missing(self) -> tuple[Cell, ...]:
        """The required cells that no run has reached, sorted."""
        return tuple(sorted(cell for cell in self.survey.required if not self.counts[cell]))

    @property
    def complete(self) -> bool:
        """True if every required cell has been reached."""
        return all(self.counts[cell] for cell in self.survey.required)

    @property
    def share(self) -> float:
        """The share of the required cells that have been reached, from 0 to 1; 1 where none is required."""
        many = len(self.survey.required)
        return (many - len(self.missing)) / many if many else 1.0

    def by_sort(self) -> Mapping[CellKind, tuple[int, tuple[str, ...]]]:
        """By sort of cell: the number of required cells, and the names of the missing ones."""
        return {
            sort: (
                sum(cell.sort is sort for cell in self.survey.required),
                tuple(cell.name for cell in self.missing if cell.sort is sort),
            )
            for sort in CellKind
            if any(cell.sort is sort for cell in self.survey.required)
        }

    def in_words(self) -> str:
        """The missing cells by sort, as one paragraph; empty where none is missing."""
        return " ".join(f"{sort}: {', '.join(names)}." for sort, (_, names) in self.by_sort().items() if names)


def met(verdicts: Iterable[LawVerdict]) -> frozenset[Cell]:
    """The cells of the laws that a run put to the test."""
    return frozenset(Cell(CellKind.LAW, verdict.law) for verdict in verdicts if verdict.met or verdict.breaches)


def covered(
    lifecycle: Lifecycle,
    history: History,
    plan: Plan,
    played: Sequence[Played],
    key: Callable[[str], str] = str,
) -> frozenset[Cell]:
    """The cells that a run of `plan` reached.

    `played` has one entry for each step of `plan`. `key` is `Driver.key`: it turns a row's label into its primary key.
    """
    return frozenset(_Run(lifecycle, history, key).cells(plan, played))


@dataclass(frozen=True, slots=True)
class _Taken:
    """A transition that a row took: its number, its place in the history, and whether the implementation took it."""

    place: int
    number: int
    ours: bool


class _Run:
    """One run, walked along its plan."""

    def __init__(self, lifecycle: Lifecycle, history: History, key: Callable[[str], str]) -> None:
        self._lifecycle, self._history, self._key = lifecycle, history, key
        self._column = lifecycle.table.status_column if lifecycle.table is not None else "status"
        self._statuses: dict[str, list[tuple[int, str | None]]] = {}
        self._taken: dict[str, list[_Taken]] = {}
        self._heard: dict[str, tuple[str, int]] = {}
        self._index()

    # --- indexing ---

    def _index(self) -> None:
        for place in self._history.places_of(Write, Delivered, Answered):
            record = self._history.records[place]
            if isinstance(record, Write):
                self._write(place, record)
            elif isinstance(record, Delivered) and record.event is not None:
                self._heard[record.row] = (record.event, place)
            elif isinstance(record, Answered) and record.row is not None and record.answer == "applied":
                self._again(place, record)

    def _write(self, place: int, write: Write) -> None:
        before, after = self._status(write.old), self._status(write.new)
        self._statuses.setdefault(write.row, []).append((place, after))
        if write.old is None or before is None or after is None or before == after:
            return
        fits = self._lifecycle.between.get((before, after), ())
        if not fits:
            return
        told, _ = self._heard.get(write.row, (None, 0))
        best = next((n for n in fits if self._lifecycle.transitions[n].event == told), fits[0])
        self._taken.setdefault(write.row, []).append(_Taken(place, best, write.who in self._history.subject))

    def _again(self, place: int, answered: Answered) -> None:
        """Note a transition from a status to itself. It changes no status, so only the answer "applied" shows it."""
        row = answered.row or ""
        event, since = self._heard.get(row, (None, 0))
        here = self._at(row, since)
        for number, move in enumerate(self._lifecycle.transitions):
            if move.source == move.target == here and move.event == event:
                self._taken.setdefault(row, []).append(_Taken(place, number, answered.who in self._history.subject))

    def _status(self, version: Columns | None) -> str | None:
        status = status_in(self._lifecycle, version)
        return status.name if status is not None else None

    def _at(self, row: str, place: int) -> str | None:
        """The row's status just before a place; None where the row does not exist or its status is unknown."""
        versions = self._statuses.get(row, [])
        index = bisect_left(versions, place, key=lambda version: version[0])
        return versions[index - 1][1] if index else None

    # --- cells ---

    def cells(self, plan: Plan, played: Sequence[Played]) -> Iterator[Cell]:
        for versions in self._statuses.values():
            yield from (status_cell(status) for _, status in versions if status is not None)
        for taken in self._taken.values():
            yield from self._transitions(taken)
        yield from self._deliveries()
        yield from self._steps(plan, played)

    def _transitions(self, taken: Sequence[_Taken]) -> Iterator[Cell]:
        yield from (transition_cell(self._lifecycle, each.number) for each in taken if each.ours)
        moves = self._lifecycle.transitions
        for first, second in pairwise(taken):
            if (first.ours or second.ours) and moves[first.number].target == moves[second.number].source:
                yield pair_cell(self._lifecycle, first.number, second.number)

    def _deliveries(self) -> Iterator[Cell]:
        for place in self._history.places_of(Delivered):
            record = self._history.records[place]
            if not isinstance(record, Delivered) or record.to not in self._history.roles:
                continue
            status = self._at(record.row, place)
            if status is None:
                continue
            yield from (event_cell(name, status) for name in (record.event, record.hook) if name is not None)
            events = {record.event} if record.event is not None else self._told_by(record.hook or "")
            for move in self._lifecycle.transitions:
                if (
                    move.event in events
                    and move.target != status
                    and (status, move.target) not in self._lifecycle.pairs
                ):
                    yield refused_cell(status, move.target)

    def _told_by(self, type_: str) -> set[str | None]:
        return {hook.event for call in self._lifecycle.calls for hook in call.webhooks if hook.type == type_}

    def _steps(self, plan: Plan, played: Sequence[Played]) -> Iterator[Cell]:
        places = tuple(self._places(plan))
        ends = [*(start for start, _ in places[1:]), len(self._history.records)]
        for (start, found), end, step, result in zip(places, ends, plan, played, strict=False):
            if isinstance(step, Move):
                yield from self._asked(step, start, result)
            elif isinstance(step, Work | Happen | DeliverWebhooks) and found:
                for index in result.fired:
                    yield from self._fired(step, index, start, max(start + 1, end))

    def _asked(self, step: Move, place: int, result: Played) -> Iterator[Cell]:
        status = self._at(self._key(step.row), place)
        if (
            result.answer is None
            or status is None
            or status == step.status
            or step.status not in self._lifecycle.status
        ):
            return
        if (status, step.status) not in self._lifecycle.pairs and step.actor in self._history.roles:
            yield refused_cell(status, step.status)

    def _fired(self, step: Work | Happen | DeliverWebhooks, index: int, start: int, end: int) -> Iterator[Cell]:
        if index >= len(step.faults):
            return
        fault = step.faults[index]
        for actor in self._actors(step, start):
            if actor in self._history.roles:
                yield point_cell(actor, fault.kind, fault.point)
        for row in self._struck(start, end):
            follows = next((each for each in self._taken.get(row, ()) if each.place > start), None)
            if follows is not None and follows.ours:
                yield fault_cell(self._lifecycle, follows.number, fault.kind)

    def _actors(self, step: Work | Happen | DeliverWebhooks, start: int) -> tuple[str, ...]:
        if isinstance(step, Work | Happen):
            return (step.actor,)
        record = self._history.records[start]
        return (record.to,) if isinstance(record, Delivered) else ()

    def _struck(self, start: int, end: int) -> frozenset[str]:
        """The rows that the implementation wrote or was told of in a step; else all that the step's turn may take."""
        records = self._history.records[start:end]
        rows = {each.row for each in records if isinstance(each, Write) and each.who in self._history.subject}
        rows.update(each.row for each in records if isinstance(each, Delivered) and each.to in self._history.roles)
        if rows or not isinstance(records[0], Turn):
            return frozenset(rows)
        actor = records[0].actor
        mine = {status for queue in self._lifecycle.queues if queue.worker == actor for status in queue.statuses}
        return frozenset(row for row in self._statuses if self._at(row, start) in mine)

    # --- where each step stands in the history ---

    def _places(self, plan: Plan) -> Iterator[tuple[int, bool]]:
        """For each step: the place in the history where it begins, and whether the history shows it."""
        place, healthy = 0, self._healthy()
        for step in plan:
            found = next((p for p in range(place, healthy) if self._opens(step, p)), None)
            yield place if found is None else found, found is not None
            if isinstance(step, Settle):
                healthy = len(self._history.records)
            if found is not None:
                place = found + 1

    def _healthy(self) -> int:
        marks = ((place, self._history.records[place]) for place in self._history.places_of(Mark))
        healthy = (place for place, each in marks if isinstance(each, Mark) and each.name == "healthy")
        return next(healthy, len(self._history.records))

    def _opens(self, step: Step, place: int) -> bool:
        record = self._history.records[place]
        opens = False
        match step:
            case Work():
                opens = isinstance(record, Turn) and record.actor == step.actor
            case Happen():
                opens = isinstance(record, Delivered) and record.id == step.id
            case DeliverWebhooks():
                opens = isinstance(record, Delivered) and record.hook is not None
            case Create():
                opens = isinstance(record, Write) and record.old is None and record.row == self._key(step.row)
            case SetUnknownStatus():
                opens = isinstance(record, Write) and self._status(record.new) is None and record.new is not None
            case Move():
                opens = isinstance(record, Delivered | Answered) and record.row == self._key(step.row)
            case _:
                pass
        return opens
