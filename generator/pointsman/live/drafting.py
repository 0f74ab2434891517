"""Drafts a first spec from a live table: statuses, columns, and the queues that its partial indexes suggest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from pointsman.database import Database
from pointsman.draft import DraftColumn, DraftQueue, DraftStatus, DraftTable, SpecDraft, is_name, named
from pointsman.live.column_types import declared
from pointsman.live.expressions import admitted, canonical
from pointsman.live.table import LiveColumn, LiveIndex, LiveTable
from pointsman.spec.errors import UsageError
from pointsman.sql.quoting import identifier

SAMPLED_ROWS = 200_000
"""About how many rows are read where neither the type nor a CHECK lists the statuses."""

MOST_VALUES = 200
"""A column with more values than this is no status column."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The values of a status column. `origin` names their source; `partial` is true if there may be more values."""

    values: tuple[str, ...]
    origin: str
    partial: bool = False


def draft_of(database: Database, live: LiveTable, column: str, lifecycle: str, *, in_schema: bool) -> SpecDraft:
    """A first spec for the statuses in `column` of `live`. With `in_schema` the spec names the table's schema.

    Raises:
        UsageError: the table has no such column, or it holds no statuses.
        DatabaseError: the table may not be read, or time ran out.
    """
    status = live.column.get(column)
    if status is None:
        raise UsageError(
            f"{live.sql} has no column {column!r}; it has {', '.join(live.column)}. Name it with --column."
        )
    if (column,) in live.keys:
        raise UsageError(
            f"{column!r} is unique in {live.sql}, so it is no status. Name the status column with --column."
        )
    schema = live.schema if in_schema else None
    stored = stored_statuses(database, live, status)
    if not stored.values:
        raise UsageError(f"{column!r} of {live.sql} holds no statuses yet. List them: pointsman init NAME STATUS...")
    names = named(stored.values)
    first = _first(status, stored.values)
    statuses = tuple(DraftStatus(names[value], value, initial=value == first) for value in stored.values)
    queues, unused = _queues(database, live, status, names)
    return SpecDraft(
        lifecycle,
        statuses,
        stored.origin,
        guessed=_default_text(status) != first,
        table=_table(live, column, queues, schema),
        queues=queues,
        notes=tuple(_notes(live, column, stored, unused, schema)),
    )


# --- the statuses ----------------------------------------------------------------


def stored_statuses(database: Database, live: LiveTable, column: LiveColumn) -> Stored:
    """The values that `column` may hold: an enum's labels, else what a CHECK lists, else what a sample of rows holds.

    Raises:
        UsageError: `column` holds more than `MOST_VALUES` different values, too many for a status.
        DatabaseError: the table may not be read, or time ran out.
    """
    if column.labels is not None:
        return Stored(column.labels, f"the enum {column.type}")
    return _from_check(database, live, column) or _from_rows(database, live, column)


def _from_check(database: Database, live: LiveTable, column: LiveColumn) -> Stored | None:
    checks = [check for check in live.checks if check.columns == (column.name,) and not check.foreign_code]
    texts = canonical(database, live.sql, [check.expression for check in checks])
    for check, text in zip(checks, texts, strict=True):
        values = admitted(text, column.name) if text is not None else None
        if values:
            order = sorted(values, key=lambda value: _position(check.expression, value))
            return Stored(tuple(order), f"the CHECK {check.name}")
    return None


def _position(expression: str, value: str) -> int:
    """The position of a value in the text of a CHECK, so that statuses keep the order of the CHECK."""
    found = expression.find("'" + value.replace("'", "''") + "'")
    return found if found >= 0 else len(expression)


def _from_rows(database: Database, live: LiveTable, column: LiveColumn) -> Stored:
    share = min(100.0, 100 * SAMPLED_ROWS / live.rows) if live.rows else 100.0
    sample = "" if share >= 100 else f" tablesample system ({share:.6f})"
    name = identifier(column.name)
    found = database.read(
        f"select status, count(*) from (select {name}::text as status from {live.sql}{sample}"  # noqa: S608 - quoted
        f" limit {5 * SAMPLED_ROWS}) as seen where status is not null"
        f" group by status order by count(*) desc, status limit {MOST_VALUES + 1}"
    )
    if len(found) > MOST_VALUES:
        raise UsageError(f"{column.name!r} of {live.sql} holds more than {MOST_VALUES} values; name the status column.")
    rows = sum(cast("int", count) for _, count in found)
    return Stored(tuple(str(value) for value, _ in found), f"{rows:,} rows of {live.sql}", partial=True)


