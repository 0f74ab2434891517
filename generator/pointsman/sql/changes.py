"""The changes of a database from one lifecycle to another, in the order in which they can be made.

New columns come first, then values for rows that newly need them, then indexes,
then CHECKs, then the trigger; indexes and columns that are no longer wanted go last.
So after every step, workers of the old spec and of the new one can both go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pointsman.spec.lifecycle import Enforcement, Lifecycle, Status
from pointsman.sql.quoting import setting
from pointsman.sql.schema import (
    CheckConstraint,
    ColumnDefinition,
    Index,
    Schema,
    TransitionsRule,
    columns_of,
    table_of,
    wanted,
)


@dataclass(frozen=True, slots=True)
class CreateAll:
    """The table and all that belongs to it, in a database without it."""


@dataclass(frozen=True, slots=True)
class AlterColumns:
    """Columns that are new, that get another default (pairs of old and new), and that may be null from now on."""

    added: tuple[ColumnDefinition, ...] = ()
    defaults: tuple[tuple[ColumnDefinition, ColumnDefinition], ...] = ()
    loosened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeType:
    """A column that gets another type, and with it its default."""

    old: ColumnDefinition
    new: ColumnDefinition


@dataclass(frozen=True, slots=True)
class Fill:
    """Values, as SQL expressions, for the rows without them in the status stored as `status` (None: in any status)."""

    status: str | None
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Backfill:
    """Values for rows that newly need them, where the spec determines the values."""

    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class AddIndex:
    """An index that is new."""

    index: Index


@dataclass(frozen=True, slots=True)
class ReplaceIndex:
    """An index that keeps its name and covers something else."""

    old: Index
    new: Index


@dataclass(frozen=True, slots=True)
class SwapChecks:
    """CHECKs to drop and CHECKs to add; a name in both stands for a CHECK that has changed."""

    dropped: tuple[CheckConstraint, ...]
    added: tuple[CheckConstraint, ...]


@dataclass(frozen=True, slots=True)
class ForbidNulls:
    """Columns that may not be null any more."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstallRule:
    """The trigger is new."""

    rule: TransitionsRule


@dataclass(frozen=True, slots=True)
class ReplaceRule:
    """The trigger stays; its function is replaced."""

    old: TransitionsRule
    new: TransitionsRule


@dataclass(frozen=True, slots=True)
class RemoveRule:
    """The trigger goes."""

    rule: TransitionsRule


@dataclass(frozen=True, slots=True)
class RemoveIndex:
    """An index that the new spec does not have."""

    index: Index


@dataclass(frozen=True, slots=True)
class RemoveColumns:
    """Columns to drop, with their values."""

    columns: tuple[ColumnDefinition, ...]


Change = (
    CreateAll
    | AlterColumns
    | ChangeType
    | Backfill
    | AddIndex
    | ReplaceIndex
    | SwapChecks
    | ForbidNulls
    | InstallRule
    | ReplaceRule
    | RemoveRule
    | RemoveIndex
    | RemoveColumns
)


def changes(old: Lifecycle | None, new: Lifecycle) -> tuple[Change, ...]:
    """The changes that turn the schema of `old` (None: an empty database) into that of `new`, in order.

    The two must have the same table, primary key and status column; `dangers`
    finds where they do not, and which changes may fail or lose data.

    Raises:
        UsageError: one of the lifecycles has no table.
    """
    if old is None:
        return (CreateAll(),)
    before, after = wanted(old), wanted(new)
    return (
        *_columns_first(before, after),
        *_types(before, after),
        *_backfill(old, new),
        *_new_indexes(before, after),
        *_checks(before, after),
        *_rules(before, after),
        *_indexes_last(before, after),
        *_columns_last(before, after),
    )


ColumnDefinitions = tuple[ColumnDefinition, ...]


# --- columns -------------------------------------------------------------------


def _columns_first(before: Schema, after: Schema) -> Iterator[Change]:
    both = _in_both(before.columns, after.columns)
    known = {column.name for column in before.columns}
    altered = AlterColumns(
        added=tuple(column for column in after.columns if column.name not in known),
        defaults=tuple(
            (was, column) for was, column in both if was.default != column.default and was.type == column.type
        ),
        loosened=tuple(column.name for was, column in both if was.required and not column.required),
    )
    if altered != AlterColumns():
        yield altered


def _types(before: Schema, after: Schema) -> Iterator[Change]:
    # A CHECK to drop may be invalid under the new type, and would then stop the change.
    if early := _dropped_early(before, after):
        yield SwapChecks(early, ())
    for was, column in _in_both(before.columns, after.columns):
        if was.type != column.type:
            yield ChangeType(was, column)


