"""What breaks renew-key-after-refusal."""

from __future__ import annotations

from pointsman.lifecycle import Call
from pointsman_conformance.book.operation import Assigned
from pointsman_conformance.wrong.wrong import Wrong


class ReplaysOldRefusal(Wrong):
    """Keeps its key after a refusal, and is told the same again for as long as the provider remembers."""

    def renewed(self, call: Call) -> dict[str, Assigned]:  # noqa: ARG002 - that is the fault
        """The key stays."""
        return {}
