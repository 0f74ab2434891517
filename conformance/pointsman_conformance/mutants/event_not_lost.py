"""Wrong implementations that break event-not-lost."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman_conformance.core.history import Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import FoundRow


class DropsEarlyRefund(Wrong):
    """Answers ``applied`` to an event that comes too early, and does not keep it."""

    def keep(self, row: FoundRow, keep_in: str, carried: Mapping[str, Value]) -> Doing[str | None]:  # noqa: ARG002 - that is the fault
        """Write nothing."""
        yield from ()
        return "applied"
