"""The spec language, defined once: what may stand where.

`SPEC` is the definition. The loader reads documents by it, `schema` turns it
into the JSON Schema that editors use, and both therefore say the same. What a
schema cannot say (a name must be declared, a condition must parse) is checked by
the loader alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pointsman.spec.lifecycle import (
    ActorKind,
    CallResult,
    ClaimBy,
    Delivery,
    EarlyEvent,
    EffectState,
    Enforcement,
    NextStep,
    Outcome,
    PropertyKind,
    Repeat,
    SettleBy,
    Silence,
)

VERSION = 1
"""The version of the language: the value of the key `pointsman`."""

NAME = r"[A-Za-z][A-Za-z0-9_]*"
NAME_LENGTH = 63
"""PostgreSQL cuts longer identifiers silently, so no name may be longer."""

DURATION = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d|w))+"
HTTP = r"[1-5]xx"
TYPES = (
    "bigint", "integer", "smallint", "numeric", "boolean", "text", "varchar", "char", "uuid",
    "timestamptz", "timestamp", "date", "json", "jsonb",
)  # fmt: skip
COLUMN_TYPE = rf"(?:{'|'.join(TYPES)})(?:\([0-9]{{1,4}}(?:, ?[0-9]{{1,4}})?\))?"
TEXT_LENGTH = 1000
WORLDS = ("default", "partial", "unknown-status", "arrivals")
"""The worlds that every lifecycle may have; legs are named on the command line."""


# --- shapes ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A name that this place declares; `what` is for messages."""

    what: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A name that is declared elsewhere.

    `kind` is one of status, event, actor, call, column (declared under
    ``table.columns``) or field (a column or the primary key).
    """

    kind: str


@dataclass(frozen=True, slots=True)
class Text:
    """One line of printable text; `pattern` narrows it."""

    what: str = "text"
    pattern: str | None = None
    many_lines: bool = False


@dataclass(frozen=True, slots=True)
class Brace:
    """Text with ``{column}`` places in it."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition in SQL over the declared columns."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds."""

    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time: ``90s``, ``10m``, ``24h``, ``1h30m``."""


@dataclass(frozen=True, slots=True)
class SettingValue:
    """What a write puts into a column: ``now``, null, a whole number, true, false or a text."""


@dataclass(frozen=True, slots=True)
class HttpStatus:
    """An HTTP status, or a class of them: 404, 5xx."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordOr:
    """One of some words of the language, or else a name that is declared elsewhere."""

    words: tuple[str, ...]
    ref: Ref


@dataclass(frozen=True, slots=True)
class Either:
    """A scalar of one shape, or a mapping of another."""

    scalar: Shape
    mapping: Shape


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """One of a shape, or a non-empty list of it."""

    of: Shape


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; `least` is how many items it must have."""

    of: Shape
    least: int = 0


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with keys of the author's choice; `least` is how many it must have."""

    key: Name | Ref | Text
    value: Shape
    least: int = 0


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record. `says` is what an editor shows."""

    key: str
    shape: Shape
    says: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """A mapping with fixed keys. Of the keys in `one_of` exactly one must stand."""

    what: str
    fields: tuple[Field, ...]
    one_of: tuple[str, ...] = ()
    least: int = 0
    empty_ok: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in the order of the definition."""
        return tuple(field.key for field in self.fields)


Shape = (
    Name | Ref | Text | Brace | Predicate | Whole | Number | Flag | Duration | SettingValue | HttpStatus
    | Choice | WordOr | Either | OneOrMany | ListOf | MapOf | FixedKeys
)  # fmt: skip

DISTINCT = (Ref, Choice)
"""In a list of these, the same item twice is a mistake."""


# --- the language --------------------------------------------------------------

_SUMMARY = Field("summary", Text(many_lines=True), "One sentence for people; it becomes a comment in generated code.")

_COLUMN = FixedKeys(
    "column",
    (
        Field("type", Text("type", COLUMN_TYPE), "The PostgreSQL type, such as bigint or timestamptz.", required=True),
        Field("nullable", Flag(), "May the column be null? Columns are not null unless this says so."),
        Field("default", SettingValue(), "What the database fills in: now, a number, a text, true or false."),
        Field("check", Predicate(), "A condition over the columns that every row must satisfy."),
    ),
)

_TABLE = FixedKeys(
    "table",
    (
        Field("name", Name("table"), "The table's name.", required=True),
        Field("schema", Name("schema"), "The schema the table is in; without it the search path decides."),
        Field("primary_key", Name("column"), "The primary key's column; `id` unless this says otherwise."),
        Field("status_column", Name("column"), "The column that holds the status; `status` unless said otherwise."),
        Field("columns", MapOf(Name("column"), _COLUMN), "The columns that the lifecycle reads or writes; no others."),
        Field(
            "enforce",
            ListOf(Choice(tuple(Enforcement))),
            "What the database refuses by itself; [check, trigger] unless this says otherwise.",
        ),
    ),
)

