"""What breaks unknown-status-untouched."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from pointsman.spec.lifecycle import Lifecycle, Queue
from pointsman_conformance.core.history import Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import Assigned, FoundRow, ReadRow, Update


class CoercesUnknownStatus(Wrong):
    """Takes a status that it does not know for the first one; a worker looks after the rows that it has seen."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        actor: str | None = None,
        token: str = "",
        random: Random | None = None,
        inbox: set[str] | None = None,
    ) -> None:
        super().__init__(lifecycle, actor, token, random, inbox)
        self._seen: dict[str, None] = {}

    def take(self, queue: Queue) -> Doing[tuple[FoundRow, ...]]:
        """What is due, after a look at the rows that were."""
        for key in self._seen:
            found = yield from asking.row(ReadRow(key))
            if found is not None and self.rules.status_of(found.columns) is None:
                yield from self._coerce(found)
        rows = yield from super().take(queue)
        self._seen.update(dict.fromkeys(row.key for row in rows))
        return rows

    def unknown_status(self, row: FoundRow) -> Doing[str]:
        """Begin anew."""
        yield from self._coerce(row)
        return "applied"

    def write(
        self, row: FoundRow, assign: Mapping[str, Assigned], where: Mapping[str, Value]
    ) -> Doing[FoundRow | None]:
        """Where a write finds the row changed, and the status unknown, that is put right."""
        done = yield from super().write(row, assign, where)
        if done is None:
            found = yield from asking.row(ReadRow(row.key))
            if found is not None and self.rules.status_of(found.columns) is None:
                yield from self._coerce(found)
        return done

    def _coerce(self, row: FoundRow) -> Doing[None]:
        first = next((status for status in self.lifecycle.statuses if status.initial), self.lifecycle.statuses[0])
        yield Update(row.key, {self.rules.table.status_column: first.value}, self.where_status(row))
