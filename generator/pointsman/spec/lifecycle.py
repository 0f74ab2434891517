"""The lifecycle: what a spec says, as frozen data.

Everything else in Pointsman reads this and nothing writes it. Names are unique
within their kind, and every name that something refers to exists: the loader
sees to both. Order is the order of the spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Protocol, TypeVar

from pointsman.spec.condition import Condition
from pointsman.spec.source import Path, Place, Source


class Now(Enum):
    """The database's clock at the moment of the write."""

    NOW = "now"


Setting = Now | int | str | bool | None
"""A value that a write puts into a column. None is SQL's null."""


class _Portable:
    """A dataclass that is pickled by its fields alone, without the mappings that were derived from them and cached."""

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if not isinstance(value, MappingProxyType)}


# --- the table -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column that the lifecycle reads or writes.

    `type` is a PostgreSQL type in lower case. `default` is None both for no
    default and for a default of null: to the database they are the same.
    """

    name: str
    type: str
    nullable: bool = False
    default: Setting = None
    check: Condition | None = None


class Enforcement(StrEnum):
    """Objects of the generated SQL by which the database refuses bad writes."""

    CHECK = "check"
    TRIGGER = "trigger"


@dataclass(frozen=True)
class Table(_Portable):
    """The table whose status column this lifecycle governs."""

    name: str
    status_column: str = "status"
    primary_key: str = "id"
    schema: str | None = None
    columns: tuple[Column, ...] = ()
    enforce: frozenset[Enforcement] = frozenset(Enforcement)

    @cached_property
    def column(self) -> Mapping[str, Column]:
        """The declared columns by name."""
        return _by_name(self.columns)


# --- statuses and transitions ----------------------------------------------


class ActorKind(StrEnum):
    """The kinds of writers."""

    WORKER = "worker"
    HANDLER = "handler"
    WEBHOOK = "webhook"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """A named writer of the status column."""

    name: str
    kind: ActorKind
    summary: str | None = None


class EffectState(StrEnum):
    """The state of a call's effect at the provider."""

    DONE = "done"
    NOT_DONE = "not_done"


class StatusKind(StrEnum):
    """How long a row may stay."""

    TRANSIENT = "transient"
    RESTING = "resting"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class Status:
    """One status. `value` is what the database stores: the name, if it is left empty."""

    name: str
    value: str = ""
    initial: bool = False
    terminal: bool = False
    resting: bool = False
    requires: tuple[str, ...] = ()
    on_entry: tuple[tuple[str, Setting], ...] = ()
    means: tuple[tuple[str, EffectState], ...] = ()
    summary: str | None = None

    def __post_init__(self) -> None:
        _store_as_named(self)

    @property
    def kind(self) -> StatusKind:
        """Terminal, resting, or else transient: something must move it on."""
        if self.terminal:
            return StatusKind.TERMINAL
        return StatusKind.RESTING if self.resting else StatusKind.TRANSIENT


@dataclass(frozen=True, slots=True)
class Transition:
    """A declared move from one status to another, by one event.

    `by` is empty where the spec declares no actors. `needs` binds the edge:
    what must be known of a call before it may be taken. `leaves_open` are the
    calls whose outcome may stay unknown to the row from then on. `path` is where the
    spec says so; several transitions share one where `from` is a list.
    """

    source: str
    target: str
    event: str | None = None
    by: tuple[str, ...] = ()
    needs: tuple[tuple[str, EffectState], ...] = ()
    leaves_open: tuple[str, ...] = ()
    when: Condition | None = None
    when_text: str | None = None
    summary: str | None = None
    path: Path = field(default=(), compare=False)

    @property
    def pair(self) -> tuple[str, str]:
        """From and to."""
        return self.source, self.target


# --- events from outside ---------------------------------------------------


class Delivery(StrEnum):
    """How often an event may arrive."""

    AT_LEAST_ONCE = "at_least_once"
    AT_MOST_ONCE = "at_most_once"
    EXACTLY_ONCE = "exactly_once"


