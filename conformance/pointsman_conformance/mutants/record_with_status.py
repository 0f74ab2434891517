"""What breaks record-with-status."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import Call, Transition
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import Json
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class ForgetsTheReceipt(Wrong):
    """Writes the status and not what names the effect."""

    def receipts_to_record(self, held: ClaimedRow, receipts: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - that is the fault
        """None."""
        return {}

    def receipts_of_hook(
        self,
        call: Call,  # noqa: ARG002 - the fault is to read nothing of them
        row: FoundRow,  # noqa: ARG002 - as above
        thing: Mapping[str, Json],  # noqa: ARG002 - as above
    ) -> Doing[Mapping[str, Value] | None]:
        """None."""
        yield from ()
        return {}

    def is_complete(self, way: Transition, row: FoundRow, carried: Mapping[str, Value]) -> bool:  # noqa: ARG002 - that is the fault
        """Nothing is missed."""
        return True
