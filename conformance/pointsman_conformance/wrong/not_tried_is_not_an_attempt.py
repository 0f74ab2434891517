"""What breaks not-tried-is-not-an-attempt."""

from __future__ import annotations

from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.held import ClaimedRow
from pointsman_conformance.book.operation import FoundRow
from pointsman_conformance.wire import Heard
from pointsman_conformance.wrong.wrong import Wrong


class RateLimitMeansFailed(Wrong):
    """Takes 401, 403, 409 and 429 for refusals."""

    def not_tried(self, held: ClaimedRow, seen: FoundRow, heard: Heard) -> Doing[None]:  # noqa: ARG002 - nobody looks closer
        """Failed."""
        yield from self.as_failed(held)