def _first(column: LiveColumn, values: tuple[str, ...]) -> str:
    """The status that rows start in: the column's default, else the first of `values`."""
    default = _default_text(column)
    return default if default in values else values[0]


def _default_text(column: LiveColumn) -> str | None:
    found = re.fullmatch(r"'((?:[^']|'')*)'(?:::.*)?", column.default or "", re.DOTALL)
    return found[1].replace("''", "'") if found else None


# --- the table -------------------------------------------------------------------


def _table(live: LiveTable, column: str, queues: tuple[DraftQueue, ...], schema: str | None) -> DraftTable | None:
    key = _key(live)
    if _unnameable(live, column, schema):
        return None
    columns = [_column(each) for each in live.columns if each.name not in (column, key)]
    wanted = {name for queue in queues for name in (queue.due, *queue.order)}
    return DraftTable(
        live.name,
        schema,
        key,
        column,
        used=tuple(each for each in columns if each.name in wanted),
        others=tuple(each for each in columns if each.name not in wanted),
    )


def _unnameable(live: LiveTable, column: str, schema: str | None) -> tuple[str, ...]:
    """The names that the table's part of a spec cannot hold."""
    return tuple(name for name in (schema, live.name, column) if name is not None and not is_name(name))


def _key(live: LiveTable) -> str | None:
    return next((key[0] for key in live.keys if len(key) == 1 and is_name(key[0])), None)


def _column(live: LiveColumn) -> DraftColumn:
    return DraftColumn(live.name, declared(live.type), not live.required, _default(live))


def _default(live: LiveColumn) -> str | None:
    """The column's default as the spec language writes it; None where the language has no such value."""
    text = live.default or ""
    if text in {"now()", "CURRENT_TIMESTAMP"}:
        return "now"
    return text if re.fullmatch(r"-?\d{1,18}|true|false", text) else None


# --- queues ----------------------------------------------------------------------


def _queues(
    database: Database, live: LiveTable, status: LiveColumn, names: dict[str, str]
) -> tuple[tuple[DraftQueue, ...], tuple[LiveIndex, ...]]:
    """The queues that partial indexes over the status suggest, and the partial indexes that give no queue."""
    partial = [index for index in live.indexes if index.predicate is not None and not index.foreign_code]
    texts = canonical(database, live.sql, [index.predicate or "" for index in partial])
    queues: dict[str, DraftQueue] = {}
    unused: list[LiveIndex] = []
    held: set[str] = set()
    for index, text in zip(partial, texts, strict=True):
        values = admitted(text, status.name) if text is not None else None
        statuses = tuple(names[value] for value in values or () if value in names)
        due = _due(live, index)
        if values is None and not re.search(rf"\b{re.escape(status.name)}\b", index.predicate or ""):
            continue
        if not statuses or due is None or held & set(statuses) or not (index.usable and is_name(index.name)):
            unused.append(index)
            continue
        held |= set(statuses)
        name = _queue_name(statuses, index, set(queues))
        queues[name] = DraftQueue(name, statuses, due, _order(live, due), index.name)
    return tuple(queues.values()), tuple(unused)


def _due(live: LiveTable, index: LiveIndex) -> str | None:
    """The index's first key column of a time type; None if there is none, or if a spec cannot name it."""
    times = {identifier(column.name): column.name for column in live.columns if column.is_time}
    found = next((times[key] for key in index.keys if key in times), None)
    known = found is not None and is_name(found) and declared(live.column[found].type) is not None
    return found if known else None


def _order(live: LiveTable, due: str) -> tuple[str, ...]:
    key = _key(live)
    return (due,) if key is None or key == due else (due, key)


def _queue_name(statuses: tuple[str, ...], index: LiveIndex, taken: set[str]) -> str:
    wish = statuses[0] if len(statuses) == 1 else index.name
    return wish if wish not in taken else f"{wish}_{len(taken) + 1}"


# --- notes -----------------------------------------------------------------------


def _notes(
    live: LiveTable, column: str, stored: Stored, unused: tuple[LiveIndex, ...], schema: str | None
) -> Iterator[str]:
    if stored.partial:
        yield "Neither the column's type nor a CHECK lists the statuses, so one that is rare may be missing."
    if _key(live) is None:
        yield "The table has no key of one column that a spec can name; Pointsman needs one to write a single row."
    if odd := _unnameable(live, column, schema):
        yield f"There is no `table:` here, since a spec cannot hold the name {', '.join(odd)}: guards, but no SQL."
    for index in unused:
        yield f"The index {index.name} is about the status too, and no queue was made of it: {index.predicate}"
