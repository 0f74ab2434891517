"""The interface of drivers: each reaches implementations in one way.

A driver plays the steps of a plan on a test bed (a table, a provider, a clock), where the
implementation plays some actors and the kit the others, and records the history of it.
The implementation is never told what the kit expects of it.
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
    """An implementation's answer to a message. *Unknown*: the implementation cannot tell what became of it."""

    APPLIED = "applied"
    REFUSED = "refused"
    IGNORED = "ignored"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    ERRORED = "errored"


class Capability(StrEnum):
    """Something that an implementation, through its driver, can be asked to do. A declared capability is required."""

    EVENTS = "events"
    MOVES = "moves"
    CRASHES = "crashes"
    PAUSES = "pauses"
    CUTS = "cuts"
    COPIES = "copies"
    SLOW_ANSWERS = "slow answers"


@dataclass(frozen=True, slots=True)
class ImplementationInfo:
    """The implementation under test, as a report names it. `roles` are the actors that it plays."""

    name: str
    roles: frozenset[str]
    version: str = ""
    language: str = ""
    homepage: str = ""
    capabilities: frozenset[Capability] = frozenset()


@dataclass(frozen=True, slots=True)
class Played:
    """The result of a step. `points` are the points that the step reached, in order: a fault could have struck at each.

    `fired` are the indices of the step's faults that struck. `answer` is the implementation's last answer, `message`
    the words that came with it. `trouble` is not None when the implementation could not be reached any more: that is
    a result, and the run goes on with the next step.
    """

    points: tuple[Point, ...] = ()
    fired: tuple[int, ...] = ()
    answer: Ack | None = None
    message: str = ""
    trouble: str | None = None


class DriverError(PointsmanError):
    """The test bed failed (no database, no provider), or the implementation cannot be started: there is no verdict."""


class TamperedError(DriverError):
    """The table, or the audit's trigger on it, is not as the kit last saw it: some write was hidden from the audit."""


class Driver(Protocol):
    """One implementation on one test bed. Used by one thread."""

    @property
    def about(self) -> ImplementationInfo:
        """The implementation under test."""
        ...

    def begin(self, case: str) -> None:
        """Begin a run: no rows, nothing at the provider, the clock near 0, no copy alive. Raises DriverError."""
        ...

    def play(self, step: Step) -> Played:
        """Play `step`. Raises DriverError when the test bed fails, never for what the implementation does."""
        ...

    def rows(self) -> Mapping[str, Columns]:
        """The present rows, by the plan's names for them; timestamps are times of the run's clock."""
        ...

    def now(self) -> float:
        """The present time of the run's clock, in seconds."""
        ...

    def key(self, row: str) -> str:
        """The primary key, as text, of the plan's `row`: histories, keys and marks name the row by it."""
        ...

    def history(self) -> History:
        """The history since `begin`. It names rows by their primary key, as text."""
        ...

    def close(self) -> None:
        """End every process and release the test bed. May be called twice."""
        ...
