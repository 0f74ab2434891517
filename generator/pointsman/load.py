"""A spec -> `Lifecycle`, or every mistake in it.

`reading` gives nodes, `structure` holds them against the language; here names
are held against what is declared, values against the columns they go into, and
the frozen data is built. A lifecycle that comes out refers to nothing that does
not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, BinaryIO

from pointsman.condition import ColumnRef, Constant, atoms, operands
from pointsman.errors import SpecError
from pointsman.finding import by_place, shown
from pointsman.language import SPEC
from pointsman.lifecycle import (
    Actor,
    ActorKind,
    Answer,
    Attempts,
    Backoff,
    Call,
    ClaimBy,
    Claims,
    Column,
    Delivery,
    Effect,
    Enforcement,
    Event,
    Hook,
    Lifecycle,
    LookUp,
    Match,
    Now,
    Outcome,
    OutcomeRule,
    Queue,
    Repeat,
    Reply,
    Setting,
    Settle,
    SettleBy,
    Silence,
    Status,
    Step,
    Table,
    Transition,
)
from pointsman.names import folded
from pointsman.reading import read, read_bytes
from pointsman.source import Mapped, Node, Path, Source
from pointsman.structure import ABSENT, Predicated, Reader, TooMany

Data = Mapping[str, Any]


def load(path: str | FilePath, stdin: BinaryIO | None = None) -> Lifecycle:
    """The lifecycle in the file at `path`; ``-`` reads `stdin` (the process's own by default).

    Raises:
        SpecError: with a finding for every mistake.
    """
    return _loaded(read(path, stdin))


def load_text(text: str, file: str = "<text>") -> Lifecycle:
    """The lifecycle that `text` holds; `file` is what findings call it.

    Raises:
        SpecError: with a finding for every mistake.
    """
    return _loaded(read_bytes(text.encode("utf-8", "surrogatepass"), file))


def _loaded(source: Source) -> Lifecycle:
    assert source.root is not None  # a reader gives no source without a document
    reader = Reader(source.file)
    try:
        data = _checked(reader, source.root)
    except TooMany:
        data = ABSENT
    if reader.findings:
        raise SpecError(by_place(reader.findings))
    return _lifecycle(data, source)


def _checked(reader: Reader, root: Node) -> Any:
    if not isinstance(root, Mapped):
        help = "Start with `pointsman: 1`, then `lifecycle:`, `statuses:` and `transitions:`."
        reader.refuse("not-a-mapping", root, (), "a spec is a mapping (key: value)", help)
        return ABSENT
    data = reader.read(SPEC, root, ())
    checks = _Checks(reader, data, root)
    checks.names()
    checks.uses()
    checks.values()
    checks.columns()
    return data


# --- what only the whole document can tell -----------------------------------------

_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
_WHOLE_TYPES = frozenset({"bigint", "integer", "smallint", "numeric"})
_TIME_TYPES = frozenset({"timestamptz", "timestamp", "date"})
_TEXT_TYPES = frozenset({"text", "varchar", "char", "uuid", "json", "jsonb"})

_DECLARE = {
    "status": "Declare it under `statuses:`, or correct the name.",
    "event": "Use the event of a transition, or declare it under `events:`.",
    "actor": "Declare it under `actors:`, or correct the name.",
    "call": "Declare it under `calls:`, or correct the name.",
    "column": "Declare it under `table: columns:`, or correct the name.",
    "field": "Declare it under `table: columns:`, or correct the name.",
}


def family(type_: str) -> str:
    """What kind of values a PostgreSQL type holds: whole, time, boolean or text."""
    bare = type_.partition("(")[0]
    if bare in _WHOLE_TYPES:
        return "whole"
    if bare in _TIME_TYPES:
        return "time"
    return "boolean" if bare == "boolean" else "text"


class _Checks:
    """The cross-checks over data that may have holes where a finding already stands."""

    def __init__(self, reader: Reader, data: Data, root: Node) -> None:
        self._reader = reader
        self._data = data
        self._source = Source(reader.file, "", root)
        table = data.get("table") or {}
        self._columns: Data = {key: value for key, value in (table.get("columns") or {}).items() if value is not ABSENT}
        self._declared_columns = set(table.get("columns") or {})
        self._primary_key = table.get("primary_key", "id") if "table" in data else None

    def _refuse(self, code: str, path: Path, message: str, help: str, *, value: bool = False) -> None:
        place = self._source.place(*path, value=value)
        self._reader.refuse(code, _At(place.line, place.column), path, message, help)

    def _part(self, key: str) -> Data:
        found = self._data.get(key)
        return {name: body for name, body in found.items() if body is not ABSENT} if isinstance(found, dict) else {}

    # --- names

    def names(self) -> None:
        """Names of one kind must stay apart in every target language; a few words are taken."""
        for kind in ("statuses", "actors", "events", "calls", "queues"):
            self._collisions(kind)
        self._stored_values("statuses")
        self._stored_values("events")
        for number, transition in enumerate(self._data.get("transitions") or ()):
            if transition.get("event") in set(Step):
                self._taken(("transitions", number, "event"), transition["event"])
        for name in self._part("events"):
            if name in set(Step):
                self._taken(("events", name), name)
        table = self._data.get("table") or {}
        for name in self._declared_columns | {table.get("status_column"), table.get("primary_key")}:
            if name in _SYSTEM_COLUMNS:
                where = ("table", "columns", name) if name in self._declared_columns else ("table",)
                self._refuse("reserved-word", where, f"{name} is a system column of PostgreSQL", "Choose another name.")
        self._status_column_declared(table)

    def _status_column_declared(self, table: Data) -> None:
        name = table.get("status_column", "status")
        if name in self._declared_columns:
            message = f"the status column {name} is declared among the columns"
            help = "Leave it out of `columns:`; `status_column:` names it, and its type is text."
            self._refuse("status-column-declared", ("table", "columns", name), message, help)

    def _taken(self, path: Path, name: str) -> None:
        help = f"Choose another name: in `then:` {name} says what the worker does next."
        self._refuse("reserved-word", path, f"{name} cannot be an event", help, value=True)

    def _collisions(self, kind: str) -> None:
        seen: dict[str, str] = {}
        for name in self._data.get(kind) or {}:
            if (first := seen.setdefault(folded(name), name)) != name:
                message = f"{name} and {first} become the same name in some target language"
                help = "Make them differ in more than case and underscores; `value:` holds what the database stores."
                self._refuse("names-collide", (kind, name), message, help)

    def _stored_values(self, kind: str) -> None:
        seen: dict[str, str] = {}
        for name, body in self._part(kind).items():
            value = body.get("value", name)
            if (first := seen.setdefault(value, name)) != name:
                path: Path = (kind, name, "value") if "value" in body else (kind, name)
                message = f"{name} and {first} are both stored as {shown(value)}"
                self._refuse("duplicate-value", path, message, "Give each a value of its own.", value=True)

    # --- uses

    def uses(self) -> None:
        """Every name that refers to something must be declared."""
        known = self._known()
        for use in self._reader.uses:
            if use.name in known[use.kind]:
                continue
            kind = "column" if use.kind == "field" else use.kind
            hint = self._reader.hint(use.name, known[use.kind])
            message = f"the {kind} {use.name} is not declared.{hint}"
            node = _At(use.place.line, use.place.column)
            self._reader.refuse(f"undeclared-{kind}", node, use.path, message, _DECLARE[use.kind])

    def _known(self) -> dict[str, set[str]]:
        transitions = self._data.get("transitions") or ()
        events = {one["event"] for one in transitions if one.get("event")}
        key = {self._primary_key} if self._primary_key else set()
        return {
            "status": set(self._data.get("statuses") or {}),
            "event": events | set(self._data.get("events") or {}),
            "actor": set(self._data.get("actors") or {}),
            "call": set(self._data.get("calls") or {}),
            "column": self._declared_columns,
            "field": self._declared_columns | key,
        }

    # --- values

    def values(self) -> None:
        """What is written into a column must fit its type; so must what a condition compares."""
        for name, body in self._columns.items():
            if body.get("default") is not None:
                self._fits(name, body["default"], ("table", "columns", name, "default"))
            if "check" in body:
                self._compares(body["check"], ("table", "columns", name, "check"))
        for status, body in self._part("statuses").items():
            for column, setting in (body.get("on_entry") or {}).items():
                if setting is not ABSENT:
                    self._entry(status, column, setting)
        for number, transition in enumerate(self._data.get("transitions") or ()):
            if "when" in transition:
                self._compares(transition["when"], ("transitions", number, "when"))

    def _entry(self, status: str, column: str, setting: Setting) -> None:
        path = ("statuses", status, "on_entry", column)
        if setting is None:
            if not self._columns.get(column, {"nullable": True}).get("nullable"):
                help = f"Put a value there, or declare {column} as nullable."
                self._refuse("wrong-setting", path, f"{column} cannot be null", help, value=True)
            return
        self._fits(column, setting, path)

    def _fits(self, column: str, setting: Setting, path: Path) -> None:
        body = self._columns.get(column)
        if body is None or "type" not in body:
            return
        wanted = family(body["type"])
        if wanted != _family_of(setting) and not (wanted == "time" and isinstance(setting, str)):
            message = f"{_worded(setting)} does not fit {column}, which is {body['type']}"
            self._refuse("wrong-setting", path, message, f"Write a value that fits {body['type']}.", value=True)

    def _compares(self, predicated: Predicated, path: Path) -> None:
        for atom in atoms(predicated.condition):
            families = {
                name: found
                for operand in operands(atom)
                if (found := self._operand_family(operand))
                for name in [_operand_text(operand)]
            }
            known = set(families.values())
            if len(known) > 1 and known != {"time", "text"}:
                told = " and ".join(f"{name} ({kind})" for name, kind in families.items())
                help = "Compare values of one kind: numbers with numbers, texts with texts."
                self._refuse("condition-types", path, f"the condition compares {told}", help, value=True)
                return

    def _operand_family(self, operand: ColumnRef | Constant) -> str | None:
        if isinstance(operand, Constant):
            return _family_of(operand.value)
        body = self._columns.get(operand.name)
        return family(body["type"]) if body and "type" in body else None

    # --- columns by their part

    def columns(self) -> None:
        """A column that plays a part must have a type that can play it."""
        for name, path, wanted in self._parts():
            body = self._columns.get(name)
            if body is None or "type" not in body or family(body["type"]) == wanted:
                continue
            kind = {"time": "a point in time (timestamptz)", "whole": "a whole number"}[wanted]
            message = f"{name} is {body['type']}, but here it must hold {kind}"
            self._refuse("wrong-column-type", path, message, f"Change its type, or name another column.", value=True)

    def _parts(self) -> Iterator[tuple[str, Path, str]]:
        for name, queue in self._part("queues").items():
            if "due" in queue:
                yield queue["due"], ("queues", name, "due"), "time"
            if column := (queue.get("attempts") or {}).get("column"):
                yield column, ("queues", name, "attempts", "column"), "whole"
        for name, call in self._part("calls").items():
            if "key_first_used" in call:
                yield call["key_first_used"], ("calls", name, "key_first_used"), "time"
            if "key_generation" in call:
                yield call["key_generation"], ("calls", name, "key_generation"), "whole"
            if column := (call.get("amount") or {}).get("column"):
                yield column, ("calls", name, "amount", "column"), "whole"
        for name, event in self._part("events").items():
            if "keep_in" in event:
                yield event["keep_in"], ("events", name, "keep_in"), "time"
        if "fence" in (claims := self._data.get("claims") or {}):
            yield claims["fence"], ("claims", "fence"), "whole"


class _At:
    """Something with a line and a column, where a finding only needs those."""

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column


def _family_of(value: Setting) -> str:
    if isinstance(value, Now):
        return "time"
    if isinstance(value, bool):
        return "boolean"
    return "whole" if isinstance(value, int) else "text"


def _worded(setting: Setting) -> str:
    return "now" if isinstance(setting, Now) else shown(setting) if isinstance(setting, str) else str(setting).lower()


def _operand_text(operand: ColumnRef | Constant) -> str:
    return operand.name if isinstance(operand, ColumnRef) else _worded(operand.value)


# --- building ------------------------------------------------------------------------


def _lifecycle(data: Data, source: Source) -> Lifecycle:
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
        source=source,
    )


def _sentence(body: Data) -> str | None:
    text = body.get("summary")
    return re.sub(r"\s+", " ", text).strip() if text else None


def _table(body: Data) -> Table:
    return Table(
        name=body["name"],
        schema=body.get("schema"),
        primary_key=body.get("primary_key", "id"),
        status_column=body.get("status_column", "status"),
        columns=tuple(_column(name, column) for name, column in body.get("columns", {}).items()),
        enforce=frozenset(map(Enforcement, body.get("enforce", tuple(Enforcement)))),
    )


def _column(name: str, body: Data) -> Column:
    check = body.get("check")
    return Column(
        name=name,
        type=body["type"].replace(", ", ","),
        nullable=body.get("nullable", False),
        default=body.get("default"),
        check=check.condition if check else None,
    )


def _actor(name: str, body: str | Data) -> Actor:
    if isinstance(body, str):
        return Actor(name, ActorKind(body))
    return Actor(name, ActorKind(body["kind"]), _sentence(body))


def _effects(body: Data) -> tuple[tuple[str, Effect], ...]:
    return tuple((call, Effect(word)) for call, word in body.items())


def _status(name: str, body: Data) -> Status:
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


def _transitions(bodies: list[Data]) -> Iterator[Transition]:
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


def _event(name: str, body: Data) -> Event:
    return Event(
        name=name,
        value=body.get("value", name),
        delivery=Delivery(body.get("delivery", Delivery.AT_LEAST_ONCE)),
        carries=tuple(body.get("carries", {}).items()),
        otherwise=tuple((status, Answer(word)) for status, word in body.get("otherwise", {}).items()),
        keep_in=body.get("keep_in"),
        summary=_sentence(body),
    )


def _claims(body: Data) -> Claims:
    return Claims(ClaimBy(body["by"]), body.get("lease"), body.get("fence"), body.get("longest_pause"))


def _settle(body: Data) -> Settle:
    return Settle(SettleBy(body["first"]), SettleBy(body["otherwise"]) if "otherwise" in body else None)


def _call(name: str, body: Data) -> Call:
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


def _hook(type_: str, body: Data) -> Hook:
    return Hook(type_, body["event"], body.get("when"), tuple(body.get("otherwise", {}).items()))


def _outcome(body: Data) -> OutcomeRule:
    outcome = next(Outcome(key) for key in body if key != "stored")
    return OutcomeRule(outcome, tuple(map(_match, body[outcome])), body.get("stored", False))


def _match(body: str | Data) -> Match:
    if isinstance(body, str):
        return Match(silence=Silence(body))
    return Match(tuple(body.get("http", ())), body.get("code"), body.get("type"), body.get("message"))


def _queue(name: str, body: Data) -> Queue:
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
        then=tuple((Reply(reply), answer) for reply, answer in body.get("then", {}).items()),
        summary=_sentence(body),
    )


def _backoff(body: Data) -> Backoff:
    return Backoff(body["first"], body.get("factor", 2.0), body.get("ceiling"), body.get("jitter", 0.0))
