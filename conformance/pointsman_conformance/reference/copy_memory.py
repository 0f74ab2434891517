"""The base of every part of the reference implementation: its identity, its memory, and its writes."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from pointsman.spec.lifecycle import Lifecycle, Transition
from pointsman_conformance.core.history import Value
from pointsman_conformance.reference import asking
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import Assigned, FoundRow, Update
from pointsman_conformance.reference.rules import rules_of


class CopyMemory:
    """One copy: what it remembers dies with it.

    `actor` is the actor that it plays, None for several. `token` is its secret at the provider. `inbox` are the ids of
    events that are dealt with: a table of the implementation's own, so it outlives the copy.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        actor: str | None = None,
        token: str = "",
        random: Random | None = None,
        inbox: set[str] | None = None,
    ) -> None:
        self.lifecycle = lifecycle
        self.actor = actor
        self.token = token
        self.random = random if random is not None else Random(0)  # noqa: S311 - jitter, no secret
        self.inbox = inbox if inbox is not None else set()
        self.rules = rules_of(lifecycle)

    def entering(self, way: Transition, brought: Mapping[str, Assigned]) -> dict[str, Assigned]:
        """The columns that a write along `way` assigns."""
        return self.rules.entering(way, brought)

    def write(
        self, row: FoundRow, assign: Mapping[str, Assigned], where: Mapping[str, Value]
    ) -> Doing[FoundRow | None]:
        """One conditional write."""
        return (yield from asking.row(Update(row.key, assign, where)))

    def where_status(self, row: FoundRow) -> Mapping[str, Value]:
        """How a write without a claim compares: the status is the one that was read."""
        name = self.rules.table.status_column
        return {name: row.columns.get(name)}
