"""What breaks event-not-lost."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.operation import FoundRow
from pointsman_conformance.history import Value
from pointsman_conformance.wrong.wrong import Wrong


class DropsEarlyRefund(Wrong):
    """Says yes to an event that comes too early, and forgets it."""

    def keep(self, row: FoundRow, keep_in: str, carried: Mapping[str, Value]) -> Doing[str | None]:  # noqa: ARG002 - that is the fault
        """Nothing is kept."""
        yield from ()
        return "applied"
