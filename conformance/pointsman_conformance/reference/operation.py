"""Operations of the reference implementation on the database and the provider, one at a time.

An actor's turn is a generator that yields operations and is sent their results.
The caller may stop between any two (a pause) or never go on (a crash).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from pointsman_conformance.core.history import Columns, Value
from pointsman_conformance.core.wire import Heard, HttpRequest


@dataclass(frozen=True, slots=True)
class Later:
    """The database's clock at the write, plus `seconds` (which may be 0), but not before `floor` (a time) if given."""

    seconds: float = 0.0
    floor: float | None = None


@dataclass(frozen=True, slots=True)
class Increment:
    """The column's value as it is in the database, plus `count`."""

    count: int


Assigned = Value | Later | Increment
"""A value that a write puts into a column."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row as a statement returned it. `settle_only`: claimed only for finding out what became of its attempts."""

    key: str
    columns: Columns
    settle_only: bool = False


@dataclass(frozen=True, slots=True)
class ClaimRows:
    """The generated claim query of `queue`. Result: the rows, tuple[Found, ...]."""

    queue: str
    limit: int


@dataclass(frozen=True, slots=True)
class LastLook:
    """The generated last look at a claim. Result: the row, or None: send nothing."""

    queue: str
    row: str
    fence: int | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """The generated sweep of a kept event: `transition` is its place in the spec. Result: the moved rows."""

    transition: int
    limit: int


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row by its key. Result: Found or None."""

    row: str


@dataclass(frozen=True, slots=True)
class ReadDue:
    """Rows of `queue`, read without a claim. Result: tuple[Found, ...].

    `due`: only rows that are due. `newest`: in the opposite of the queue's order.
    """

    queue: str
    limit: int
    due: bool = True
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """One conditional write: `assign` where the row's columns are as `where` says. Result: the row after it, or None.

    `where` compares with "is not distinct from", so that None means null. The row's key is compared by itself.
    """

    row: str
    assign: Mapping[str, Assigned]
    where: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadClock:
    """The database's clock. Result: a time."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the provider. Result: `Heard`."""

    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Alarm:
    """A person has to look. Result: None."""

    words: str


Operation = ClaimRows | LastLook | Sweep | ReadRow | ReadDue | Update | ReadClock | Ask | Alarm
"""A statement or a request."""

OperationResult = tuple[FoundRow, ...] | FoundRow | float | Heard | None
"""The result of an operation."""

READS = (LastLook, ReadRow, ReadDue, ReadClock)
"""The operations that are reads; `ClaimRows`, `Sweep` and `Update` are writes, `Ask` is a request."""

TurnSteps = Generator[Operation, OperationResult, str]
"""A turn: yields operations, returns an answer of the driver's protocol: applied, refused, ignored, skipped."""
