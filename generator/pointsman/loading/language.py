"""The spec language, defined once: which keys may stand where, what each holds, and which record it makes.

`SPEC` is the definition. The loader reads documents by it, `schema` turns it
into the JSON Schema that editors use, and both therefore say the same. What a
schema cannot say (a name must be declared, a condition must parse) is checked by
the loader alone.

A new key of the language takes two places. It is an attribute, with its default,
of a dataclass in `spec.lifecycle`; and it is a `Field` of the record here.
Conditions, names that refer to something, and values for columns are cross-checked
without more. ``pointsman schema`` and ``python -m tests.language_page`` then write
the published schema and the tables of the page.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from pointsman.loading.records import Converted, Field, FixedKeys, ListOf, MapOf, MapOfRecords, OneOrMany
from pointsman.loading.scalars import (
    Brace,
    Choice,
    ColumnType,
    Default,
    Duration,
    Flag,
    HttpStatus,
    Name,
    NullableFlag,
    Number,
    Predicate,
    ReadCondition,
    Ref,
    Sentence,
    SettingValue,
    StoredValue,
    Text,
    Whole,
    WordOr,
)
from pointsman.spec.condition import Condition
from pointsman.spec.lifecycle import (
    Actor,
    ActorKind,
    Attempts,
    Backoff,
    Bounds,
    Call,
    CallResult,
    ClaimBy,
    Claims,
    Column,
    Delivery,
    EarlyEvent,
    EffectState,
    Enforcement,
    Event,
    Lifecycle,
    LookUp,
    Match,
    NextStep,
    Outcome,
    OutcomeRule,
    Picture,
    Property,
    PropertyKind,
    Queue,
    Repeat,
    SettleBy,
    Settlement,
    Silence,
    Status,
    Table,
    Transition,
    Webhook,
    WhileKept,
)

VERSION = 1
"""The version of the language: the value of the key `pointsman`."""

WORLDS = ("default", "partial", "unknown-status", "arrivals")
"""The worlds that every lifecycle may have; legs are named on the command line."""


# --- records that are not made by a dataclass, and parts of them -------------------


def _as_set(words: tuple[Enforcement, ...]) -> frozenset[Enforcement]:
    return frozenset(words)


def _without_text(read: ReadCondition) -> Condition:
    return read.condition


def _from_each(sources: tuple[str, ...], **arguments: object) -> tuple[Transition, ...]:
    """One transition from each of the statuses that `from` lists."""
    make: Callable[..., Transition] = Transition
    return tuple(make(source=source, **arguments) for source in sources)


def _in_one(transitions: tuple[tuple[Transition, ...], ...]) -> tuple[Transition, ...]:
    return tuple(chain.from_iterable(transitions))


def _the_column(column: str) -> str:
    return column


def _the_columns(allow: tuple[str, ...]) -> tuple[str, ...]:
    return allow


def _answers(**answers: str) -> tuple[tuple[CallResult, str], ...]:
    """What follows each result, in the author's order."""
    return tuple((CallResult(result), answer) for result, answer in answers.items())


def _outcome(outcome: Outcome) -> Field:
    """The key of an outcome, with the replies that mean it."""

    def with_outcome(matches: tuple[Match, ...]) -> tuple[Outcome, tuple[Match, ...]]:
        return outcome, matches

    says = f"Replies that mean {outcome.replace('_', ' ')}."
    return Field(str(outcome), Converted(ListOf(_MATCH, 1), with_outcome), says, into="outcome matches")


def _picture(kind: PropertyKind, says: str) -> Field:
    """The key of a kind of property that has one picture."""

    def with_kind(picture: Picture) -> tuple[PropertyKind, Picture]:
        return kind, picture

    return Field(str(kind), Converted(_PICTURE, with_kind), says, into="kind picture")


def _leads_to(picture: Picture, then: Picture) -> tuple[PropertyKind, Picture, Picture]:
    return PropertyKind.LEADS_TO, picture, then


# --- the language --------------------------------------------------------------

_SUMMARY = Field("summary", Sentence(), "One sentence for people; it becomes a comment in generated code.")