_ACTOR = Either(
    Choice(tuple(ActorKind)),
    FixedKeys(
        "actor",
        (Field("kind", Choice(tuple(ActorKind)), "What sort of writer it is.", required=True), _SUMMARY),
    ),
)

_STATUS = FixedKeys(
    "status",
    (
        Field("initial", Flag(), "Rows may start in this status."),
        Field("terminal", Flag(), "There is no way out."),
        Field("resting", Flag(), "A row may stay for ever, and can still move."),
        Field("value", Text("value"), "What the database stores; the name itself unless this says otherwise."),
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
    (
        Field("from", OneOrMany(Ref("status")), "The status, or statuses, that it leaves.", required=True),
        Field("to", Ref("status"), "The status that it enters.", required=True),
        Field("event", Name("event"), "What makes it happen."),
        Field("by", OneOrMany(Ref("actor")), "The actors that may take it."),
        Field(
            "needs", MapOf(Ref("call"), Choice(tuple(EffectState))), "What must be known of a call before it is taken."
        ),
        Field("when", Predicate(), "A condition over the columns under which it may be taken."),
        _SUMMARY,
    ),
)

_EVENT = FixedKeys(
    "event",
    (
        Field("delivery", Choice(tuple(Delivery)), "How often it may arrive; at_least_once unless said otherwise."),
        Field("carries", MapOf(Ref("column"), Text("field")), "Columns that the event's own fields fill."),
        Field("otherwise", MapOf(Ref("status"), Choice(tuple(EarlyEvent))), "The answer where no transition takes it."),
        Field("keep_in", Ref("column"), "The column that remembers an event that came too early."),
        Field("value", Text("value"), "The event's stored spelling, where it differs from its name."),
        _SUMMARY,
    ),
    empty_ok=True,
)

_CLAIMS = FixedKeys(
    "claims",
    (
        Field(
            "by", Choice(tuple(ClaimBy)), "bump: a conditional write before the call. lock: a row lock.", required=True
        ),
        Field("lease", Duration(), "How long a claim lasts."),
        Field("fence", Ref("column"), "The column that rises with every claim and never falls."),
        Field("longest_pause", Duration(), "Premise: from the last look at the claim to the request on the wire."),
    ),
)

_SETTLE = FixedKeys(
    "settle",
    (
        Field("first", Choice(tuple(SettleBy)), "How an unknown outcome is settled.", required=True),
        Field("otherwise", Choice(tuple(SettleBy)), "How it is settled where the first way is closed."),
    ),
)

_MATCH = Either(
    Choice(tuple(Silence)),
    FixedKeys(
        "match",
        (
            Field("http", OneOrMany(HttpStatus()), "The HTTP status: 400, [401, 403], 5xx."),
            Field("code", Text("code"), "The provider's error code."),
            Field("type", Text("type"), "The provider's error type."),
            Field("message", Text("message"), "A pattern over the whole message; * stands for anything."),
        ),
        least=1,
    ),
)

_OUTCOME = FixedKeys(
    "outcome",
    (
        *(Field(word, ListOf(_MATCH, 1), f"Replies that mean {word.replace('_', ' ')}.") for word in Outcome),
        Field("stored", Flag(), "The provider keeps this answer under the key and replays it."),
    ),
    one_of=tuple(Outcome),
)

_HOOK = FixedKeys(
    "webhook",
    (
        Field("event", Ref("event"), "The event that it means.", required=True),
        Field("when", Text("field"), "A field of the provider's object that must be true."),
        Field("otherwise", MapOf(Ref("status"), Ref("event")), "The event that it means in some other status."),
    ),
)

_CALL = FixedKeys(
    "call",
    (
        Field("provider", Text("provider"), "Who is called.", required=True),
        Field("request", Brace(), "The request, with {columns} in it.", required=True),
        Field("repeat", Choice(tuple(Repeat)), "What a second send under another key does.", required=True),
        Field(
            "amount",
            FixedKeys("amount", (Field("column", Ref("column"), "The column that holds it.", required=True),)),
            "The amount that the call moves.",
        ),
        Field("marks", MapOf(Text("mark"), Brace()), "Sent with the call, so that our effect can be known again."),
        Field("key", Brace(), "The idempotency key, with {columns} in it."),
        Field("key_generation", Ref("column"), "The column in the key that is raised when a key is spent."),
        Field("key_first_used", Ref("column"), "Since when the present key may have been sent; null: nothing is out."),
        Field("key_lifetime", Duration(), "How long the provider remembers a key."),
        Field("settles_within", Duration(), "Premise: by then a request has taken effect, or never will."),
        Field(
            "look_up",
            FixedKeys(
                "look_up",
                (
                    Field("request", Brace(), "The request that asks.", required=True),
                    Field("receipt", Text("field"), "The field that names the effect.", required=True),
                ),
            ),
            "How to ask the provider what became of a call.",
        ),
        Field("webhook", MapOf(Text("webhook type"), _HOOK), "Webhooks of the provider that tell of this effect."),
        Field("records", MapOf(Ref("column"), Text("field")), "Columns that the reply's fields fill: the receipt."),
        Field("outcomes", ListOf(_OUTCOME, 1), "What replies mean; the first that matches wins.", required=True),
        _SUMMARY,
    ),
)

_QUEUE = FixedKeys(
    "queue",
    (
        Field("statuses", ListOf(Ref("status"), 1), "The statuses whose rows it holds.", required=True),
        Field("worker", Ref("actor"), "The actor that polls it."),
        Field("due", Ref("column"), "The column that says when a row is due."),
        Field("order", OneOrMany(Ref("field")), "In which order rows are taken; oldest first."),
        Field("index", Name("index"), "The partial index's name."),
        Field("call", Ref("call"), "The call that its worker makes."),
        Field(
            "attempts",
            FixedKeys(
                "attempts",
                (
                    Field("column", Ref("column"), "The column that counts them.", required=True),
                    Field("limit", Whole(1, 1_000_000), "How many there may be."),
                ),
            ),
            "How often the call is tried.",
        ),
        Field(
            "backoff",
            FixedKeys(
                "backoff",
                (
                    Field("first", Duration(), "The pause after the first attempt.", required=True),
                    Field("factor", Number(1, 1000), "What each further pause is multiplied by; 2 unless given."),
                    Field("ceiling", Duration(), "The longest pause."),
                    Field("jitter", Number(0, 1), "How much a pause may vary, as a share of itself; 0 unless given."),
                ),
            ),
            "The pause between attempts.",
        ),
        Field(
            "then",
            FixedKeys(
                "then",
                tuple(
                    Field(word, WordOr(tuple(NextStep), Ref("event")), f"What follows {word.replace('_', ' ')}.")
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
    (
        Field("status", OneOrMany(Ref("status")), "The status that the row is in, or one of these."),
        Field("where", Predicate(), "A condition over the columns that is true of the row."),
        Field(
            "effects", MapOf(Ref("call"), Choice(tuple(EffectState)), 1), "What the provider's ledger shows of a call."
        ),
    ),
    least=1,
)

_PROPERTY = FixedKeys(
    "property",
    (
        Field("always", _PICTURE, "Every row looks like this, at every moment."),
        Field("never", _PICTURE, "No row ever looks like this."),
        Field(
            "leads_to",
            FixedKeys(
                "leads_to",
                (
                    Field("from", _PICTURE, "Where it starts.", required=True),
                    Field("to", _PICTURE, "Where it comes in the end.", required=True),
                ),
            ),
            "A row that looks like the one comes to look like the other.",
        ),
        Field("reachable", _PICTURE, "A row can come to look like this."),
        Field("summary", Text(many_lines=True), "One sentence for people."),
    ),
    one_of=tuple(PropertyKind),
)

SPEC = FixedKeys(
    "spec",
    (
        Field("pointsman", Whole(VERSION, VERSION), "The version of the spec language.", required=True),
        Field("lifecycle", Name("lifecycle"), "The lifecycle's name.", required=True),
        _SUMMARY,
        Field("table", _TABLE, "The table whose status column this is."),
        Field("actors", MapOf(Name("actor"), _ACTOR), "The named writers of the status."),
        Field("statuses", MapOf(Name("status"), _STATUS, 1), "The statuses.", required=True),
        Field("transitions", ListOf(_TRANSITION), "The moves that are allowed; all others are refused.", required=True),
        Field(
            "same_status",
            FixedKeys(
                "same_status", (Field("allow", ListOf(Ref("column")), "Columns that may change.", required=True),)
            ),
            "Writes that leave the status as it is.",
        ),
        Field("unknown_status", Choice(("refuse",)), "What happens to a status that the spec does not know."),
        Field("events", MapOf(Name("event"), _EVENT), "Events from outside: each needs an answer in every status."),
        Field("claims", _CLAIMS, "How workers take rows; one discipline for all queues."),
        Field("settle", _SETTLE, "How unknown outcomes are settled."),
        Field("calls", MapOf(Name("call"), _CALL), "The external effects."),
        Field("queues", MapOf(Name("queue"), _QUEUE), "The rows that each worker polls."),
        Field("check", _CHECK, "What `pointsman check` explores unless the command line says otherwise."),
        Field("properties", MapOf(Name("property"), _PROPERTY), "What `pointsman check` proves beside its own."),
    ),
)


# --- the JSON Schema -------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the spec language."""
    top = _schema_of(SPEC)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pointsman lifecycle",
        "description": "One lifecycle: statuses, transitions, queues and external calls.",
        **top,
    }


def _schema_of(shape: Shape) -> dict[str, Any]:  # noqa: C901, PLR0911, PLR0912 - one case per shape
    match shape:
        case Name() | Ref():
            return _name()
        case Text(pattern=pattern, many_lines=many_lines):
            return _text("[^\\n]" if many_lines else pattern and f"^(?:{pattern})$")
        case Brace() | Predicate():
            return _text(None)
        case Whole(minimum, maximum):
            bounds = {"const": minimum} if minimum == maximum else {"minimum": minimum, "maximum": maximum}
            return {"type": "integer", **bounds}
        case Number(low, high):
            return {"type": "number", "minimum": low, "maximum": high}
        case Flag():
            return {"type": "boolean"}
        case Duration():
            return {"type": "string", "pattern": f"^{DURATION}$"}
        case SettingValue():
            number = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
            return {"anyOf": [_text(None), number, {"type": ["boolean", "null"]}]}
        case HttpStatus():
            return {
                "anyOf": [
                    {"type": "integer", "minimum": 100, "maximum": 599},
                    {"pattern": f"^{HTTP}$", "type": "string"},
                ]
            }
        case Choice(words):
            return {"enum": [str(word) for word in words]}
        case WordOr(words):
            return {"anyOf": [{"enum": [str(word) for word in words]}, _name()]}
        case Either(scalar, mapping):
            return {"anyOf": [_schema_of(scalar), _schema_of(mapping)]}
        case OneOrMany(of):
            return {"anyOf": [_schema_of(of), _schema_of(ListOf(of, 1))]}
        case ListOf(of, least):
            distinct = {"uniqueItems": True} if isinstance(of, DISTINCT) else {}
            return {"type": "array", "items": _schema_of(of), **({"minItems": least} if least else {}), **distinct}
        case MapOf():
            return _schema_of_map(shape)
        case FixedKeys():
            return _schema_of_record(shape)


def _name() -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{NAME}$", "maxLength": NAME_LENGTH}


def _text(pattern: str | None) -> dict[str, Any]:
    narrowed = {"pattern": pattern} if pattern else {}
    return {"type": "string", "minLength": 1, "maxLength": TEXT_LENGTH, **narrowed}


def _schema_of_map(shape: MapOf) -> dict[str, Any]:
    least = {"minProperties": shape.least} if shape.least else {}
    return {
        "type": "object",
        "propertyNames": {key: rule for key, rule in _schema_of(shape.key).items() if key != "type"},
        "additionalProperties": _schema_of(shape.value),
        **least,
    }


def _schema_of_record(shape: FixedKeys) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": ["object", "null"] if shape.empty_ok else "object",
        "additionalProperties": False,
        "properties": {field.key: {"description": field.says, **_schema_of(field.shape)} for field in shape.fields},
    }
    if required := [field.key for field in shape.fields if field.required]:
        made["required"] = required
    if shape.least:
        made["minProperties"] = shape.least
    if shape.one_of:
        made["oneOf"] = [{"required": [str(key)]} for key in shape.one_of]
    return made


def describe(shape: Shape) -> str:  # noqa: C901, PLR0911, PLR0912 - one case per shape
    """What a place wants, for messages: ``a duration such as 90s``."""
    match shape:
        case Name(what):
            return f"a name for the {what}"
        case Ref(kind):
            return f"the name of a {_KINDS.get(kind, kind)}"
        case Text(what):
            return f"a {what}" if what != "text" else "a text"
        case Brace():
            return "a text with {column} places in it"
        case Predicate():
            return "a condition in SQL"
        case Whole(low, high):
            return f"the number {low}" if low == high else f"a whole number from {low:,} to {high:,}"
        case Number(low, high):
            return f"a number from {low:g} to {high:g}"
        case Flag():
            return "true or false"
        case Duration():
            return "a duration such as 90s, 10m or 24h"
        case SettingValue():
            return "now, null, a whole number, true, false or a text"
        case HttpStatus():
            return "an HTTP status such as 404 or 5xx"
        case Choice(words):
            return _listed(words)
        case WordOr(words):
            return f"an event, or {_listed(words)}"
        case Either(scalar, mapping):
            return f"{describe(scalar)}, or {describe(mapping)}"
        case OneOrMany(of):
            return f"{describe(of)}, or a list of them"
        case ListOf():
            return "a list"
        case MapOf() | FixedKeys():
            return "a mapping (key: value)"


_KINDS: Mapping[str, str] = {"field": "declared column or the primary key", "column": "declared column"}


def _listed(words: tuple[str, ...]) -> str:
    named = [str(word) for word in words]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"
