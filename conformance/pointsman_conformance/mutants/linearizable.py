"""Wrong implementations that no law fails: their answers are false. The verdict `linearizable` fails each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pointsman.spec.laws import LINEARIZABLE
from pointsman.spec.lifecycle import Transition
from pointsman_conformance.mutants.wrong import Wrong, WrongImplementation
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.operation import Assigned, FoundRow


class SaysYesWritesNothing(Wrong):
    """Answers ``applied`` and writes nothing."""

    def apply(self, row: FoundRow, way: Transition, carried: Mapping[str, Assigned]) -> Doing[str | None]:  # noqa: ARG002 - that is the fault
        """Answer ``applied``."""
        yield from ()
        return "applied"


class RefusesWhatApplies(Wrong):
    """Answers ``refused`` where a transition takes the event."""

    def apply(self, row: FoundRow, way: Transition, carried: Mapping[str, Assigned]) -> Doing[str | None]:  # noqa: ARG002 - that is the fault
        """Answer ``refused``."""
        yield from ()
        return "refused"


class AnswersInHaste(Wrong):
    """Answers ``applied`` even where its conditional write found no row."""

    def apply(self, row: FoundRow, way: Transition, carried: Mapping[str, Assigned]) -> Doing[str | None]:
        """Answer ``applied``, whatever the write returned."""
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
"""These by name. They break no law, so they are not in `WRONG`."""