class EarlyEvent(StrEnum):
    """The answers to an event in a status where no transition takes it."""

    KEEP = "keep"
    IGNORE = "ignore"
    REFUSE = "refuse"


class WhileKept(StrEnum):
    """What an event is that comes while one is kept."""

    SAME = "same"


@dataclass(frozen=True, slots=True)
class Event:
    """An event from outside: it may come in any status, so each needs an answer.

    `carries` maps a column to the field of the event that fills it. `keep_in`
    is the column that remembers a kept event until it can apply, and
    `while_kept` says what another event is that comes meanwhile; None: any.
    `value` is the event's stored spelling: the name, if it is left empty.
    """

    name: str
    value: str = ""
    delivery: Delivery = Delivery.AT_LEAST_ONCE
    carries: tuple[tuple[str, str], ...] = ()
    otherwise: tuple[tuple[str, EarlyEvent], ...] = ()
    keep_in: str | None = None
    while_kept: WhileKept | None = None
    summary: str | None = None

    def __post_init__(self) -> None:
        _store_as_named(self)


# --- claims and settling ---------------------------------------------------


class ClaimBy(StrEnum):
    """How a worker takes a row: a conditional write before the call, or a row lock through it."""

    BUMP = "bump"
    LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Claims:
    """The one discipline by which every queue of the lifecycle is claimed.

    `fence` is the column that rises with every claim and never falls.
    `longest_pause` is a premise: from the last look at the claim to the request
    on the wire.
    """

    by: ClaimBy
    lease: timedelta | None = None
    fence: str | None = None
    longest_pause: timedelta | None = None


class SettleBy(StrEnum):
    """A way to find out what an unknown outcome was."""

    RESEND_SAME_KEY = "resend_same_key"
    LOOK_UP = "look_up"


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an unknown outcome is settled: first one way, otherwise another."""

    first: SettleBy
    otherwise: SettleBy | None = None


# --- calls -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Template:
    """Text with ``{column}`` places in it."""

    text: str
    columns: tuple[str, ...] = ()


class Outcome(StrEnum):
    """The meanings of a response to a call. *Unknown* is neither success nor failure."""

    ACCEPTED = "accepted"
    ALREADY_DONE = "already_done"
    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused_for_now"
    MISUSED = "misused"
    NOT_TRIED = "not_tried"
    UNKNOWN = "unknown"


class Silence(StrEnum):
    """A reply that is no HTTP answer, and the rule that catches the rest."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Match:
    """A description of responses; every field that is given must fit.

    `http` holds inclusive ranges: 400 is (400, 400) and 5xx is (500, 599).
    `message` is a shell pattern over the whole message.
    """

    http: tuple[tuple[int, int], ...] = ()
    code: str | None = None
    type: str | None = None
    message: str | None = None
    silence: Silence | None = None


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """One line of a call's ordered outcomes; the first that matches wins.

    `stored`: the provider keeps this answer under the key and replays it.
    """

    outcome: Outcome
    matches: tuple[Match, ...]
    stored: bool = False


class Repeat(StrEnum):
    """The consequences of a second send under another key at the provider."""

    NEW_EFFECT = "new_effect"
    ALREADY_DONE = "already_done"


