"""The messages of the protocol, in one table: `MESSAGES`.

The kit sends one message at a time and waits for its answer. Each is a JSON object: a line on a pipe, or the body of an
HTTP request and of its response. Every message has a number, `seq`, and its answer repeats it.

No message says what the kit expects. Statuses are the values that the database stores. Times are numbers: seconds of
the run's clock, which `reset` sets to 0 and `advance` moves.
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsman_conformance.core.driver import Ack
from pointsman_conformance.core.shapes import (
    DRAFT,
    Anything,
    Exactly,
    JsonChoice,
    JsonEither,
    JsonField,
    JsonList,
    JsonMap,
    JsonNumber,
    JsonRecord,
    JsonScalar,
    JsonShape,
    JsonText,
    JsonWhole,
    Nullable,
    schema_of,
)
from pointsman_conformance.core.wire import Json

VERSION = 1
"""The version of the protocol."""

CAPABILITIES = {
    "events": "Takes `event`: an event from outside reaches one of its actors.",
    "hooks": "Takes `hook`: a webhook of the provider, as it comes over HTTP.",
    "moves": "Takes `move`: is asked outright to write a status.",
    "crashes": "Takes `crash`: loses all that it has in memory. A process on a pipe needs no such word: it is killed.",
    "observes": "Keeps rows and clock itself, not in the kit's database: takes `create`, `advance` and `observe`.",
}
"""The capabilities that an implementation may declare, each with its meaning. The kit uses every declared one."""

NAME = JsonText(least=1, longest=200)
WORDS = JsonText(longest=10_000)
COLUMNS = JsonMap(JsonScalar())


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its `fields` beside `cmd` and `seq`, the shape of its answer, and the capability that it `needs`."""

    cmd: str
    says: str
    fields: tuple[JsonField, ...] = ()
    answer: JsonShape | None = None
    needs: str | None = None

    @property
    def request(self) -> JsonRecord:
        """The shape of the whole message."""
        head = (
            JsonField("cmd", Exactly(self.cmd), "Which message this is."),
            JsonField("seq", JsonWhole(1), "Its number; the answer repeats it."),
        )
        return JsonRecord(f"the message {self.cmd}", (*head, *self.fields), self.says)

    @property
    def reply(self) -> JsonShape:
        """The shape of the answer to it."""
        return self.answer or _said(self.cmd)


def _seq() -> JsonField:
    return JsonField("seq", JsonWhole(1), "The number of the message that this answers.")


def _said(cmd: str, *more: JsonField) -> JsonRecord:
    return JsonRecord(
        f"the answer to {cmd}",
        (
            _seq(),
            JsonField("answer", JsonChoice(tuple(Ack)), "What became of it."),
            JsonField(
                "message", WORDS, "Words for a person: why it was refused, skipped or went wrong.", required=False
            ),
            *more,
        ),
    )


_SPEC = JsonRecord(
    "spec",
    (
        JsonField("name", NAME, "The lifecycle's name."),
        JsonField("sha256", JsonText(longest=64, pattern="^[0-9a-f]{64}$"), "The hash of the spec's bytes."),
    ),
)
_PROVIDER = JsonRecord(
    "provider",
    (
        JsonField("url", NAME, "The address of the Stripe-like provider, without a path."),
        JsonField("key", NAME, "The secret API key to use: by it the kit knows who sent a request."),
    ),
)
_IMPLEMENTATION = JsonRecord(
    "implementation",
    (
        JsonField("name", NAME, "Its name, as reports give it."),
        JsonField("version", WORDS, "Its version.", required=False),
        JsonField("language", WORDS, "The language that it is written in.", required=False),
        JsonField("homepage", WORDS, "Where it lives.", required=False),
        JsonField("issues", WORDS, "Where its faults are told.", required=False),
    ),
)
_HELLO = JsonRecord(
    "the answer to start",
    (
        _seq(),
        JsonField("version", Exactly(VERSION), "The version of the protocol that it speaks."),
        JsonField("implementation", _IMPLEMENTATION, "Who it is."),
        JsonField("roles", JsonList(NAME, distinct=True), "The actors of the spec that it plays."),
        JsonField(
            "capabilities", JsonList(JsonChoice(tuple(CAPABILITIES)), distinct=True), "What it can do; see the guide."
        ),
    ),
)
_WRITE = JsonRecord(
    "write",
    (
        JsonField("row", NAME, "The row's primary key, as text."),
        JsonField("old", Nullable(COLUMNS), "The row before; null for a new row."),
        JsonField("new", Nullable(COLUMNS), "The row after; null for a row that is gone."),
        JsonField(
            "at", JsonNumber(0), "When, on the run's clock; the time of the answer if it is not given.", required=False
        ),
        JsonField("actor", NAME, "Which actor of the spec wrote it.", required=False),
    ),
)

