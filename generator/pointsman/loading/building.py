"""Checked data -> the frozen `Lifecycle`.

Every function takes the plain data of one record of the language; the loader
has seen to it that nothing in it is missing or undeclared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

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
)
from pointsman.spec.source import Source

RecordData = Mapping[str, Any]


def build(data: RecordData, source: Source) -> Lifecycle:
    """The lifecycle that `data` describes; `source` is the document it was read from."""
    return Lifecycle(
        name=data["lifecycle"],
        summary=_sentence(data),
        statuses=tuple(_status(name, body) for name, body in data["statuses"].items()),
        transitions=tuple(_transitions(data["transitions"])),
        table=_table(data["table"]) if "table" in data else None,
        actors=tuple(_actor(name, body) for name, body in data.get("actors", {}).items()),
        events=tuple(_event(name, body) for name, body in data.get("events", {}).items()),
        same_status=tuple(data["same_status"]["allow"]) if "same_status" in data else None,
        claims=_claims(data["claims"]) if "claims" in data else None,
        settle=_settle(data["settle"]) if "settle" in data else None,
        calls=tuple(_call(name, body) for name, body in data.get("calls", {}).items()),
        queues=tuple(_queue(name, body) for name, body in data.get("queues", {}).items()),
        bounds=_bounds(data["check"]) if "check" in data else None,
        properties=tuple(_property(name, body) for name, body in data.get("properties", {}).items()),
        source=source,
    )


def _sentence(body: RecordData) -> str | None:
    text = body.get("summary")
    return re.sub(r"\s+", " ", text).strip() if text else None


def _table(body: RecordData) -> Table:
    return Table(
        name=body["name"],
        schema=body.get("schema"),
        primary_key=body.get("primary_key", "id"),
        status_column=body.get("status_column", "status"),
        columns=tuple(_column(name, column) for name, column in body.get("columns", {}).items()),
        enforce=frozenset(map(Enforcement, body.get("enforce", tuple(Enforcement)))),
    )


def _column(name: str, body: RecordData) -> Column:
    check = body.get("check")
    return Column(
        name=name,
        type=body["type"].replace(", ", ","),
        nullable=body.get("nullable", False),
        default=body.get("default"),
        check=check.condition if check else None,
    )


def _actor(name: str, body: str | RecordData) -> Actor:
    if isinstance(body, str):
        return Actor(name, ActorKind(body))
    return Actor(name, ActorKind(body["kind"]), _sentence(body))


def _effects(body: RecordData) -> tuple[tuple[str, EffectState], ...]:
    return tuple((call, EffectState(word)) for call, word in body.items())


def _status(name: str, body: RecordData) -> Status:
    return Status(
        name=name,
        value=body.get("value", name),
        initial=body.get("initial", False),
        terminal=body.get("terminal", False),
        resting=body.get("resting", False),
        requires=tuple(body.get("requires", ())),
        on_entry=tuple(body.get("on_entry", {}).items()),
        means=_effects(body.get("means", {})),
        summary=_sentence(body),
    )


def _transitions(bodies: list[RecordData]) -> Iterator[Transition]:
    for number, body in enumerate(bodies):
        when = body.get("when")
        for source in body["from"]:
            yield Transition(
                source=source,
                target=body["to"],
                event=body.get("event"),
                by=tuple(body.get("by", ())),
                needs=_effects(body.get("needs", {})),
                when=when.condition if when else None,
                when_text=when.text if when else None,
                summary=_sentence(body),
                path=("transitions", number),
            )


def _event(name: str, body: RecordData) -> Event:
    return Event(
        name=name,
        value=body.get("value", name),
        delivery=Delivery(body.get("delivery", Delivery.AT_LEAST_ONCE)),
        carries=tuple(body.get("carries", {}).items()),
        otherwise=tuple((status, EarlyEvent(word)) for status, word in body.get("otherwise", {}).items()),
        keep_in=body.get("keep_in"),
        summary=_sentence(body),
    )


def _claims(body: RecordData) -> Claims:
    return Claims(ClaimBy(body["by"]), body.get("lease"), body.get("fence"), body.get("longest_pause"))


def _settle(body: RecordData) -> Settlement:
    return Settlement(SettleBy(body["first"]), SettleBy(body["otherwise"]) if "otherwise" in body else None)


def _call(name: str, body: RecordData) -> Call:
    look_up = body.get("look_up")
    return Call(
        name=name,
        provider=body["provider"],
        request=body["request"],
        repeat=Repeat(body["repeat"]),
        amount=body["amount"]["column"] if "amount" in body else None,
        marks=tuple(body.get("marks", {}).items()),
        key=body.get("key"),
        key_generation=body.get("key_generation"),
        key_first_used=body.get("key_first_used"),
        key_lifetime=body.get("key_lifetime"),
        settles_within=body.get("settles_within"),
        look_up=LookUp(look_up["request"], look_up["receipt"]) if look_up else None,
        webhooks=tuple(_hook(type_, hook) for type_, hook in body.get("webhook", {}).items()),
        records=tuple(body.get("records", {}).items()),
        outcomes=tuple(_outcome(rule) for rule in body["outcomes"]),
        summary=_sentence(body),
    )


def _hook(type_: str, body: RecordData) -> Webhook:
    return Webhook(type_, body["event"], body.get("when"), tuple(body.get("otherwise", {}).items()))


def _outcome(body: RecordData) -> OutcomeRule:
    outcome = next(Outcome(key) for key in body if key != "stored")
    return OutcomeRule(outcome, tuple(map(_match, body[outcome])), body.get("stored", False))


def _match(body: str | RecordData) -> Match:
    if isinstance(body, str):
        return Match(silence=Silence(body))
    return Match(tuple(body.get("http", ())), body.get("code"), body.get("type"), body.get("message"))


def _queue(name: str, body: RecordData) -> Queue:
    attempts, backoff = body.get("attempts"), body.get("backoff")
    return Queue(
        name=name,
        statuses=tuple(body["statuses"]),
        worker=body.get("worker"),
        due=body.get("due"),
        order=tuple(body.get("order", ())),
        index=body.get("index"),
        call=body.get("call"),
        attempts=Attempts(attempts["column"], attempts.get("limit")) if attempts else None,
        backoff=_backoff(backoff) if backoff else None,
        then=tuple((CallResult(reply), answer) for reply, answer in body.get("then", {}).items()),
        summary=_sentence(body),
    )


def _backoff(body: RecordData) -> Backoff:
    return Backoff(body["first"], body.get("factor", 2.0), body.get("ceiling"), body.get("jitter", 0.0))


def _bounds(body: RecordData) -> Bounds:
    return Bounds(body.get("rows"), body.get("workers"), body.get("attempts"), tuple(body.get("worlds", ())))


def _property(name: str, body: RecordData) -> Property:
    kind = next(kind for kind in PropertyKind if kind in body)
    if kind is PropertyKind.LEADS_TO:
        picture, then = _picture(body[kind]["from"]), _picture(body[kind]["to"])
    else:
        picture, then = _picture(body[kind]), None
    return Property(name, kind, picture, then, _sentence(body))


def _picture(body: RecordData) -> Picture:
    where = body.get("where")
    return Picture(
        statuses=tuple(body.get("status", ())),
        where=where.condition if where else None,
        where_text=where.text if where else None,
        effects=_effects(body.get("effects", {})),
    )
