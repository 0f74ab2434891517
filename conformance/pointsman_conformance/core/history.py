"""What a run did, record by record: all that a law is judged on.

A history comes from the outside only: from an audit trigger (or an
implementation's own audit), from the provider and from the kit's own acts. What an
implementation says of itself is in it as an answer, never as a fact.

Times (`at`, and every timestamp in a row) are seconds of the run's own clock,
which starts near 0 and which `advance` moves: hours pass in it within
milliseconds. A record's place in `History.records` is the order in which things
happened, as far as anybody can know: writes to one row are in the order of their
commits, and a request stands after the writes that were done before it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar

from pointsman_conformance.core.wire import Json

Value = int | float | str | bool | None
"""What a column holds. A timestamp is a float: seconds of the run's clock."""

Columns = Mapping[str, Value]
"""A row: the status column (as stored), the primary key and the declared columns, by name."""

KIT = "kit"
"""`who` of everything that the kit does itself."""

DASHBOARD = "dashboard"
"""`who` of an effect that somebody made by hand at the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something that happened. `who` is a copy of the implementation (a process), or `KIT`."""

    kind: ClassVar[str]
    at: float
    who: str = KIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Record):
    """A copy came to life, to play `actor`; None where one process plays several."""

    kind: ClassVar[str] = "started"
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Record):
    """A committed version of a row. `old` is None for an insert, `new` for a delete.

    `actor` is who of the spec wrote it, None where that cannot be known. `transaction` is the same
    for what was committed together.
    """

    kind: ClassVar[str] = "write"
    row: str
    old: Columns | None
    new: Columns | None
    actor: str | None = None
    transaction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Record):
    """A request reached the provider. `id` is the kit's number for it."""

    kind: ClassVar[str] = "request"
    id: str
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(Record):
    """The provider made an effect: money moved.

    `request` is the id of the request that made it, None for `DASHBOARD`. `call` and `row` are known
    to the provider by the request's path and marks, or told by the kit for `DASHBOARD`; None where they fit
    no call or no row. `receipt` is the id of the new object, `amount` in the currency's smallest unit.
    """

    kind: ClassVar[str] = "effect"
    receipt: str
    request: str | None = None
    call: str | None = None
    row: str | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Record):
    """The provider's answer to `request`. `status` is None for silence, and `silence` then says which.

    `heard` says whether the caller can have got it: not if it was lost, or if the caller was dead by then.
    `replayed` marks an answer that was stored under the key.
    """

    kind: ClassVar[str] = "reply"
    request: str
    status: int | None = None
    silence: str | None = None
    body: Mapping[str, Json] | str = ""
    heard: bool = True
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Record):
    """The kit handed an event from outside to `to`, an actor of the spec. `who` is the copy that got it.

    `event` is the spec's event; `hook` the provider's type where it came as a webhook. `id` is the same for
    duplicates. `fields` is what it carries.
    """

    kind: ClassVar[str] = "delivered"
    id: str
    to: str
    row: str
    event: str | None = None
    hook: str | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Record):
    """What came back for a delivery, or for a turn of work: an answer of the driver's protocol."""

    kind: ClassVar[str] = "answered"
    to: str
    answer: str
    message: str = ""
    row: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed(Record):
    """The copy is dead: killed by the kit (`killed`), or by itself, and then `why` says how."""

    kind: ClassVar[str] = "crashed"
    killed: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Record):
    """The copy stands still from here on ..."""

    kind: ClassVar[str] = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Record):
    """... to here."""

    kind: ClassVar[str] = "resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(Record):
    """The copy lost its connection to the database: before a statement, or after it was done (`done`)."""

    kind: ClassVar[str] = "cut"
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Record):
    """The copy was given a turn of work as `actor`: everything that is due may be taken now.

    `full`: it may go on until nothing is due; else one poll. A black-box worker gives itself its turns;
    for it this marks that the kit now waits until it is idle.
    """

    kind: ClassVar[str] = "turn"
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Record):
    """A point that laws refer to. `healthy`: no fault from here on. `end`: nothing is under way any more."""

    kind: ClassVar[str] = "mark"
    name: str


KINDS: Mapping[str, type[Record]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            Started, Write, Request, Effect, Response, Delivered, Answered, Crashed, Paused, Resumed, Cut, Turn, Mark,
        )
    }
)  # fmt: skip
"""Every kind of record by its word in a file."""


@dataclass(frozen=True)
class History:
    """A whole run. `roles` are the actors that the implementation played, `subject` the copies of it."""

    records: tuple[Record, ...]
    roles: frozenset[str] = frozenset()
    subject: frozenset[str] = frozenset()

    def __reduce__(self) -> tuple[type[History], tuple[tuple[Record, ...], frozenset[str], frozenset[str]]]:
        """To another process goes what was recorded, not what was found in it."""
        return History, (self.records, self.roles, self.subject)

    @cached_property
    def writes(self) -> Mapping[str, tuple[int, ...]]:
        """The places of the writes of each row, in order."""
        found: dict[str, list[int]] = {}
        for place, record in enumerate(self.records):
            if isinstance(record, Write):
                found.setdefault(record.row, []).append(place)
        return MappingProxyType({row: tuple(places) for row, places in found.items()})

    @cached_property
    def rows(self) -> Mapping[str, Columns | None]:
        """What became of each row: its last version; None for one that was deleted."""
        last = {row: self.records[places[-1]] for row, places in self.writes.items()}
        return MappingProxyType({row: write.new for row, write in last.items() if isinstance(write, Write)})


# --- as JSON -------------------------------------------------------------


def to_json(record: Record) -> dict[str, object]:
    """A record as a JSON object, its kind first, without what has its usual value."""
    told = {each.name: each.default for each in fields(record)}
    values = {name: value for name, value in asdict(record).items() if name == "who" or value != told[name]}
    return {"kind": record.kind, **values}


def from_json(told: Mapping[str, object]) -> Record:
    """The record of such an object. Raises ValueError for what is none."""
    words = dict(told)
    kind = KINDS.get(str(words.pop("kind", "")))
    if kind is None:
        raise ValueError(f"not a record of a history: {dict(told)!r}")
    try:
        return kind(**words)  # type: ignore[arg-type]  # checked by the dataclass's names only; laws read, never trust
    except TypeError as problem:
        raise ValueError(f"not a {kind.kind} record: {problem}") from None