def _dropped_early(before: Schema, after: Schema) -> tuple[CheckConstraint, ...]:
    retyped = {column.name for was, column in _in_both(before.columns, after.columns) if was.type != column.type}
    kept = frozenset(after.checks)
    return tuple(check for check in before.checks if check.typed & retyped and check not in kept)


def _in_both(
    before: ColumnDefinitions, after: ColumnDefinitions
) -> tuple[tuple[ColumnDefinition, ColumnDefinition], ...]:
    known = {column.name: column for column in before}
    return tuple((known[column.name], column) for column in after if column.name in known)


def _tightened(before: ColumnDefinitions, after: ColumnDefinitions) -> tuple[str, ...]:
    return tuple(column.name for was, column in _in_both(before, after) if column.required and not was.required)


def _columns_last(before: Schema, after: Schema) -> Iterator[Change]:
    kept = {column.name for column in after.columns}
    if removed := tuple(column for column in before.columns if column.name not in kept):
        yield RemoveColumns(removed)


# --- values --------------------------------------------------------------------


def _backfill(old: Lifecycle, new: Lifecycle) -> Iterator[Change]:
    everywhere = [(column, value) for column in newly_required(old, new) if (value := known_default(new, column))]
    fills = [Fill(None, ((column, value),)) for column, value in everywhere]
    for name, columns in newly_demanded(old, new).items():
        status = new.status[name]
        known = ((column, known_value(new, status, column)) for column in columns)
        if values := tuple((column, value) for column, value in known if value is not None):
            fills.append(Fill(status.value, values))
    if fills:
        yield Backfill(tuple(fills))


def newly_required(old: Lifecycle, new: Lifecycle) -> tuple[str, ...]:
    """The columns of both lifecycles that may be null in `old` and not in `new`."""
    return _tightened(columns_of(table_of(old)), columns_of(table_of(new)))


def newly_demanded(old: Lifecycle, new: Lifecycle) -> Mapping[str, tuple[str, ...]]:
    """By name of a status of `new`: the columns that it requires and that may be null in its present rows.

    A status that `old` does not store has no rows. A column that is added with a
    default has a value in every row.
    """
    if Enforcement.CHECK not in table_of(new).enforce:
        return {}
    stored, before = {status.value for status in old.statuses}, _demands(old)
    had = {column.name for column in table_of(old).columns}
    certain = {
        column.name
        for column in columns_of(table_of(new))
        if column.required or (column.name not in had and column.default is not None)
    }
    return {
        status.name: tuple(
            name
            for name in status.requires
            if name not in certain and name not in before.get(status.value, frozenset())
        )
        for status in new.statuses
        if status.value in stored
    }


def _demands(lifecycle: Lifecycle) -> dict[str, frozenset[str]]:
    """By stored status, the columns that constraints keep from being null."""
    if Enforcement.CHECK not in table_of(lifecycle).enforce:
        return {}
    return {status.value: frozenset(status.requires) for status in lifecycle.statuses}


def known_value(lifecycle: Lifecycle, status: Status, column: str) -> str | None:
    """The value, in SQL, of `column` for a row in `status` that lacks it; None if the spec does not determine it."""
    entered = dict(status.on_entry).get(column)
    return setting(entered) if entered is not None else known_default(lifecycle, column)


def known_default(lifecycle: Lifecycle, column: str) -> str | None:
    """The default of a declared column, in SQL, or None."""
    declared = table_of(lifecycle).column.get(column)
    return setting(declared.default) if declared is not None and declared.default is not None else None


# --- indexes -------------------------------------------------------------------


def _new_indexes(before: Schema, after: Schema) -> Iterator[Change]:
    known = {index.name: index for index in before.indexes}
    for index in after.indexes:
        was = known.get(index.name)
        if was is None:
            yield AddIndex(index)
        elif was != index:
            yield ReplaceIndex(was, index)


def _indexes_last(before: Schema, after: Schema) -> Iterator[Change]:
    kept = {index.name for index in after.indexes}
    for index in before.indexes:
        if index.name not in kept:
            yield RemoveIndex(index)


# --- CHECKs and the trigger ------------------------------------------------------


def _checks(before: Schema, after: Schema) -> Iterator[Change]:
    had, kept = frozenset(before.checks), frozenset(after.checks)
    gone = kept.union(_dropped_early(before, after))
    dropped = tuple(check for check in before.checks if check not in gone)
    added = tuple(check for check in after.checks if check not in had)
    if dropped or added:
        yield SwapChecks(dropped, added)
    if tightened := _tightened(before.columns, after.columns):
        yield ForbidNulls(tightened)


def _rules(before: Schema, after: Schema) -> Iterator[Change]:
    was, rule = before.rule, after.rule
    if was == rule:
        return
    if was is not None and (rule is None or rule.name != was.name):
        yield RemoveRule(was)
        was = None
    if rule is not None:
        yield InstallRule(rule) if was is None else ReplaceRule(was, rule)
