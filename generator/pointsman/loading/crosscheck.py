"""What only the whole document can tell: uses against declarations, values against columns.

The data may have holes where a finding already stands; nothing here reports a
hole a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pointsman.loading.structure import ABSENT, Predicated, StructureReader
from pointsman.spec.condition import ColumnRef, Constant, atoms, operands
from pointsman.spec.finding import shown
from pointsman.spec.fitting import family, fits
from pointsman.spec.lifecycle import NextStep, Now, PropertyKind, Setting
from pointsman.spec.names import folded
from pointsman.spec.source import Path, Source

CheckedData = Mapping[str, Any]

_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})

_DECLARE = {
    "status": "Declare it under `statuses:`, or correct the name.",
    "event": "Use the event of a transition, or declare it under `events:`.",
    "actor": "Declare it under `actors:`, or correct the name.",
    "call": "Declare it under `calls:`, or correct the name.",
    "column": "Declare it under `table: columns:`, or correct the name.",
    "field": "Declare it under `table: columns:`, or correct the name.",
}


class CrossCheck:
    """The cross-checks over one document's data; findings go to its reader."""

    def __init__(self, reader: StructureReader, data: CheckedData, source: Source) -> None:
        self._reader = reader
        self._data = data
        self._source = source
        table = data.get("table") or {}
        self._columns: CheckedData = {
            key: value for key, value in (table.get("columns") or {}).items() if value is not ABSENT
        }
        self._declared_columns = set(table.get("columns") or {})
        self._primary_key = table.get("primary_key", "id") if "table" in data else None

    def _refuse(self, code: str, path: Path, message: str, advice: str, *, value: bool = False) -> None:
        self._reader.refuse(code, self._source.place(*path, value=value), path, message, advice)

    def _part(self, key: str) -> CheckedData:
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
            if transition.get("event") in set(NextStep):
                self._taken(("transitions", number, "event"), transition["event"])
        for name in self._part("events"):
            if name in set(NextStep):
                self._taken(("events", name), name)
        self._table_names(self._data.get("table") or {})

    def _table_names(self, table: CheckedData) -> None:
        places: dict[str, Path] = {table.get(key, ""): ("table", key) for key in ("status_column", "primary_key")}
        places |= {name: ("table", "columns", name) for name in self._declared_columns}
        for name in sorted(_SYSTEM_COLUMNS & places.keys()):
            message = f"{name} is a system column of PostgreSQL"
            self._refuse("reserved-word", places[name], message, "Choose another name.")
        name = table.get("status_column", "status")
        if name in self._declared_columns:
            message = f"the status column {name} is declared among the columns"
            advice = "Leave it out of `columns:`; `status_column:` names it, and its type is text."
            self._refuse("status-column-declared", ("table", "columns", name), message, advice)

    def _taken(self, path: Path, name: str) -> None:
        advice = f"Choose another name: in `then:` {name} says what the worker does next."
        self._refuse("reserved-word", path, f"{name} cannot be an event", advice, value=True)

    def _collisions(self, kind: str) -> None:
        seen: dict[str, str] = {}
        for name in self._data.get(kind) or {}:
            if (first := seen.setdefault(folded(name), name)) != name:
                message = f"{name} and {first} become the same name in some target language"
                advice = "Make them differ in more than case and underscores; `value:` holds what the database stores."
                self._refuse("names-collide", (kind, name), message, advice)

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
            self._reader.refuse(f"undeclared-{kind}", use.place, use.path, message, _DECLARE[use.kind])

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
        for status, body in self._part("statuses").items():
            for column, setting in (body.get("on_entry") or {}).items():
                if setting is not ABSENT:
                    self._entry(status, column, setting)
        for path, predicated in self._conditions():
            self._compares(predicated, path)

    def _conditions(self) -> Iterator[tuple[Path, Predicated]]:
        """Every condition of the document, with its place."""
        for name, body in self._columns.items():
            if "check" in body:
                yield ("table", "columns", name, "check"), body["check"]
        for number, transition in enumerate(self._data.get("transitions") or ()):
            if "when" in transition:
                yield ("transitions", number, "when"), transition["when"]
        for name, body in self._part("properties").items():
            for path, picture in _pictures(body, ("properties", name)):
                if "where" in picture:
                    yield (*path, "where"), picture["where"]

    def _entry(self, status: str, column: str, setting: Setting) -> None:
        path = ("statuses", status, "on_entry", column)
        if setting is None:
            if not self._columns.get(column, {"nullable": True}).get("nullable"):
                advice = f"Put a value there, or declare {column} as nullable."
                self._refuse("wrong-setting", path, f"{column} cannot be null", advice, value=True)
            return
        self._fits(column, setting, path)

    def _fits(self, column: str, setting: Setting, path: Path) -> None:
        body = self._columns.get(column)
        if body is None or "type" not in body:
            return
        if not fits(body["type"], setting):
            message = f"{_worded(setting)} does not fit {column}, which is {body['type']}"
            self._refuse("wrong-setting", path, message, _advice(body["type"], setting), value=True)

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
                advice = "Compare values of one kind: numbers with numbers, texts with texts."
                self._refuse("condition-types", path, f"the condition compares {told}", advice, value=True)
                return

    def _operand_family(self, operand: ColumnRef | Constant) -> str | None:
        if isinstance(operand, Constant):
            return _family_of(operand.value)
        body = self._columns.get(operand.name)
        return family(body["type"]) if body and "type" in body else None

    # --- columns by their part

    def columns(self) -> None:
        """A column that plays a part must have a type that can play it."""
        for kind, keys, wanted in _PARTS:
            for name, body in self._part(kind).items():
                self._plays(body, (kind, name), keys, wanted)
        self._plays(self._data.get("claims") or {}, ("claims",), ("fence",), "whole")

    def _plays(self, body: CheckedData, path: Path, keys: tuple[str, ...], wanted: str) -> None:
        column: Any = body
        for key in keys:
            column = column.get(key, ABSENT) if isinstance(column, dict) else ABSENT
        declared = self._columns.get(column) if isinstance(column, str) else None
        if declared is None or "type" not in declared or family(declared["type"]) == wanted:
            return
        kind = {"time": "a point in time (timestamptz)", "whole": "a whole number"}[wanted]
        message = f"{column} is {declared['type']}, but here it must hold {kind}"
        advice = "Change its type, or name another column."
        self._refuse("wrong-column-type", (*path, *keys), message, advice, value=True)


_PARTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("queues", ("due",), "time"),
    ("queues", ("attempts", "column"), "whole"),
    ("calls", ("key_first_used",), "time"),
    ("calls", ("key_generation",), "whole"),
    ("calls", ("amount", "column"), "whole"),
    ("events", ("keep_in",), "time"),
)


def _pictures(body: CheckedData, path: Path) -> Iterator[tuple[Path, CheckedData]]:
    """The pictures of a property, each with its place."""
    for kind in PropertyKind:
        if kind is PropertyKind.LEADS_TO:
            yield from (((*path, kind, end), picture) for end, picture in body.get(kind, {}).items())
        elif kind in body:
            yield (*path, kind), body[kind]


def _advice(type_: str, setting: Setting) -> str:
    if family(type_) != "time":
        return f"Write a value that fits {type_}."
    if setting == "now":
        return "Write now without quotes: as a text it would be read once, when the table is made."
    return "Write now, or a time such as 2025-01-31 12:00:00Z."


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
