"""Wrong implementations that break duplicate-is-idempotent."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import Status
from pointsman_conformance.core.history import Value
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import Assigned, FoundRow, Later


class AppliesTwice(Wrong):
    """Treats a repeated event as a second one: the status is entered again, and sets its columns again."""

    def is_known(self, id: str) -> bool:  # noqa: A002, ARG002 - the word of the protocol; that is the fault
        """Return False: no event is remembered."""
        return False

    def is_news(self, row: FoundRow, carried: Mapping[str, Assigned]) -> bool:  # noqa: ARG002 - that is the fault
        """Return True: every event counts as new."""
        return True

    def where_none_applies(
        self, actor: str, row: FoundRow, status: Status, event: str, carried: Mapping[str, Value]
    ) -> Doing[str | None]:
        """Enter the status again, if the event has led to it."""
        for way in self.lifecycle.transitions:
            if way.event == event and way.target == status.name:
                done = yield from self.write(row, self.entering(way, carried), self.where_status(row))
                return "applied" if done is not None else None
        return (yield from super().where_none_applies(actor, row, status, event, carried))

    def keep(self, row: FoundRow, keep_in: str, carried: Mapping[str, Value]) -> Doing[str | None]:
        """Keep the event again."""
        done = yield from self.write(row, {**carried, keep_in: Later()}, self.where_status(row))
        return "applied" if done is not None else None


class AppliesTwiceInSilence(AppliesTwice):
    """Enters the status again, and answers as the reference implementation does: that it did nothing.

    What the event carries stays as it is: an amount that changes in the status is another law's.
    """

    def where_none_applies(
        self, actor: str, row: FoundRow, status: Status, event: str, carried: Mapping[str, Value]
    ) -> Doing[str | None]:
        """Enter the status again, and answer ``ignored``."""
        kept = self.is_kept(row, event)
        again = any(way.event == event and way.target == status.name for way in self.lifecycle.transitions)
        answer = yield from super().where_none_applies(actor, row, status, event, {} if again else carried)
        return "ignored" if answer == "applied" and (again or kept) else answer

    def is_kept(self, row: FoundRow, event: str) -> bool:
        """True if the row keeps this event."""
        said = self.rules.event(event)
        return said is not None and said.keep_in is not None and row.columns.get(said.keep_in) is not None
