"""Wrong implementations that break reset-on-entry."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import Transition
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.operation import Assigned


class CarriesTheOldCount(Wrong):
    """Enters a status without resetting its count of attempts."""

    def entering(self, way: Transition, brought: Mapping[str, Assigned]) -> dict[str, Assigned]:
        """The assignments of the reference implementation, without those of counts."""
        counts = {queue.attempts.column for queue in self.lifecycle.queues if queue.attempts is not None}
        assigned = super().entering(way, brought)
        return {name: value for name, value in assigned.items() if name not in counts or name in brought}
