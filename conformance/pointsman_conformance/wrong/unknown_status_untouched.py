"""What breaks unknown-status-untouched."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman_conformance.book import asking
from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.operation import Assigned, Found, Read, Update
from pointsman_conformance.history import Value
from pointsman_conformance.wrong.wrong import Wrong


class CoercesUnknownStatus(Wrong):
    """Takes a status that it does not know for the first one."""

    def unknown_status(self, row: Found) -> Doing[str]:
        """Begin anew."""
        yield from self._coerce(row)
        return "applied"

    def write(self, row: Found, assign: Mapping[str, Assigned], where: Mapping[str, Value]) -> Doing[Found | None]:
        """Where a write finds the row changed, and the status unknown, that is put right."""
        done = yield from super().write(row, assign, where)
        if done is None:
            found = yield from asking.row(Read(row.key))
            if found is not None and self.rules.status_of(found.columns) is None:
                yield from self._coerce(found)
        return done

    def _coerce(self, row: Found) -> Doing[None]:
        first = next((status for status in self.lifecycle.statuses if status.initial), self.lifecycle.statuses[0])
        yield Update(row.key, {self.rules.table.status_column: first.value}, self.where_status(row))
