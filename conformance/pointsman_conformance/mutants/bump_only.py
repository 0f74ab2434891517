"""Wrong implementations that break bump-only."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.fitting import family
from pointsman_conformance.core.history import Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import Assigned, FoundRow, Increment


class BumpRewritesAmount(Wrong):
    """Saves the whole row when it means to note a time: a column outside of `same_status` changes with it."""

    def write(
        self, row: FoundRow, assign: Mapping[str, Assigned], where: Mapping[str, Value]
    ) -> Doing[FoundRow | None]:
        """Where the status stays, change one column more."""
        if self.rules.table.status_column not in assign:
            assign = {**assign, **self._too_much(row)}
        return (yield from super().write(row, assign, where))

    def _too_much(self, row: FoundRow) -> Mapping[str, Assigned]:
        """A change of a column outside of `same_status`, an amount if there is one; empty if there is none."""
        table, allowed = self.rules.table, self.lifecycle.same_status or ()
        free = [c for c in table.columns if c.name not in {*allowed, table.status_column, table.primary_key}]
        free.sort(key=lambda column: family(column.type) != "whole")
        for column in free[:1]:
            return {column.name: Increment(1) if family(column.type) == "whole" else f"rewritten_{row.key}"}
        return {}
