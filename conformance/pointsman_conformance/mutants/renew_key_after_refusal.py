"""Wrong implementations that break renew-key-after-refusal."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.operation import Assigned


class ReplaysOldRefusal(Wrong):
    """Keeps its key after a refusal, so that the provider repeats the stored refusal for the key's lifetime."""

    def renewed(self, call: Call) -> dict[str, Assigned]:  # noqa: ARG002 - that is the fault
        """Return no assignment: the key stays."""
        return {}
