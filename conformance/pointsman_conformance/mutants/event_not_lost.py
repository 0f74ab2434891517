"""What breaks event-not-lost."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman_conformance.core.history import Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import FoundRow


class DropsEarlyRefund(Wrong):
    """Says yes to an event that comes too early, and forgets it."""

    def keep(self, row: FoundRow, keep_in: str, carried: Mapping[str, Value]) -> Doing[str | None]:  # noqa: ARG002 - that is the fault
        """Nothing is kept."""
        yield from ()
        return "applied"