_COLUMN = FixedKeys(
    "column",
    Column,
    (
        Field("type", ColumnType("type"), "The PostgreSQL type, such as bigint or timestamptz.", required=True),
        Field("nullable", NullableFlag(), "May the column be null? Columns are not null unless this says so."),
        Field("default", Default(), "What the database fills in: now, a number, a text, true or false."),
        Field(
            "check", Converted(Predicate(), _without_text), "A condition over the columns that every row must satisfy."
        ),
    ),
)

_TABLE = FixedKeys(
    "table",
    Table,
    (
        Field("name", Name("table"), "The table's name.", required=True),
        Field("schema", Name("schema"), "The schema the table is in; without it the search path decides."),
        Field("primary_key", Name("column"), "The primary key's column; `{default}` unless this says otherwise."),
        Field("status_column", Name("column"), "The column that holds the status; `{default}` unless said otherwise."),
        Field(
            "columns",
            MapOfRecords(Name("column"), _COLUMN),
            "The columns that the lifecycle reads or writes; no others.",
        ),
        Field(
            "enforce",
            Converted(ListOf(Choice(tuple(Enforcement))), _as_set),
            "What the database refuses by itself; {default} unless this says otherwise.",
        ),
    ),
)

_ACTOR = FixedKeys(
    "actor",
    Actor,
    (Field("kind", Choice(tuple(ActorKind)), "What sort of writer it is.", required=True), _SUMMARY),
    word=("kind", Choice(tuple(ActorKind))),
)

_STATUS = FixedKeys(
    "status",
    Status,
    (
        Field("initial", Flag(), "Rows may start in this status."),
        Field("terminal", Flag(), "There is no way out."),
        Field("resting", Flag(), "A row may stay for ever, and can still move."),
        Field("value", StoredValue("value"), "What the database stores; the name itself unless this says otherwise."),
        Field("requires", ListOf(Ref("column")), "Columns that are not null while a row is in this status."),
        Field(
            "on_entry",
            MapOf(Ref("column"), SettingValue()),
            "What the write that enters this status puts into columns.",
        ),
        Field(
            "means",
            MapOf(Ref("call"), Choice(tuple(EffectState))),
            "What this status says about the provider's ledger.",
        ),
        _SUMMARY,
    ),
    empty_ok=True,
)

_TRANSITION = FixedKeys(
    "transition",
    _from_each,
    (
        Field(
            "from", OneOrMany(Ref("status")), "The status, or statuses, that it leaves.", required=True, into="sources"
        ),
        Field("to", Ref("status"), "The status that it enters.", required=True, into="target"),
        Field("event", Name("event"), "What makes it happen."),
        Field("by", OneOrMany(Ref("actor")), "The actors that may take it."),
        Field(
            "needs", MapOf(Ref("call"), Choice(tuple(EffectState))), "What must be known of a call before it is taken."
        ),
        Field("leaves_open", ListOf(Ref("call")), "Calls whose outcome the row may leave behind, whatever it is."),
        Field("when", Predicate(), "A condition over the columns under which it may be taken.", into="when when_text"),
        _SUMMARY,
    ),
    placed=True,
)

_EVENT = FixedKeys(
    "event",
    Event,
    (
        Field("delivery", Choice(tuple(Delivery)), "How often it may arrive; {default} unless said otherwise."),
        Field("carries", MapOf(Ref("column"), Text("field")), "Columns that the event's own fields fill."),
        Field("otherwise", MapOf(Ref("status"), Choice(tuple(EarlyEvent))), "The answer where no transition takes it."),
        Field("keep_in", Ref("column", "time"), "The column that remembers an event that came too early."),
        Field("while_kept", Choice(tuple(WhileKept)), "What another one is that comes while one is kept."),
        Field("value", StoredValue("value"), "The event's stored spelling, where it differs from its name."),
        _SUMMARY,
    ),
    empty_ok=True,
)

_CLAIMS = FixedKeys(
    "claims",
    Claims,
    (
        Field(
            "by", Choice(tuple(ClaimBy)), "bump: a conditional write before the call. lock: a row lock.", required=True
        ),
        Field("lease", Duration(), "How long a claim lasts."),
        Field("fence", Ref("column", "whole"), "The column that rises with every claim and never falls."),
        Field("longest_pause", Duration(), "Premise: from the last look at the claim to the request on the wire."),
    ),
)

_SETTLE = FixedKeys(
    "settle",
    Settlement,
    (
        Field("first", Choice(tuple(SettleBy)), "How an unknown outcome is settled.", required=True),
        Field("otherwise", Choice(tuple(SettleBy)), "How it is settled where the first way is closed."),
    ),
)

