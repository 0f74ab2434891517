"""Operations of concurrent callers on one row's status, each with a beginning and an end.

Statuses are stored values here, so that one which the spec does not know is a
status like any other. Times say what came before what, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

NO_ROW = "(no row)"
"""The status of a row that was deleted."""

Edge = tuple[str, str]
"""The status before a change and the status after the change."""


class OperationKind(StrEnum):
    """A read reports a status; a change moves the row along an edge if it stands where one begins."""

    READ = "read"
    CHANGE = "change"


class Ending(StrEnum):
    """The ending that the caller knows. *Unknown* may have taken effect, at any time after its call, or never."""

    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StatusOperation:
    """One operation, from `call` to `returned`; None: it never returned.

    A read saw `status`. A change has `edges`, any of which it may take. One that is ok took one; refused, it found a
    status where none begins. An edge from a status to itself is an answer that changes nothing. `name` is what a
    sentence calls it, `places` where a history shows it.
    """

    call: float
    returned: float | None
    kind: OperationKind
    ending: Ending = Ending.OK
    status: str = ""
    edges: tuple[Edge, ...] = ()
    name: str = ""
    places: tuple[int, ...] = ()

    @property
    def is_pure(self) -> bool:
        """Whether the operation was answered and changed nothing: a read, or a refused change."""
        return self.ending is Ending.REFUSED or (self.kind is OperationKind.READ and self.ending is Ending.OK)

    @property
    def may_be_missing(self) -> bool:
        """Whether the caller does not know if the operation took effect."""
        return self.ending is Ending.UNKNOWN

    def fits(self, status: str) -> bool:
        """Whether a pure operation can have met `status`."""
        if self.kind is OperationKind.READ:
            return status == self.status
        return all(source != status for source, _ in self.edges)

    def targets(self, status: str) -> tuple[str, ...]:
        """Where a change can have left a row that stood in `status`."""
        return tuple(target for source, target in self.edges if source == status)


@dataclass(frozen=True, slots=True)
class StatusVersion:
    """A status of the row, by one write.

    `writer` is the number of the operation that wrote it, None for a writer that is not among them.
    `unsure`: several operations may have.
    """

    status: str
    writer: int | None = None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class RowHistory:
    """One row: its versions in the order of their commits, the first one being the insert, and the operations on it."""

    row: str
    versions: tuple[StatusVersion, ...]
    operations: tuple[StatusOperation, ...]


class LinearAnswer(StrEnum):
    """Whether there is one order of all operations, as time allows, that explains what each of them was told."""

    LINEARIZABLE = "linearizable"
    NOT = "not linearizable"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Linearity:
    """A verdict. `operation` is the number of the one that cannot be placed; `says` why, or why nothing was decided.

    `against` is the number of another that it contradicts, where one alone does.
    """

    answer: LinearAnswer
    operation: int | None = None
    says: str = ""
    against: int | None = None


LINEARIZABLE = Linearity(LinearAnswer.LINEARIZABLE)


def told(operation: StatusOperation) -> str:
    """The operation in words."""
    name = operation.name or "an operation"
    if operation.kind is OperationKind.READ:
        return f"{name} read {operation.status!r}"
    edges = " or ".join(f"{source} to {target}" for source, target in operation.edges)
    words = {Ending.OK: "was applied", Ending.REFUSED: "was refused", Ending.UNKNOWN: "has no known outcome"}
    return f"{name} ({edges}) {words[operation.ending]}"


def by_call(operations: Sequence[StatusOperation]) -> list[int]:
    """The numbers of the operations in the order of their calls."""
    return sorted(range(len(operations)), key=lambda number: operations[number].call)