_ROW = JsonField("row", NAME, "The row's primary key, as text.")
_ACTOR = JsonField("actor", NAME, "The actor of the spec that is meant; one of the roles.")
_STATUS = JsonField("status", NAME, "The status, as the database stores it.")

MESSAGES: tuple[Message, ...] = (
    Message(
        "start",
        "The first message to a process: where everything is, and who are you?",
        (
            JsonField("version", Exactly(VERSION), "The version of the protocol."),
            JsonField("spec", _SPEC, "The spec that is asked for."),
            JsonField("database", NAME, "The DSN of the PostgreSQL database that holds the table."),
            JsonField("provider", _PROVIDER, "The provider of the external calls."),
            JsonField("webhook_secret", NAME, "The secret that webhooks are signed with."),
        ),
        JsonEither("answer", when=_said("start"), otherwise=_HELLO),
    ),
    Message(
        "reset",
        "A new case begins: the table is empty, the clock is at 0. Forget everything.",
        (JsonField("case", NAME, "The case's name, for logs."),),
    ),
    Message(
        "create",
        "Make this row, in your own store.",
        (_ROW, _STATUS, JsonField("columns", COLUMNS, "Its other columns.")),
        needs="observes",
    ),
    Message(
        "event",
        "An event from outside reaches an actor.",
        (
            JsonField("id", NAME, "The event's own id: the same when it is delivered again."),
            _ROW,
            JsonField("event", NAME, "The spec's event."),
            _ACTOR,
            JsonField("fields", JsonMap(Anything()), "What it carries."),
        ),
        needs="events",
    ),
    Message(
        "hook",
        "A webhook arrives. The headers hold a signature over the body's exact bytes (UTF-8).",
        (
            JsonField("headers", JsonMap(JsonText()), "The HTTP headers."),
            JsonField("body", JsonText(longest=1_000_000), "The HTTP body."),
        ),
        needs="hooks",
    ),
    Message("work", "Take one turn as this actor: one poll, everything that it finds due.", (_ACTOR,)),
    Message("move", "As this actor, write this status.", (_ROW, _STATUS, _ACTOR), needs="moves"),
    Message(
        "observe",
        "Tell every write of yours since the last time.",
        answer=_said("observe", JsonField("writes", JsonList(_WRITE), "The writes, in their order.", required=False)),
        needs="observes",
    ),
    Message(
        "advance",
        "Time passes: move your clock.",
        (JsonField("seconds", JsonNumber(0), "How far."),),
        needs="observes",
    ),
    Message(
        "crash",
        "Lose everything that you have in memory, as if killed, and be there again.",
        needs="crashes",
    ),
    Message("stop", "The end: answer, and leave."),
)
"""Every message."""

BY_CMD = {message.cmd: message for message in MESSAGES}


def schema() -> dict[str, Json]:
    """The JSON Schema of a message of the kit; ``$defs`` has the schema of each message and of each answer by name."""
    told: dict[str, Json] = {}
    for message in MESSAGES:
        told[message.cmd] = schema_of(message.request)
        told[f"{message.cmd}.answer"] = schema_of(message.reply)
    return {
        "$schema": DRAFT,
        "title": "Pointsman protocol",
        "description": "What the kit says to an implementation. Its answers are under $defs, as `CMD.answer`.",
        "oneOf": [{"$ref": f"#/$defs/{message.cmd}"} for message in MESSAGES],
        "$defs": told,
    }
