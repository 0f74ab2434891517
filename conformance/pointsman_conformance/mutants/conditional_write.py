"""What breaks conditional-write."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman_conformance.core.history import Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.operation import FoundRow


class WritesBlind(Wrong):
    """Writes by the row's key alone, whatever the row has become since it was read."""

    def where_status(self, row: FoundRow) -> Mapping[str, Value]:  # noqa: ARG002 - that is the fault
        """Nothing is compared."""
        return {}

    def compares(self, row: FoundRow) -> Mapping[str, Value]:  # noqa: ARG002 - that is the fault
        """Nothing is compared."""
        return {}


class ComparesStatusOnly(Wrong):
    """Compares the status, and not whether the claim is still its own."""

    def compares(self, row: FoundRow) -> Mapping[str, Value]:
        """Without the fence."""
        return self.where_status(row)
