"""The claims that are open while a history is read, and the place where each one was lost or ended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from pointsman.spec.lifecycle import Lifecycle, Queue
from pointsman.spec.meaning import queues_in
from pointsman_conformance.core.history import Columns
from pointsman_conformance.laws.parts import Claim, RowVersion, WriteKind, number

_ENDS_CLAIM = frozenset({WriteKind.CLAIM, WriteKind.MOVE, WriteKind.RECORDING, WriteKind.DELETE})
"""The kinds of a copy's own writes that end its claim: what the copy does after them is not under that claim."""


class OpenClaims:
    """The open claims of each row and copy. `lost` and `closed` as in `Reading`."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._fence = lifecycle.claims.fence if lifecycle.claims is not None else None
        self._open: dict[str, dict[str, Claim]] = {}
        self.lost: dict[int, int] = {}
        self.closed: dict[int, int] = {}

    def of(self, row: str | None, who: str) -> Claim | None:
        """The open claim of one copy on one row; None for a request whose row is not known."""
        return self._open.get(row, {}).get(who) if row is not None else None

    def held_by(self, who: str) -> Mapping[str, Claim]:
        """The open claims of one copy, by row."""
        return {row: claims[who] for row, claims in self._open.items() if who in claims}

    def write(self, version: RowVersion, actors: frozenset[str]) -> None:
        """Take in a write. `actors` are those that the writer may be playing."""
        self._lose(version)
        self._end(version)
        if version.sort is WriteKind.RENEWAL and version.claim is not None and version.claim.queue is not None:
            new = version.write.new or {}
            due = number(new.get(version.claim.queue.due or ""))
            self._open[version.row][version.who] = replace(version.claim, due=due, fence=self._fence_of(new))
        if version.takes and version.write.old is not None and version.write.new is not None:
            claim = self._claim(version, version.write.old, version.write.new, actors)
            self._open.setdefault(version.row, {})[version.who] = claim

    def crash(self, place: int, who: str) -> None:
        """End every claim of a copy that died."""
        for claims in self._open.values():
            claim = claims.pop(who, None)
            if claim is not None:
                self.closed[claim.place] = place

    def _lose(self, version: RowVersion) -> None:
        """Note the other copies' claims of the row that this write takes away."""
        new, fence = version.write.new, self._fence
        for who, claim in self._open.get(version.row, {}).items():
            if who == version.who or claim.place in self.lost:
                continue
            another = fence is not None and new is not None and number(new.get(fence)) != claim.fence
            if (
                new is None
                or another
                or version.after != claim.status
                or (fence is None and version.sort is WriteKind.CLAIM)
            ):
                self.lost[claim.place] = version.place

    def _end(self, version: RowVersion) -> None:
        own = self._open.get(version.row, {})
        held = own.get(version.who)
        if held is not None and version.sort in _ENDS_CLAIM:
            self.closed[held.place] = version.place
            del own[version.who]

    def _claim(self, version: RowVersion, old: Columns, new: Columns, actors: frozenset[str]) -> Claim:
        queue = self._queue(version, actors)
        return Claim(
            place=version.place,
            at=version.at,
            who=version.who,
            row=version.row,
            status=version.after or "",
            queue=queue,
            fence=self._fence_of(new),
            due=number(new.get(queue.due)) if queue is not None and queue.due is not None else None,
            before=self._counted_anew(version, queue, old, new),
            after=new,
        )

    def _fence_of(self, columns: Columns) -> int | None:
        fence = number(columns.get(self._fence)) if self._fence is not None else None
        return int(fence) if fence is not None and math.isfinite(fence) else None

    def _queue(self, version: RowVersion, actors: frozenset[str]) -> Queue | None:
        """The queue that was claimed from: of several, one whose worker the writer may be, then one with a call."""
        queues = sorted(
            queues_in(self._lifecycle, version.after),
            key=lambda queue: (queue.worker not in actors, queue.call is None),
        )
        return queues[0] if queues else None

    def _counted_anew(self, version: RowVersion, queue: Queue | None, old: Columns, new: Columns) -> Columns:
        """The row before the claim. A move into the queue that claims as well may begin its count: 1 is the first."""
        attempts = queue.attempts if queue is not None else None
        if queue is None or attempts is None or version.before in queue.statuses:
            return old
        return {**old, attempts.column: 0} if number(new.get(attempts.column)) == 1 else old
