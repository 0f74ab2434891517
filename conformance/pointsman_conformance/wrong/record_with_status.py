"""What breaks record-with-status."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.lifecycle import Call, Transition
from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.held import ClaimedRow
from pointsman_conformance.book.operation import FoundRow
from pointsman_conformance.history import Value
from pointsman_conformance.wire import Json
from pointsman_conformance.wrong.wrong import Wrong


class ForgetsTheReceipt(Wrong):
    """Writes the status and not what names the effect."""

    def receipts_to_record(self, held: ClaimedRow, receipts: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - that is the fault
        """None."""
        return {}

    def receipts_of_hook(  # noqa: ARG002 - that is the fault
        self, call: Call, row: FoundRow, thing: Mapping[str, Json]
    ) -> Doing[Mapping[str, Value] | None]:
        """None."""
        yield from ()
        return {}

    def is_complete(self, way: Transition, row: FoundRow, carried: Mapping[str, Value]) -> bool:  # noqa: ARG002 - that is the fault
        """Nothing is missed."""
        return True
