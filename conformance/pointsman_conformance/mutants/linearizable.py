"""What no law sees: answers that are not borne out. Each is failed by the verdict `linearizable`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pointsman.spec.laws import LINEARIZABLE
from pointsman.spec.lifecycle import Transition
from pointsman_conformance.mutants.wrong import Wrong, WrongImplementation
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import Assigned, FoundRow


class SaysYesWritesNothing(Wrong):
    """Says that it has applied an event that it only read."""

    def apply(self, row: FoundRow, way: Transition, carried: Mapping[str, Assigned]) -> Doing[str | None]:  # noqa: ARG002 - that is the fault
        """Nothing is written."""
        yield from ()
        return "applied"


class RefusesWhatApplies(Wrong):
    """Refuses an event in a status that it has to leave."""

    def apply(self, row: FoundRow, way: Transition, carried: Mapping[str, Assigned]) -> Doing[str | None]:  # noqa: ARG002 - that is the fault
        """The guard says yes, and the answer is no."""
        yield from ()
        return "refused"


class AnswersInHaste(Wrong):
    """Says that it has applied an event, whether its conditional write found the row or not."""

    def apply(self, row: FoundRow, way: Transition, carried: Mapping[str, Assigned]) -> Doing[str | None]:
        """Nobody looks at what the write came to."""
        answer = yield from super().apply(row, way, carried)
        return answer or "applied"


NOT_LINEARIZABLE: Mapping[str, WrongImplementation] = MappingProxyType(
    {
        name: WrongImplementation(name, LINEARIZABLE.id, sentence, kind)
        for name, sentence, kind in (
            ("says_yes_writes_nothing", "says that it applied what it did not write", SaysYesWritesNothing),
            ("refuses_what_applies", "refuses an event that it has to apply", RefusesWhatApplies),
            ("answers_in_haste", "does not look whether its write found the row", AnswersInHaste),
        )
    }
)
"""These by name. They are not of the laws, so they are not in `WRONG`."""