_MATCH = FixedKeys(
    "match",
    Match,
    (
        Field("http", OneOrMany(HttpStatus()), "The HTTP status: 400, [401, 403], 5xx."),
        Field("code", Text("code"), "The provider's error code."),
        Field("type", Text("type"), "The provider's error type."),
        Field("message", Text("message"), "A pattern over the whole message; * stands for anything."),
    ),
    least=1,
    word=("silence", Choice(tuple(Silence))),
)

_OUTCOME = FixedKeys(
    "outcome",
    OutcomeRule,
    (
        *(_outcome(word) for word in Outcome),
        Field("stored", Flag(), "The provider keeps this answer under the key and replays it."),
    ),
    one_of=tuple(Outcome),
)

_HOOK = FixedKeys(
    "webhook",
    Webhook,
    (
        Field("event", Ref("event"), "The event that it means.", required=True),
        Field("when", Text("field"), "A field of the provider's object that must be true."),
        Field("otherwise", MapOf(Ref("status"), Ref("event")), "The event that it means in some other status."),
    ),
)

_CALL = FixedKeys(
    "call",
    Call,
    (
        Field("provider", Text("provider"), "Who is called.", required=True),
        Field("request", Brace(), "The request, with {columns} in it.", required=True),
        Field("repeat", Choice(tuple(Repeat)), "What a second send under another key does.", required=True),
        Field(
            "amount",
            FixedKeys(
                "amount",
                _the_column,
                (Field("column", Ref("column", "whole"), "The column that holds it.", required=True),),
            ),
            "The amount that the call moves.",
        ),
        Field("marks", MapOf(Text("mark"), Brace()), "Sent with the call, so that our effect can be known again."),
        Field("key", Brace(), "The idempotency key, with {columns} in it."),
        Field("key_generation", Ref("column", "whole"), "The column in the key that is raised when a key is spent."),
        Field(
            "key_first_used",
            Ref("column", "time"),
            "Since when the present key may have been sent; null: nothing is out.",
        ),
        Field("key_lifetime", Duration(), "How long the provider remembers a key."),
        Field("settles_within", Duration(), "Premise: by then a request has taken effect, or never will."),
        Field(
            "look_up",
            FixedKeys(
                "look_up",
                LookUp,
                (
                    Field("request", Brace(), "The request that asks.", required=True),
                    Field("receipt", Text("field"), "The field that names the effect.", required=True),
                ),
            ),
            "How to ask the provider what became of a call.",
        ),
        Field(
            "webhook",
            MapOfRecords(Text("webhook type"), _HOOK, name_into="type"),
            "Webhooks of the provider that tell of this effect.",
            into="webhooks",
        ),
        Field("records", MapOf(Ref("column"), Text("field")), "Columns that the reply's fields fill: the receipt."),
        Field("outcomes", ListOf(_OUTCOME, 1), "What replies mean; the first that matches wins.", required=True),
        _SUMMARY,
    ),
)

_QUEUE = FixedKeys(
    "queue",
    Queue,
    (
        Field("statuses", ListOf(Ref("status"), 1), "The statuses whose rows it holds.", required=True),
        Field("worker", Ref("actor"), "The actor that polls it."),
        Field("due", Ref("column", "time"), "The column that says when a row is due."),
        Field("order", OneOrMany(Ref("field")), "In which order rows are taken; oldest first."),
        Field("index", Name("index"), "The partial index's name."),
        Field("call", Ref("call"), "The call that its worker makes."),
        Field(
            "attempts",
            FixedKeys(
                "attempts",
                Attempts,
                (
                    Field("column", Ref("column", "whole"), "The column that counts them.", required=True),
                    Field("limit", Whole(1, 1_000_000), "How many there may be."),
                ),
            ),
            "How often the call is tried.",
        ),
        Field(
            "backoff",
            FixedKeys(
                "backoff",
                Backoff,
                (
                    Field("first", Duration(), "The pause after the first attempt.", required=True),
                    Field(
                        "factor", Number(1, 1000), "What each further pause is multiplied by; {default} unless given."
                    ),
                    Field("ceiling", Duration(), "The longest pause."),
                    Field(
                        "jitter",
                        Number(0, 1),
                        "How much a pause may vary, as a share of itself; {default} unless given.",
                    ),
                ),
            ),
            "The pause between attempts.",
        ),
        Field(
            "then",
            FixedKeys(
                "then",
                _answers,
                tuple(
                    Field(str(word), WordOr(tuple(NextStep), Ref("event")), f"What follows {word.replace('_', ' ')}.")
                    for word in CallResult
                ),
            ),
            "What follows each outcome: an event, or what the worker does next.",
        ),
        _SUMMARY,
    ),
)

