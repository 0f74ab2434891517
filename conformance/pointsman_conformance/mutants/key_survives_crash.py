"""Wrong implementations that break key-survives-crash."""

from __future__ import annotations

from random import Random

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import FoundRow


class KeepsKeyInMemory(Wrong):
    """Makes a random key for each generation and keeps it in memory, so that a crash loses it."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        actor: str | None = None,
        token: str = "",
        random: Random | None = None,
        inbox: set[str] | None = None,
    ) -> None:
        super().__init__(lifecycle, actor, token, random, inbox)
        self._made_up: dict[tuple[str, str, Value], int] = {}

    def what_to_send(self, held: ClaimedRow, seen: FoundRow) -> Columns:
        """The row with a generation that only this process remembers."""
        generation = held.call.key_generation
        if generation is None:
            return seen.columns
        place = (seen.key, held.call.name, seen.columns.get(generation))
        number = self._made_up.setdefault(place, self.random.randrange(10**6, 10**9))
        return {**seen.columns, generation: number}
