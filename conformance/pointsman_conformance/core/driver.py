"""How the kit reaches an implementation: the one thing that all drivers have in common.

A driver plays steps of a plan on a stage (a table, a provider, a clock) where the
implementation plays some actors and the kit the others, and has the history of it.
Nothing that the kit expects ever goes to the implementation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pointsman.spec.errors import PointsmanError
from pointsman_conformance.core.history import Columns, History
from pointsman_conformance.core.plan import Point, Step


class Ack(StrEnum):
    """What an implementation says to a message. *Unknown* is its own honest "I cannot tell"."""

    APPLIED = "applied"
    REFUSED = "refused"
    IGNORED = "ignored"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    ERRORED = "errored"


class Capability(StrEnum):
    """What an implementation, by its driver, can be asked for. What is declared is then required."""

    EVENTS = "events"
    MOVES = "moves"
    CRASHES = "crashes"
    PAUSES = "pauses"
    CUTS = "cuts"
    COPIES = "copies"


@dataclass(frozen=True, slots=True)
class ImplementationInfo:
    """Who is tested: what a report says, never how we reached it. `roles` are the actors that it plays."""

    name: str
    roles: frozenset[str]
    version: str = ""
    language: str = ""
    homepage: str = ""
    capabilities: frozenset[Capability] = frozenset()


@dataclass(frozen=True, slots=True)
class Played:
    """What a step came to. `points` are the points that were passed, in order: where a fault could have struck.

    `fired` are the indices of the step's faults that struck. `answer` is the implementation's last one, `message` its
    words. `trouble` is not None when the implementation could not be reached any more: that is a result, and
    the run goes on with the next step.
    """

    points: tuple[Point, ...] = ()
    fired: tuple[int, ...] = ()
    answer: Ack | None = None
    message: str = ""
    trouble: str | None = None


class DriverError(PointsmanError):
    """The stage itself failed (no database, no provider), or the implementation cannot be started: no verdict."""


class Driver(Protocol):
    """One implementation on one stage. Used by one thread."""

    @property
    def about(self) -> ImplementationInfo:
        """Who is tested."""
        ...

    def begin(self, case: str) -> None:
        """A fresh stage: no rows, nothing at the provider, the clock near 0, no copy alive. Raises DriverError."""
        ...

    def play(self, step: Step) -> Played:
        """Do `step`. Raises DriverError where the stage failed, never for what the implementation does."""
        ...

    def rows(self) -> Mapping[str, Columns]:
        """The rows as they are now, by the plan's names for them; timestamps are times of the run's clock."""
        ...

    def now(self) -> float:
        """The run's clock."""
        ...

    def key(self, row: str) -> str:
        """The primary key, as text, of the plan's `row`: how histories, keys and marks name it."""
        ...

    def history(self) -> History:
        """What has happened since `begin`. Rows in it are named by their primary key, as text."""
        ...

    def close(self) -> None:
        """Leave nothing behind. May be called twice."""
        ...
