"""What breaks unknown-is-not-failure."""

from __future__ import annotations

from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.held import ClaimedRow
from pointsman_conformance.book.operation import FoundRow
from pointsman_conformance.wire import Heard
from pointsman_conformance.wrong.wrong import Wrong


class TimeoutMeansFailed(Wrong):
    """Takes no answer, and an error of the provider, for a refusal."""

    def unknown(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:  # noqa: ARG002 - nobody looks closer
        """Failed."""
        yield from self.as_failed(held)
