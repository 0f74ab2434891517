"""What breaks renew-key-after-refusal."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.operation import Assigned


class ReplaysOldRefusal(Wrong):
    """Keeps its key after a refusal, and is told the same again for as long as the provider remembers."""

    def renewed(self, call: Call) -> dict[str, Assigned]:  # noqa: ARG002 - that is the fault
        """The key stays."""
        return {}
