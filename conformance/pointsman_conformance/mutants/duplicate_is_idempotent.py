"""What breaks duplicate-is-idempotent."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import Status
from pointsman_conformance.core.history import Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import Assigned, FoundRow, Later


class AppliesTwice(Wrong):
    """Takes a repeated event for a second one: the status is entered again, with all that it puts into columns."""

    def is_known(self, id: str) -> bool:  # noqa: A002, ARG002 - the word of the protocol; that is the fault
        """Nothing is remembered."""
        return False

    def is_news(self, row: FoundRow, carried: Mapping[str, Assigned]) -> bool:  # noqa: ARG002 - that is the fault
        """Everything is."""
        return True

    def where_none_applies(
        self, actor: str, row: FoundRow, status: Status, event: str, carried: Mapping[str, Value]
    ) -> Doing[str | None]:
        """Where the event has led here, it leads here again."""
        for way in self.lifecycle.transitions:
            if way.event == event and way.target == status.name:
                done = yield from self.write(row, self.entering(way, carried), self.where_status(row))
                return "applied" if done is not None else None
        return (yield from super().where_none_applies(actor, row, status, event, carried))

    def keep(self, row: FoundRow, keep_in: str, carried: Mapping[str, Value]) -> Doing[str | None]:
        """It is kept anew."""
        done = yield from self.write(row, {**carried, keep_in: Later()}, self.where_status(row))
        return "applied" if done is not None else None


class AppliesTwiceInSilence(AppliesTwice):
    """The same, and says of the second time what an honest one says: that it did nothing."""

    def where_none_applies(
        self, actor: str, row: FoundRow, status: Status, event: str, carried: Mapping[str, Value]
    ) -> Doing[str | None]:
        """It is entered again."""
        kept = self.is_kept(row, event)
        answer = yield from super().where_none_applies(actor, row, status, event, carried)
        again = any(way.event == event and way.target == status.name for way in self.lifecycle.transitions)
        return "ignored" if answer == "applied" and (again or kept) else answer

    def is_kept(self, row: FoundRow, event: str) -> bool:
        """The row has one in keeping."""
        said = self.rules.event(event)
        return said is not None and said.keep_in is not None and row.columns.get(said.keep_in) is not None
