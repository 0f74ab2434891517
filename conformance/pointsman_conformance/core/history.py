"""The history of a run, record by record: laws are judged on it and on nothing else.

A history is recorded from outside the implementation: by an audit trigger (or the
implementation's own audit), by the provider and by the kit. What an implementation
says of itself is recorded as an answer, never as a fact.

Times (`at`, and every timestamp in a row) are seconds of the run's own clock,
which starts near 0 and which `advance` moves: hours pass in it within
milliseconds. A record's place in `History.records` is the order in which things
happened, as far as it can be known: writes to one row are in the order of their
commits, and a request stands after the writes that were done before it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar

from pointsman.spec.lifecycle import Silence
from pointsman.spec.meaning import Json, ReceivedResponse

Value = int | float | str | bool | None
"""The value of a column. A timestamp is a float: seconds of the run's clock."""

Columns = Mapping[str, Value]
"""A row: the status column (as stored), the primary key and the declared columns, by name."""

KIT = "kit"
"""`who` of the records of the kit's own acts."""

DASHBOARD = "dashboard"
"""`who` of an effect that was made by hand at the provider, by none of the copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing that happened in the run, at the time `at`. `who` is a copy of the implementation, or `KIT`."""

    kind: ClassVar[str]
    at: float
    who: str = KIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Record):
    """A copy was started, to play `actor`; None for a process that plays several actors."""

    kind: ClassVar[str] = "started"
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Record):
    """A committed version of a row. `old` is None for an insert, `new` for a delete.

    `actor` is the actor of the spec that wrote it, None where that cannot be known. Writes that were committed
    together have the same `transaction`.
    """

    kind: ClassVar[str] = "write"
    row: str
    old: Columns | None
    new: Columns | None
    actor: str | None = None
    transaction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Record):
    """A request reached the provider. `id` is the kit's number for it, `key` its idempotency key."""

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

    `request` is the id of the request that made it, None for `DASHBOARD`. The provider reads `call` and `row` from
    the request's path and marks; for `DASHBOARD`, the kit names them. They are None where no call or no row fits.
    `receipt` is the id of the new object, `amount` is in the currency's smallest unit.
    """

    kind: ClassVar[str] = "effect"
    receipt: str
    request: str | None = None
    call: str | None = None
    row: str | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Record):
    """The provider's answer to `request`. Where no answer came, `status` is None and `silence` names the kind.

    `heard` is False if the caller cannot have got the answer: it was lost, or the caller was dead by then.
    `replayed`: the answer was stored under the key by an earlier request.
    """

    kind: ClassVar[str] = "reply"
    request: str
    status: int | None = None
    silence: str | None = None
    body: Mapping[str, Json] | str = ""
    heard: bool = True
    replayed: bool = False

    def received(self) -> ReceivedResponse:
        """What the caller got, as `pointsman.spec.meaning` reads it; a history has no headers."""
        silence = Silence.TIMEOUT if self.silence == Silence.TIMEOUT else Silence.CONNECTION
        return ReceivedResponse(self.status, self.body, silence=silence if self.status is None else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Record):
    """The kit handed an event from outside to `to`, an actor of the spec. `who` is the copy that got it.

    `event` is the spec's event; `hook` is the provider's type of event, for one that came as a webhook. Duplicates
    have the same `id`. `fields` are the values that the event carries.
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
    """The implementation's answer to a delivery or to a turn of work, as an `Ack` word."""

    kind: ClassVar[str] = "answered"
    to: str
    answer: str
    message: str = ""
    row: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed(Record):
    """The copy died: the kit killed it (`killed`), or it ended by itself, and then `why` says how."""

    kind: ClassVar[str] = "crashed"
    killed: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Record):
    """The copy was stopped. It does nothing until it is `Resumed`."""

    kind: ClassVar[str] = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Record):
    """The copy that was stopped goes on."""

    kind: ClassVar[str] = "resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(Record):
    """The copy lost its connection to the database: before a statement, or after the statement was done (`done`)."""

    kind: ClassVar[str] = "cut"
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Record):
    """The copy was given a turn of work as `actor`: everything that is due may be taken now.

    A black-box worker polls by itself; for such a worker, the record says that the kit now waits until it is idle.
    """

    kind: ClassVar[str] = "turn"
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Record):
    """A point that laws refer to. `healthy`: no fault strikes after it. `end`: no request or turn is under way."""

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
    """A whole run. `roles` are the actors that the implementation played, `subject` are its copies (`Record.who`)."""

    records: tuple[Record, ...]
    roles: frozenset[str] = frozenset()
    subject: frozenset[str] = frozenset()

    def __reduce__(self) -> tuple[type[History], tuple[tuple[Record, ...], frozenset[str], frozenset[str]]]:
        """Pickle the records only; the cached properties are computed again in the other process."""
        return History, (self.records, self.roles, self.subject)

    @cached_property
    def _by_kind(self) -> Mapping[type[Record], tuple[int, ...]]:
        found: dict[type[Record], list[int]] = {}
        for place, record in enumerate(self.records):
            found.setdefault(type(record), []).append(place)
        return {kind: tuple(places) for kind, places in found.items()}

    def places_of(self, *kinds: type[Record]) -> Sequence[int]:
        """The places of the records of these kinds, in order."""
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], ())
        return sorted(place for kind in kinds for place in self._by_kind.get(kind, ()))

    @cached_property
    def writes(self) -> Mapping[str, tuple[int, ...]]:
        """The places of the writes of each row, in order."""
        found: dict[str, list[int]] = {}
        for place in self.places_of(Write):
            record = self.records[place]
            if isinstance(record, Write):
                found.setdefault(record.row, []).append(place)
        return MappingProxyType({row: tuple(places) for row, places in found.items()})

    @cached_property
    def rows(self) -> Mapping[str, Columns | None]:
        """The last version of each row; None for a row that was deleted."""
        last = {row: self.records[places[-1]] for row, places in self.writes.items()}
        return MappingProxyType({row: write.new for row, write in last.items() if isinstance(write, Write)})


# --- as JSON -------------------------------------------------------------


def to_json(record: Record) -> dict[str, object]:
    """A record as a JSON object: its kind, then the fields that differ from their defaults, and always `who`."""
    told = {each.name: each.default for each in fields(record)}
    values = {name: value for name, value in asdict(record).items() if name == "who" or value != told[name]}
    return {"kind": record.kind, **values}


def from_json(told: Mapping[str, object]) -> Record:
    """The record that `to_json` made into `told`. Raises ValueError for an object that is no record."""
    words = dict(told)
    kind = KINDS.get(str(words.pop("kind", "")))
    if kind is None:
        raise ValueError(f"not a record of a history: {dict(told)!r}")
    try:
        return kind(**words)  # type: ignore[arg-type]  # checked by the dataclass's names only; laws read, never trust
    except TypeError as problem:
        raise ValueError(f"not a {kind.kind} record: {problem}") from None
