"""Wrong implementations that break unknown-status-untouched."""

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
    """Sets an unknown status to the first one; a worker does so too for rows that it has claimed before."""

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
        """Repair the rows that it has claimed before, then claim due rows."""
        for key in self._seen:
            found = yield from asking.row(ReadRow(key))
            if found is not None and self.rules.status_of(found.columns) is None:
                yield from self._coerce(found)
        rows = yield from super().take(queue)
        self._seen.update(dict.fromkeys(row.key for row in rows))
        return rows

    def unknown_status(self, row: FoundRow) -> Doing[str]:
        """Set the row to the first status."""
        yield from self._coerce(row)
        return "applied"

    def write(
        self, row: FoundRow, assign: Mapping[str, Assigned], where: Mapping[str, Value]
    ) -> Doing[FoundRow | None]:
        """Write; where the row has changed to an unknown status, set it to the first one."""
        done = yield from super().write(row, assign, where)
        if done is None:
            found = yield from asking.row(ReadRow(row.key))
            if found is not None and self.rules.status_of(found.columns) is None:
                yield from self._coerce(found)
        return done

    def _coerce(self, row: FoundRow) -> Doing[None]:
        first = next((status for status in self.lifecycle.statuses if status.initial), self.lifecycle.statuses[0])
        yield Update(row.key, {self.rules.table.status_column: first.value}, self.where_status(row))
