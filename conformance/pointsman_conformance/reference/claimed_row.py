"""A row that a copy has claimed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.spec.lifecycle import Call, Queue, Status
from pointsman_conformance.reference.operation import FoundRow


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A claimed row, for a call of a queue.

    `settling`: the claim is only for finding out. `tried`: an attempt was made under it. `actor` is who acts;
    `by_hand`, an admin. `wish` is the event that the admin asks for.
    """

    queue: Queue
    call: Call
    row: FoundRow
    status: Status
    actor: str
    settling: bool = False
    tried: bool = False
    by_hand: bool = False
    wish: str | None = None

    def now_tried(self) -> ClaimedRow:
        """A copy of the claimed row in which the attempt is made."""
        return replace(self, tried=True)
