"""Wrong implementations that break record-with-status."""

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
    """Writes the status without the receipt."""

    def receipts_to_record(self, held: ClaimedRow, receipts: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - that is the fault
        """Return no receipt."""
        return {}

    def receipts_of_hook(
        self,
        call: Call,  # noqa: ARG002 - that is the fault
        row: FoundRow,  # noqa: ARG002 - as above
        thing: Mapping[str, Json],  # noqa: ARG002 - as above
    ) -> Doing[Mapping[str, Value] | None]:
        """Return no receipt."""
        yield from ()
        return {}

    def is_complete(self, way: Transition, row: FoundRow, carried: Mapping[str, Value]) -> bool:  # noqa: ARG002 - that is the fault
        """Return True: a missing receipt does not matter."""
        return True