@dataclass(frozen=True, slots=True)
class LookUp:
    """How to ask the provider what became of a call. `receipt` is the field that names the effect."""

    request: Template
    receipt: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of the provider that tells of this call's effect.

    `when` is a field of the provider's object that must be true. `otherwise`
    maps a status to the event that the webhook means there.
    """

    type: str
    event: str
    when: str | None = None
    otherwise: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Call:
    """An external effect with an idempotency key and ordered outcomes.

    `key_generation` is the column in the key that is raised when a key is
    spent; `key_first_used` is the column that says since when the present key
    may have been sent, null when nothing is outstanding. `records` maps a
    column to the field of the reply that fills it. `settles_within` is a
    premise: by then a request has taken effect, or never will.
    """

    name: str
    provider: str
    request: Template
    repeat: Repeat
    amount: str | None = None
    marks: tuple[tuple[str, Template], ...] = ()
    key: Template | None = None
    key_generation: str | None = None
    key_first_used: str | None = None
    key_lifetime: timedelta | None = None
    settles_within: timedelta | None = None
    look_up: LookUp | None = None
    webhooks: tuple[Webhook, ...] = ()
    records: tuple[tuple[str, str], ...] = ()
    outcomes: tuple[OutcomeRule, ...] = ()
    summary: str | None = None


# --- queues ----------------------------------------------------------------


class CallResult(StrEnum):
    """The results that a queue's `then` answers: the outcomes, used-up attempts, and what settling found."""

    ACCEPTED = "accepted"
    ALREADY_DONE = "already_done"
    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused_for_now"
    MISUSED = "misused"
    NOT_TRIED = "not_tried"
    UNKNOWN = "unknown"
    EXHAUSTED = "exhausted"
    SETTLED_DONE = "settled_done"
    SETTLED_ABSENT = "settled_absent"


class NextStep(StrEnum):
    """The next steps of a worker where no event is taken."""

    AGAIN = "again"
    WAIT = "wait"
    ALARM = "alarm"
    SETTLE = "settle"
    LOOK_UP = "look_up"


