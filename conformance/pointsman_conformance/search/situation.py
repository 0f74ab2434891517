"""The run so far, as its guide knows it: the rows, the events sent, and the effects made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.spec.lifecycle import Queue
from pointsman_conformance.core.clock import NEVER
from pointsman_conformance.core.driver import Driver, Played
from pointsman_conformance.core.history import Columns
from pointsman_conformance.core.plan import DeliverWebhooks, Happen, Step, Work
from pointsman_conformance.search.cells import point_cell
from pointsman_conformance.search.precomputed import Precomputed
from pointsman_conformance.search.ways import EFFECTIVE
from pointsman_conformance.search.weights import CellWeights

FOCUS = 16
"""The factor by which a step about the last step's row is likelier: bugs lie at the end of chains."""


@dataclass(slots=True)
class RowView:
    """A row as the guide sees it. `status` is None where the spec does not know it.

    `goes_on`: its status has a way out. `depth` counts the transitions that it has taken. `times` multiplies the
    weights of steps about it.
    """

    label: str
    status: str | None
    columns: Columns
    goes_on: bool = False
    depth: int = 0
    times: int = 1

    def due(self, queue: Queue, now: float) -> float | None:
        """The time at which the row is due in `queue`: `now` for a queue without due times, None for never."""
        due = self.columns.get(queue.due) if queue.due is not None else now
        return due if isinstance(due, int | float) and due <= now + NEVER else None

    def is_due(self, queue: Queue, now: float) -> bool:
        """True if the row is due in `queue` at `now`."""
        due = self.due(queue, now)
        return due is not None and due <= now


class Situation:
    """One run so far. `rows` and `now` (seconds of the driver's clock) are as of the last `look`."""

    def __init__(
        self, prospects: Precomputed, needs: CellWeights, status_column: str, names: Mapping[object, str]
    ) -> None:
        self._prospects, self._needs = prospects, needs
        self._column, self._names = status_column, names
        self.begin()

    def begin(self) -> None:
        """Forget the run before."""
        self.rows: list[RowView] = []
        self.now = 0.0
        self.going_on = 0
        """The number of rows whose status has a way out."""
        self.last: dict[str, int] = {}
        """By row: the number of the transition that it took last."""
        self.effects: set[str] = set()
        """The rows for which the provider has made an effect whose reply may have been lost."""
        self.sent: list[Happen] = []
        self._known: dict[str, RowView] = {}
        self._focus: str | None = None

    def look(self, driver: Driver) -> None:
        """Read time and rows from the driver, and count the cells that the rows have reached since the last look."""
        self.now = driver.now()
        names, column, known, focus = self._names, self._column, self._known, self._focus
        going_on = 0
        self.rows = rows = []
        for label, held in driver.rows().items():
            status, row = names.get(held.get(column)), known.get(label)
            if row is None:
                row = known[label] = RowView(label, None, held)
            if row.status != status:
                row.depth += self._moved(label, row.status, status)
                row.status, row.goes_on = status, bool(self._prospects.ways.get(status))
            row.columns, row.times = held, FOCUS if label == focus else 1
            going_on += row.goes_on
            rows.append(row)
        self.going_on = going_on

    def _moved(self, label: str, before: str | None, status: str | None) -> bool:
        """Count the cells of a row that is new or has a new status. `before`: None for a new row or unknown status.

        True if the row took a transition.
        """
        if status is None:
            return False
        self._needs.reached(self._prospects.statuses[status])
        taken = self._prospects.between.get((before, status)) if before is not None else None
        if taken is None:
            return False
        last, self.last[label] = self.last.get(label), taken
        self._needs.reached(self._prospects.transitions[taken])
        if last is not None and (last, taken) in self._prospects.pairs:
            self._needs.reached(self._prospects.pairs[last, taken])
        return True

    def is_due(self, row: RowView) -> bool:
        """True if the row is due in a queue that polls its status."""
        return any(row.is_due(queue, self.now) for queue in self._prospects.queues[row.status])

    def chosen(self, step: Step) -> None:
        """Note the row of the step that was chosen."""
        self._focus = getattr(step, "row", self._focus)

    def saw(self, step: Step, played: Played) -> None:
        """Count the fault points that a step reached, and note an effect whose reply may have been lost."""
        if not isinstance(step, Work | Happen | DeliverWebhooks):
            return
        actor = getattr(step, "actor", None)
        for index in played.fired:
            if index >= len(step.faults):
                continue
            fault = step.faults[index]
            if actor is not None:
                self._needs.reached(self._needs.slot(point_cell(actor, fault.kind, fault.point)))
            if fault.kind in EFFECTIVE and self._focus is not None:
                self.effects.add(self._focus)

    def send(self, row: RowView, event: str, actor: str, fields: Mapping[str, object]) -> Happen:
        """Make a new event about `row`, with an id of its own, and note it as sent."""
        happen = Happen(row.label, event, actor, f"ev{len(self.sent) + 1}", dict(fields))  # type: ignore[arg-type]  # JSON values
        self.sent.append(happen)
        return happen

    def has_come(self, row: RowView, event: str) -> bool:
        """True if the event was sent about `row` before."""
        return any((each.row, each.event) == (row.label, event) for each in self.sent)
