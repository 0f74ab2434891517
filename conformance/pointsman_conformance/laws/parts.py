"""The parts of a history that laws judge: versions of rows, claims, legs, requests and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pointsman.spec.lifecycle import ActorKind, Call, Outcome, Queue, Transition
from pointsman.spec.meaning import LookUpResult
from pointsman_conformance.core.history import Columns, Delivered, History, Record, Request, Response, Value, Write

TOLERANCE = 2.0
"""The seconds by which the clocks of the database, the provider and the kit may differ."""

CLAIMANTS = frozenset({ActorKind.WORKER, ActorKind.ADMIN})
"""The kinds of actors that act under a claim."""


class WriteKind(StrEnum):
    """The kind of a write. *Move*: the status changes. *Recording*: columns of a worker change, and it is no claim.

    *Renewal*: a copy that holds a claim makes its lease longer. *Kept*: an event that came too early was kept. *Bump*:
    any other write that leaves the status.
    """

    INSERT = "insert"
    DELETE = "delete"
    MOVE = "move"
    CLAIM = "claim"
    RECORDING = "recording"
    RENEWAL = "renewal"
    KEPT = "kept"
    BUMP = "bump"


@dataclass(frozen=True, slots=True)
class Claim:
    """A copy claimed a row by a write. `due` is the end of the lease, `before` and `after` the two versions.

    A claim whose lease was renewed is the same claim, with another `due`, and another `fence` if every write raises it.
    """

    place: int
    at: float
    who: str
    row: str
    status: str
    queue: Queue | None
    fence: int | None = field(compare=False)
    due: float | None = field(compare=False)
    before: Columns
    after: Columns

    @property
    def used_up(self) -> bool:
        """True if no attempt was left before the claim: the copy could only settle."""
        attempts = self.queue.attempts if self.queue is not None else None
        if attempts is None or attempts.limit is None:
            return False
        count = number(self.before.get(attempts.column))
        return count is not None and count >= attempts.limit

    @property
    def count_before(self) -> float | None:
        """The count of attempts before the claim; None if none is kept."""
        return number(self.before.get(self.queue.attempts.column)) if self.queue and self.queue.attempts else None

    @property
    def count(self) -> float | None:
        """The count of attempts after the claim; None if none is kept."""
        return number(self.after.get(self.queue.attempts.column)) if self.queue and self.queue.attempts else None


@dataclass(frozen=True, slots=True)
class RowVersion:
    """A write of a row, with its meaning. `before` and `after` are status names, None for no or an undeclared status.

    `ours`: a copy of the implementation under test wrote it. `transitions` are those that declare the pair (before,
    after). `claim` is the writing copy's open claim of this row: one that the copy did not end by a recording, a move
    or a crash. `takes`: the write claims the row, and it is a claim, or a move that claims as well.
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
    takes: bool = False

    @property
    def at(self) -> float:
        """The time of the write."""
        return self.write.at

    @property
    def row(self) -> str:
        """The row that was written."""
        return self.write.row

    @property
    def who(self) -> str:
        """The copy that wrote."""
        return self.write.who


@dataclass(frozen=True, slots=True)
class Leg:
    """The span of places in which one call is worked on for a row; `end` is None for a leg that is still open."""

    row: str
    call: str
    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to the provider, with its meaning. `effect`: it asks for the call's effect; else it looks that up.

    `claim` is its sender's open claim of the row, as in `RowVersion`. `heard` is the outcome that the answer has by
    the spec; None if its sender got no answer. `shown` is the same for a look-up.
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
    shown: LookUpResult | None = None

    @property
    def unreadable(self) -> bool:
        """True for an answer above the 200s whose body is no JSON object: a page that a proxy may have sent.

        By its status it may be a refusal; its sender may take it for an unknown outcome instead, and is right as well.
        """
        answer = self.reply.received() if self.reply is not None else None
        return answer is not None and not answer.succeeded and answer.is_cut_off

    @property
    def at(self) -> float:
        """The time at which it reached the provider."""
        return self.request.at

    @property
    def who(self) -> str:
        """The copy that sent it."""
        return self.request.who

    @property
    def key(self) -> str | None:
        """The idempotency key; None for a request without one."""
        return self.request.key


@dataclass(frozen=True, slots=True)
class DeliveredEvent:
    """An event from outside, handed to a copy. `answered` is the place of its answer, None if none came."""

    place: int
    record: Delivered
    ours: bool
    status: str | None
    answered: int | None
    answer: str | None


DEFINITE = frozenset({Outcome.REFUSED, Outcome.REFUSED_FOR_NOW})
"""The outcomes after which a key is spent, and no effect was made under it."""


def number(value: Value) -> float | None:
    """The value if it is a number or a time of the run's clock; else None."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def possible_actors(history: History, actor_of: Mapping[str, str | None], record: Record) -> frozenset[str]:
    """The actors of the spec that may have caused a record of a copy."""
    told = getattr(record, "actor", None) or actor_of.get(record.who)
    return frozenset({told}) if told else history.roles
