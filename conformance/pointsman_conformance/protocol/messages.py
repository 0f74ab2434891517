"""The messages of the protocol, in one visible table.

The kit sends one message at a time and waits for its answer. Both are a JSON object each: a
line on a pipe, or the body of an HTTP request and of its response. Every message
has a number, `seq`, and its answer repeats it.

What the kit expects is never in a message. Statuses in messages are what the database stores.
Times are numbers, seconds of the run's clock, which `reset` sets to 0 and `advance` moves.
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsman_conformance.driver import Answer
from pointsman_conformance.shapes import (
    DRAFT,
    Anything,
    Choice,
    Either,
    Exactly,
    Field,
    ListOf,
    MapOf,
    Nullable,
    Number,
    Record,
    Scalar,
    Shape,
    Text,
    Whole,
    schema_of,
)
from pointsman_conformance.wire import Json

VERSION = 1
"""The version of the protocol."""

CAPABILITIES = {
    "events": "Takes `event`: an event from outside reaches one of its actors.",
    "hooks": "Takes `hook`: a webhook of the provider, as it comes over HTTP.",
    "moves": "Takes `move`: is asked outright to write a status.",
    "crashes": "Takes `crash`: loses all that it has in memory. A process on a pipe needs no such word: it is killed.",
    "observes": "Keeps rows and clock itself, not in the kit's database: takes `create`, `advance` and `observe`.",
}
"""What an implementation may say that it can do, each with what that means. What it says is then asked of it."""

NAME = Text(least=1, longest=200)
WORDS = Text(longest=10_000)
COLUMNS = MapOf(Scalar())


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `fields` beside `cmd` and `seq`, and the shape of its answer."""

    cmd: str
    says: str
    fields: tuple[Field, ...] = ()
    answer: Shape | None = None
    needs: str | None = None

    @property
    def request(self) -> Record:
        """The shape of the whole message."""
        head = (
            Field("cmd", Exactly(self.cmd), "Which message this is."),
            Field("seq", Whole(1), "Its number; the answer repeats it."),
        )
        return Record(f"the message {self.cmd}", (*head, *self.fields), self.says)

    @property
    def reply(self) -> Shape:
        """The shape of its answer."""
        return self.answer or _said(self.cmd)


def _seq() -> Field:
    return Field("seq", Whole(1), "The number of the message that this answers.")


def _said(cmd: str, *more: Field) -> Record:
    return Record(
        f"the answer to {cmd}",
        (
            _seq(),
            Field("answer", Choice(tuple(Answer)), "What became of it."),
            Field("message", WORDS, "Words for a person: why it was refused, skipped or went wrong.", required=False),
            *more,
        ),
    )


_SPEC = Record(
    "spec",
    (
        Field("name", NAME, "The lifecycle's name."),
        Field("sha256", Text(longest=64, pattern="^[0-9a-f]{64}$"), "The hash of the spec's bytes."),
    ),
)
_PROVIDER = Record(
    "provider",
    (
        Field("url", NAME, "The address of the Stripe-like provider, without a path."),
        Field("key", NAME, "The secret API key to use: by it the kit knows who sent a request."),
    ),
)
_IMPLEMENTATION = Record(
    "implementation",
    (
        Field("name", NAME, "Its name, as reports give it."),
        Field("version", WORDS, "Its version.", required=False),
        Field("language", WORDS, "The language that it is written in.", required=False),
        Field("homepage", WORDS, "Where it lives.", required=False),
        Field("issues", WORDS, "Where its faults are told.", required=False),
    ),
)
_HELLO = Record(
    "the answer to start",
    (
        _seq(),
        Field("version", Exactly(VERSION), "The version of the protocol that it speaks."),
        Field("implementation", _IMPLEMENTATION, "Who it is."),
        Field("roles", ListOf(NAME, distinct=True), "The actors of the spec that it plays."),
        Field("capabilities", ListOf(Choice(tuple(CAPABILITIES)), distinct=True), "What it can do; see the guide."),
    ),
)
_WRITE = Record(
    "write",
    (
        Field("row", NAME, "The row's primary key, as text."),
        Field("old", Nullable(COLUMNS), "The row before; null for a new row."),
        Field("new", Nullable(COLUMNS), "The row after; null for a row that is gone."),
        Field("at", Number(0), "When, on the run's clock; the time of the answer if it is not given.", required=False),
        Field("actor", NAME, "Which actor of the spec wrote it.", required=False),
    ),
)

_ROW = Field("row", NAME, "The row's primary key, as text.")
_ACTOR = Field("actor", NAME, "The actor of the spec that is meant; one of the roles.")
_STATUS = Field("status", NAME, "The status, as the database stores it.")

MESSAGES: tuple[Message, ...] = (
    Message(
        "start",
        "The first message to a process: where everything is, and who are you?",
        (
            Field("version", Exactly(VERSION), "The version of the protocol."),
            Field("spec", _SPEC, "The spec that is asked for."),
            Field("database", NAME, "The DSN of the PostgreSQL database that holds the table."),
            Field("provider", _PROVIDER, "The provider of the external calls."),
            Field("webhook_secret", NAME, "The secret that webhooks are signed with."),
        ),
        Either("answer", when=_said("start"), otherwise=_HELLO),
    ),
    Message(
        "reset",
        "A new case begins: the table is empty, the clock is at 0. Forget everything.",
        (Field("case", NAME, "The case's name, for logs."),),
    ),
    Message(
        "create",
        "Make this row, in your own store.",
        (_ROW, _STATUS, Field("columns", COLUMNS, "Its other columns.")),
        needs="observes",
    ),
    Message(
        "event",
        "An event from outside reaches an actor.",
        (
            Field("id", NAME, "The event's own id: the same when it is delivered again."),
            _ROW,
            Field("event", NAME, "The spec's event."),
            _ACTOR,
            Field("fields", MapOf(Anything()), "What it carries."),
        ),
        needs="events",
    ),
    Message(
        "hook",
        "A webhook arrives. The headers hold a signature over the body's exact bytes (UTF-8).",
        (
            Field("headers", MapOf(Text()), "The HTTP headers."),
            Field("body", Text(longest=1_000_000), "The HTTP body."),
        ),
        needs="hooks",
    ),
    Message("work", "Take one turn as this actor: one poll, everything that it finds due.", (_ACTOR,)),
    Message("move", "As this actor, write this status.", (_ROW, _STATUS, _ACTOR), needs="moves"),
    Message(
        "observe",
        "Tell every write of yours since the last time.",
        answer=_said("observe", Field("writes", ListOf(_WRITE), "The writes, in their order.", required=False)),
        needs="observes",
    ),
    Message(
        "advance",
        "Time passes: move your clock.",
        (Field("seconds", Number(0), "How far."),),
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
    """The JSON Schema of the protocol: a message of the kit; ``$defs`` has each message and each answer by name."""
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