_CHECK = FixedKeys(
    "check",
    Bounds,
    (
        Field("rows", Whole(1, 3), "How many rows there are."),
        Field("workers", Whole(1, 4), "How many workers poll each queue."),
        Field("attempts", Whole(1, 6), "How many attempts are explored, whatever a queue's limit."),
        Field("worlds", OneOrMany(Choice(WORLDS)), "Which worlds; docs/world.md says what is in each."),
    ),
    least=1,
)

_PICTURE = FixedKeys(
    "picture",
    Picture,
    (
        Field("status", OneOrMany(Ref("status")), "The status that the row is in, or one of these.", into="statuses"),
        Field("where", Predicate(), "A condition over the columns that is true of the row.", into="where where_text"),
        Field(
            "effects", MapOf(Ref("call"), Choice(tuple(EffectState)), 1), "What the provider's ledger shows of a call."
        ),
    ),
    least=1,
)

_PROPERTY = FixedKeys(
    "property",
    Property,
    (
        _picture(PropertyKind.ALWAYS, "Every row looks like this, at every moment."),
        _picture(PropertyKind.NEVER, "No row ever looks like this."),
        Field(
            "leads_to",
            FixedKeys(
                "leads_to",
                _leads_to,
                (
                    Field("from", _PICTURE, "Where it starts.", required=True, into="picture"),
                    Field("to", _PICTURE, "Where it comes in the end.", required=True, into="then"),
                ),
            ),
            "A row that looks like the one comes to look like the other.",
            into="kind picture then",
        ),
        _picture(PropertyKind.REACHABLE, "A row can come to look like this."),
        Field("summary", Sentence(), "One sentence for people."),
    ),
    one_of=tuple(PropertyKind),
)

SPEC = FixedKeys(
    "spec",
    Lifecycle,
    (
        Field("pointsman", Whole(VERSION, VERSION), "The version of the spec language.", required=True, into=""),
        Field("lifecycle", Name("lifecycle"), "The lifecycle's name.", required=True, into="name"),
        _SUMMARY,
        Field("table", _TABLE, "The table whose status column this is."),
        Field("actors", MapOfRecords(Name("actor"), _ACTOR), "The named writers of the status."),
        Field("statuses", MapOfRecords(Name("status"), _STATUS, 1), "The statuses.", required=True),
        Field(
            "transitions",
            Converted(ListOf(_TRANSITION), _in_one),
            "The moves that are allowed; all others are refused.",
            required=True,
        ),
        Field(
            "same_status",
            FixedKeys(
                "same_status",
                _the_columns,
                (Field("allow", ListOf(Ref("column")), "Columns that may change.", required=True),),
            ),
            "Writes that leave the status as it is.",
        ),
        Field("unknown_status", Choice(("refuse",)), "What happens to a status that the spec does not know.", into=""),
        Field(
            "events", MapOfRecords(Name("event"), _EVENT), "Events from outside: each needs an answer in every status."
        ),
        Field("claims", _CLAIMS, "How workers take rows; one discipline for all queues."),
        Field("settle", _SETTLE, "How unknown outcomes are settled."),
        Field("calls", MapOfRecords(Name("call"), _CALL), "The external effects."),
        Field("queues", MapOfRecords(Name("queue"), _QUEUE), "The rows that each worker polls."),
        Field(
            "check", _CHECK, "What `pointsman check` explores unless the command line says otherwise.", into="bounds"
        ),
        Field("properties", MapOfRecords(Name("property"), _PROPERTY), "What `pointsman check` proves beside its own."),
    ),
)


# --- the JSON Schema -------------------------------------------------------------


def schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the spec language."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pointsman lifecycle",
        "description": "One lifecycle: statuses, transitions, queues and external calls.",
        **SPEC.schema(),
    }
