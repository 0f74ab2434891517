"""What the laws see in a history: versions, claims, legs, requests and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pointsman.spec import lifecycle as spec
from pointsman.spec.lifecycle import ActorKind, Call, Lifecycle, NextStep, Outcome, Queue, Transition
from pointsman_conformance.core.history import Columns, Delivered, History, Record, Request, Response, Value, Write
from pointsman_conformance.laws.replies import LookedUp

TOLERANCE = 2.0
"""Seconds by which the clocks of a run may differ: the database's, the provider's, the kit's."""

CLAIMANTS = frozenset({ActorKind.WORKER, ActorKind.ADMIN})
"""The kinds of actors that act under a claim."""


class WriteKind(StrEnum):
    """What sort of write a version is. *Move*: another status. *Recording*: a worker's columns, and no claim.

    *Kept*: an event that comes too early was kept. *Bump*: any other same-status write.
    """

    INSERT = "insert"
    DELETE = "delete"
    MOVE = "move"
    CLAIM = "claim"
    RECORDING = "recording"
    KEPT = "kept"
    BUMP = "bump"


@dataclass(frozen=True, slots=True)
class Claim:
    """A copy took a row by a write. `due` is the end of the lease, `before` the row as it was."""

    place: int
    at: float
    who: str
    row: str
    status: str
    queue: Queue | None
    fence: int | None
    due: float | None
    before: Columns
    after: Columns

    @property
    def used_up(self) -> bool:
        """The attempts were used up already: it could only settle."""
        attempts = self.queue.attempts if self.queue is not None else None
        if attempts is None or attempts.limit is None:
            return False
        count = number(self.before.get(attempts.column))
        return count is not None and count >= attempts.limit

    @property
    def count_before(self) -> float | None:
        """The attempts as they were counted before it."""
        return number(self.before.get(self.queue.attempts.column)) if self.queue and self.queue.attempts else None

    @property
    def count(self) -> float | None:
        """The attempts as it counted them."""
        return number(self.after.get(self.queue.attempts.column)) if self.queue and self.queue.attempts else None


@dataclass(frozen=True, slots=True)
class RowVersion:
    """A write of a row, read. `before` and `after` are status names, None for no row and for unknown statuses.

    `ours`: the subject wrote it. `transitions` are those that the pair is declared by. `claim` is the
    writing copy's own last claim of this row, if it has not let go of it: by recording, by moving the row, or by a
    crash.
    """

    place: int
    write: Write
    sort: WriteKind
    ours: bool
    before: str | None
    after: str | None
    changed: frozenset[str]
    transitions: tuple[Transition, ...]
    claim: Claim | None

    @property
    def at(self) -> float:
        """When."""
        return self.write.at

    @property
    def row(self) -> str:
        """Which row."""
        return self.write.row

    @property
    def who(self) -> str:
        """Which copy."""
        return self.write.who


@dataclass(frozen=True, slots=True)
class Leg:
    """The time in which one call is worked on for a row, by places; `end` is None where it goes on."""

    row: str
    call: str
    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to the provider, read. `effect`: it asks for the call's effect; else it looks it up.

    `claim` is its sender's own last claim of the row, as in `RowVersion`. `heard` is what its sender made of the
    answer, by the spec; None where none was heard. `shown` is the same for a look-up.
    """

    place: int
    request: Request
    call: Call
    row: str | None
    effect: bool
    ours: bool
    claim: Claim | None
    leg: Leg | None
    reply: Response | None = None
    answered: int | None = None
    heard: Outcome | None = None
    shown: LookedUp | None = None

    @property
    def at(self) -> float:
        """When it reached the provider."""
        return self.request.at

    @property
    def who(self) -> str:
        """Which copy."""
        return self.request.who

    @property
    def key(self) -> str | None:
        """Its idempotency key."""
        return self.request.key


@dataclass(frozen=True, slots=True)
class DeliveredEvent:
    """An event from outside, handed to a copy. `answered` is the place of its answer, None where none came."""

    place: int
    record: Delivered
    ours: bool
    status: str | None
    answered: int | None
    answer: str | None


DEFINITE = frozenset({Outcome.REFUSED, Outcome.REFUSED_FOR_NOW})
"""The outcomes after which a key is spent and nothing was done under it."""


def number(value: Value) -> float | None:
    """A number or a time of the run's clock; None for anything else."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def status_name(lifecycle: Lifecycle, columns: Columns | None) -> str | None:
    """The name of a row's status; None where there is no row, or the spec does not know the status."""
    if columns is None or lifecycle.table is None:
        return None
    stored = columns.get(lifecycle.table.status_column)
    return next((status.name for status in lifecycle.statuses if status.value == stored), None)


def answer_of(queue: Queue, word: spec.CallResult, usual: NextStep) -> str:
    """What the queue's `then` says: a step's word or an event's name."""
    return queue.answers.get(word, usual)


def is_event(answer: str | None) -> bool:
    """What `then` answers is an event, not a step of the worker's."""
    return answer is not None and answer not in {step.value for step in NextStep}


def effect_events(queue: Queue) -> frozenset[str]:
    """The events by which the queue's worker says that its call is done."""
    words = (spec.CallResult.ACCEPTED, spec.CallResult.SETTLED_DONE, spec.CallResult.ALREADY_DONE)
    steps = {step.value for step in NextStep}
    return frozenset(queue.answers[word] for word in words if word in queue.answers) - steps


def possible_actors(history: History, actor_of: Mapping[str, str | None], record: Record) -> frozenset[str]:
    """The actors of the spec that may have done what a copy did."""
    told = getattr(record, "actor", None) or actor_of.get(record.who)
    return frozenset({told}) if told else history.roles
