"""The cross-checks: what only the whole document can prove right.

Names that refer to something are held against what is declared, and values and
conditions against the types of columns. The cross-checks work from what a
`StructureReader` collected. They pass over whatever could not be read: there is
a finding for it already.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from pointsman.loading.structure import Comparison, StructureReader, Use, Written
from pointsman.spec.condition import ColumnRef, Constant, atoms, operands
from pointsman.spec.finding import shown
from pointsman.spec.fitting import family, fits
from pointsman.spec.lifecycle import NextStep, Now, Setting, Table
from pointsman.spec.names import folded
from pointsman.spec.source import Mapped, Path, Source

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
    """The cross-checks over what `reader` collected from the document `source`; findings go to `reader`."""

    def __init__(self, reader: StructureReader, source: Source) -> None:
        self._reader = reader
        self._source = source
        self._columns = reader.declared.get(("table", "columns"), {})

    def all(self) -> None:
        """Run every cross-check."""
        self._names()
        for use in self._reader.uses:
            self._declared(use)
        for written in self._reader.written:
            self._fits(written)
        for comparison in self._reader.comparisons:
            self._compares(comparison)
        for use in self._reader.uses:
            self._holds(use)

    def _refuse(self, code: str, path: Path, message: str, advice: str, *, value: bool = False) -> None:
        self._reader.refuse(code, self._source.place(*path, value=value), path, message, advice)

    # --- names

    def _names(self) -> None:
        """Names of one kind must stay apart in every target language; a few words are taken."""
        declared = self._reader.declared
        for kind in ("statuses", "actors", "events", "calls", "queues"):
            self._collisions(kind, declared.get((kind,), {}))
        for kind in ("statuses", "events"):
            self._stored_values(kind, declared.get((kind,), {}))
        events = {path: name for path, name in self._reader.named.items() if _is_event_of_transition(path)}
        events |= {("events", name): name for name, is_record in declared.get(("events",), {}).items() if is_record}
        taken = set(NextStep)
        for path, name in events.items():
            if name in taken:
                advice = f"Choose another name: in `then:` {name} says what the worker does next."
                self._refuse("reserved-word", path, f"{name} cannot be an event", advice, value=True)
        self._table_names()

    def _table_names(self) -> None:
        named = self._reader.named
        places = {
            named[path]: path for key in ("status_column", "primary_key") if (path := ("table", key)) in named
        } | {name: ("table", "columns", name) for name in self._columns}
        for name in sorted(_SYSTEM_COLUMNS & places.keys()):
            message = f"{name} is a system column of PostgreSQL"
            self._refuse("reserved-word", places[name], message, "Choose another name.")
        name = named.get(("table", "status_column"), Table.status_column)
        if name in self._columns:
            message = f"the status column {name} is declared among the columns"
            advice = "Leave it out of `columns:`; `status_column:` names it, and its type is text."
            self._refuse("status-column-declared", ("table", "columns", name), message, advice)

    def _collisions(self, kind: str, names: Mapping[str, bool]) -> None:
        seen: dict[str, str] = {}
        for name in names:
            if (first := seen.setdefault(folded(name), name)) != name:
                message = f"{name} and {first} become the same name in some target language"
                advice = "Make them differ in more than case and underscores; `value:` holds what the database stores."
                self._refuse("names-collide", (kind, name), message, advice)

    def _stored_values(self, kind: str, names: Mapping[str, bool]) -> None:
        seen: dict[str, str] = {}
        for name in (name for name, is_record in names.items() if is_record):
            given = self._reader.stored.get((kind, name))
            value = name if given is None else given
            if (first := seen.setdefault(value, name)) != name:
                path: Path = (kind, name) if given is None else (kind, name, "value")
                message = f"{name} and {first} are both stored as {shown(value)}"
                self._refuse("duplicate-value", path, message, "Give each a value of its own.", value=True)

    # --- uses

    @cached_property
    def _known(self) -> Mapping[str, AbstractSet[str]]:
        """The names that a `Ref` may refer to, by its kind."""
        declared = self._reader.declared
        events = {name for path, name in self._reader.named.items() if _is_event_of_transition(path)}
        return {
            "status": declared.get(("statuses",), {}).keys(),
            "event": events | declared.get(("events",), {}).keys(),
            "actor": declared.get(("actors",), {}).keys(),
            "call": declared.get(("calls",), {}).keys(),
            "column": self._columns.keys(),
            "field": self._columns.keys() | self._primary_key(),
        }

    def _primary_key(self) -> set[str]:
        root = self._source.root
        table = root.find("table") if isinstance(root, Mapped) else None
        if table is None or not isinstance(table.value, Mapped):
            return set()
        return {self._reader.named.get(("table", "primary_key"), Table.primary_key)}

    def _declared(self, use: Use) -> None:
        """A name that refers to something must be declared."""
        known = self._known[use.kind]
        if use.name in known:
            return
        kind = "column" if use.kind == "field" else use.kind
        message = f"the {kind} {use.name} is not declared.{self._reader.hint(use.name, known)}"
        self._reader.refuse(f"undeclared-{kind}", use.place, use.path, message, _DECLARE[use.kind])

    def _holds(self, use: Use) -> None:
        """A column that plays a part must have a type that can play it."""
        type_ = self._reader.types.get(use.name)
        if use.holds is None or type_ is None or family(type_) == use.holds:
            return
        kind = {"time": "a point in time (timestamptz)", "whole": "a whole number"}[use.holds]
        message = f"{use.name} is {type_}, but here it must hold {kind}"
        advice = "Change its type, or name another column."
        self._refuse("wrong-column-type", use.path, message, advice, value=True)

    # --- values

    def _fits(self, written: Written) -> None:
        """A value that is written into a column must fit the column's type."""
        column, setting, type_ = written.column, written.setting, self._reader.types.get(written.column)
        if setting is None:
            if self._columns.get(column) and column not in self._reader.nullable:
                advice = f"Put a value there, or declare {column} as nullable."
                self._refuse("wrong-setting", written.path, f"{column} cannot be null", advice, value=True)
        elif type_ is not None and not fits(type_, setting):
            message = f"{_worded(setting)} does not fit {column}, which is {type_}"
            self._refuse("wrong-setting", written.path, message, _advice(type_, setting), value=True)

    def _compares(self, comparison: Comparison) -> None:
        """A condition must compare values of one kind."""
        for atom in atoms(comparison.condition):
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
                self._refuse("condition-types", comparison.path, f"the condition compares {told}", advice, value=True)
                return

    def _operand_family(self, operand: ColumnRef | Constant) -> str | None:
        if isinstance(operand, Constant):
            return _family_of(operand.value)
        type_ = self._reader.types.get(operand.name)
        return None if type_ is None else family(type_)


def _is_event_of_transition(path: Path) -> bool:
    return path[0] == "transitions" and path[-1] == "event"


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
