"""Wrong implementations that break conditional-write."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman_conformance.core.history import Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.operation import FoundRow


class WritesBlind(Wrong):
    """Writes by the primary key alone, so that it overwrites what changed since it read the row."""

    def where_status(self, row: FoundRow) -> Mapping[str, Value]:  # noqa: ARG002 - that is the fault
        """Return no condition."""
        return {}

    def compares(self, row: FoundRow) -> Mapping[str, Value]:  # noqa: ARG002 - that is the fault
        """Return no condition."""
        return {}


class ComparesStatusOnly(Wrong):
    """Compares the status only, so that it writes under a claim that another copy holds."""

    def compares(self, row: FoundRow) -> Mapping[str, Value]:
        """Return the condition on the status, without the fence."""
        return self.where_status(row)