@dataclass(frozen=True, slots=True)
class Attempts:
    """The column that counts attempts, and how many there may be; None: no limit."""

    column: str
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pause after attempt n: `first` x `factor`^(n-1), at most `ceiling`, +- `jitter` of itself."""

    first: timedelta
    factor: float = 2.0
    ceiling: timedelta | None = None
    jitter: float = 0.0

    def pause(self, attempt: int) -> timedelta:
        """The pause after that many attempts (from 1), without jitter."""
        ceiling = self.ceiling if self.ceiling is not None else timedelta.max
        # Compared as logarithms would be neater; a float that overflows is simply "very long".
        try:
            seconds = self.first.total_seconds() * self.factor ** (attempt - 1)
        except OverflowError:
            return ceiling
        return min(timedelta(seconds=seconds), ceiling) if seconds < 1e11 else ceiling


@dataclass(frozen=True)
class Queue(_Portable):
    """The rows that one worker polls."""

    name: str
    statuses: tuple[str, ...]
    worker: str | None = None
    due: str | None = None
    order: tuple[str, ...] = ()
    index: str | None = None
    call: str | None = None
    attempts: Attempts | None = None
    backoff: Backoff | None = None
    then: tuple[tuple[CallResult, str], ...] = ()
    summary: str | None = None


# --- what `check` explores and proves --------------------------------------


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much `check` explores unless the command line says otherwise; None: the spec does not say.

    `workers` is per queue. `attempts` is how many are explored, whatever a
    queue's own limit. `worlds` are named; without any it is the usual ones.
    """

    rows: int | None = None
    workers: int | None = None
    attempts: int | None = None
    worlds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A description of a row at one moment; all parts that are given hold together.

    `statuses` is empty where any will do. `where` must be true of the row: what
    SQL calls unknown is not true. `effects` is what the providers' ledgers show
    for the row, by call, whether or not that is known here.
    """

    statuses: tuple[str, ...] = ()
    where: Condition | None = None
    where_text: str | None = None
    effects: tuple[tuple[str, EffectState], ...] = ()


class PropertyKind(StrEnum):
    """The kinds of properties: how the picture has to hold."""

    ALWAYS = "always"
    NEVER = "never"
    LEADS_TO = "leads_to"
    REACHABLE = "reachable"


@dataclass(frozen=True, slots=True)
class Property:
    """A claim to prove. For leads-to, `picture` is its `from` and `then` its `to`; else `then` is None."""

    name: str
    kind: PropertyKind
    picture: Picture
    then: Picture | None = None
    summary: str | None = None


# --- the lifecycle ---------------------------------------------------------


@dataclass(frozen=True)
class Lifecycle(_Portable):
    """One spec.

    Attributes:
        name: the name after ``lifecycle:``.
        statuses: the statuses, in the order of the spec, as are all parts below.
        transitions: the declared moves.
        summary: a sentence about the lifecycle, None where the spec has none.
        table: the table whose status column it governs, None where the spec has none.
        actors: the named writers.
        events: the events from outside.
        same_status: the columns that a write without a move may change; None where the spec does not say.
        claims: how workers take rows, None where the spec does not say.
        settle: how an unknown outcome is settled, None where the spec does not say.
        calls: the external effects.
        queues: the rows that workers poll.
        bounds: how much `check` explores, None where the spec does not say.
        properties: what the spec states beside the built-in properties.
        source: the document that it was read from; two lifecycles are equal whatever their documents are.
    """

    name: str
    statuses: tuple[Status, ...]
    transitions: tuple[Transition, ...]
    summary: str | None = None
    table: Table | None = None
    actors: tuple[Actor, ...] = ()
    events: tuple[Event, ...] = ()
    same_status: tuple[str, ...] | None = None
    claims: Claims | None = None
    settle: Settlement | None = None
    calls: tuple[Call, ...] = ()
    queues: tuple[Queue, ...] = ()
    bounds: Bounds | None = None
    properties: tuple[Property, ...] = ()
    source: Source = field(default=Source("<built in code>", ""), compare=False)

    @cached_property
    def status(self) -> Mapping[str, Status]:
        """The statuses by name."""
        return _by_name(self.statuses)

    @cached_property
    def by_value(self) -> Mapping[str, Status]:
        """The statuses by what the database stores for them."""
        return MappingProxyType({status.value: status for status in self.statuses})

    @cached_property
    def actor(self) -> Mapping[str, Actor]:
        """The actors by name."""
        return _by_name(self.actors)

    @cached_property
    def event(self) -> Mapping[str, Event]:
        """The events from outside by name."""
        return _by_name(self.events)

    @cached_property
    def call(self) -> Mapping[str, Call]:
        """The calls by name."""
        return _by_name(self.calls)

    @cached_property
    def queue(self) -> Mapping[str, Queue]:
        """The queues by name."""
        return _by_name(self.queues)

    @cached_property
    def queues_of(self) -> Mapping[str, tuple[Queue, ...]]:
        """The queues that hold each status's rows, by the status's name; every status is a key."""
        found: dict[str, list[Queue]] = {status.name: [] for status in self.statuses}
        for queue in self.queues:
            for name in dict.fromkeys(queue.statuses):
                found[name].append(queue)
        return MappingProxyType({name: tuple(queues) for name, queues in found.items()})

    def call_of(self, queue: Queue | None) -> Call | None:
        """The call that a queue's worker makes; None where it makes none, and without a queue."""
        return self.call[queue.call] if queue is not None and queue.call is not None else None

    @cached_property
    def moves(self) -> Mapping[str, tuple[Transition, ...]]:
        """The transitions out of each status, by the status's name; every status is a key."""
        out: dict[str, list[Transition]] = {status.name: [] for status in self.statuses}
        for transition in self.transitions:
            out[transition.source].append(transition)
        return MappingProxyType({name: tuple(found) for name, found in out.items()})

    @cached_property
    def between(self) -> Mapping[tuple[str, str], tuple[int, ...]]:
        """The numbers of the transitions (from 0) that join each pair of statuses, by (from, to)."""
        found: dict[tuple[str, str], list[int]] = {}
        for number, transition in enumerate(self.transitions):
            found.setdefault(transition.pair, []).append(number)
        return MappingProxyType({pair: tuple(numbers) for pair, numbers in found.items()})

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Every (from, to) that some transition takes, by name."""
        return frozenset(transition.pair for transition in self.transitions)

    def place(self, *path: str | int, value: bool = False) -> Place:
        """Where the spec says what `path` names."""
        return self.source.place(*path, value=value)


def _store_as_named(thing: Status | Event) -> None:
    if not thing.value:
        object.__setattr__(thing, "value", thing.name)  # both are frozen


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def _by_name(things: Iterable[_N]) -> Mapping[str, _N]:
    return MappingProxyType({thing.name: thing for thing in things})
