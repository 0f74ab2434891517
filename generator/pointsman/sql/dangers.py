"""Changes whose safety depends on the rows of the table: findings, each with the query that decides.

`pointsman migrate` writes nothing while one of them stands. Codes in `ALLOWED`
can be accepted with `--allow CODE` once the query has been run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pointsman.spec import condition, database_names
from pointsman.spec.condition import Condition
from pointsman.spec.finding import Finding, Severity, shown
from pointsman.spec.lifecycle import Enforcement, Lifecycle, Now, Status
from pointsman.spec.source import Path, Place
from pointsman.sql.changes import known_default, known_value, newly_demanded, newly_required
from pointsman.sql.quoting import identifier, literal, qualified
from pointsman.sql.schema import CheckConstraint, TableName, columns_of, requires_check, table_of, wanted

STATUS_REMOVED = "status-removed"
COLUMN_REMOVED = "column-removed"
COLUMN_TYPE_CHANGED = "column-type-changed"
COLUMN_NEEDS_VALUE = "column-needs-value"
ROWS_MAY_BREAK_CHECK = "rows-may-break-check"
TABLE_RENAMED = "table-renamed"
STATUS_COLUMN_RENAMED = "status-column-renamed"
PRIMARY_KEY_CHANGED = "primary-key-changed"

ALLOWED = (STATUS_REMOVED, COLUMN_REMOVED, COLUMN_TYPE_CHANGED, COLUMN_NEEDS_VALUE, ROWS_MAY_BREAK_CHECK)
"""The codes that `--allow` accepts. The other codes are changes that no generated file can make safe."""


def dangers(old: Lifecycle, new: Lifecycle) -> tuple[Finding, ...]:
    """A finding for each change from `old` to `new` that may fail or lose data, depending on the rows.

    If the table itself is another one, this is the only finding.

    Raises:
        UsageError: one of the lifecycles has no table.
    """
    if moved := tuple(_moved(old, new)):
        return moved
    return (
        *_statuses_removed(old, new),
        *_columns_removed(old, new),
        *_types_changed(old, new),
        *_values_needed(old, new),
        *_checks_may_break(old, new),
    )


def _finding(code: str, message: str, place: Place, help_text: str, subject: str, query: str = "") -> Finding:
    """A finding whose `query` counts the rows that decide; the query ends the help and is one of the facts."""
    answer = f"\n{query}" if query else ""
    facts = (("query", query),) if query else ()
    return Finding(code, Severity.ERROR, message, place, help_text + answer, subject, facts)


def _count(lifecycle: Lifecycle, breaking: str = "") -> str:
    table = qualified(table_of(lifecycle).schema, table_of(lifecycle).name)
    return f"SELECT count(*) FROM {table}" + (f" WHERE {breaking};" if breaking else ";")  # noqa: S608 - all quoted


# --- the table -------------------------------------------------------------------


def _moved(old: Lifecycle, new: Lifecycle) -> Iterator[Finding]:
    was, now = table_of(old), table_of(new)
    names = (TableName(was.name, was.schema), TableName(now.name, now.schema))
    if names[0] != names[1]:
        yield _finding(
            TABLE_RENAMED,
            f"The table was {names[0].sql} and is {names[1].sql}.",
            new.place("table", "name", value=True),
            "Rename it by hand together with every program that uses it, or migrate two tables apart.",
            f"table:{now.name}",
        )
    if was.status_column != now.status_column:
        yield _finding(
            STATUS_COLUMN_RENAMED,
            f"The status was in the column {was.status_column} and is in {now.status_column}.",
            new.place("table", "status_column", value=True),
            "Add the new column, write both, move the readers, and then migrate with a spec of the new one alone.",
            f"column:{now.status_column}",
        )
    if _key(old) != _key(new):
        yield _finding(
            PRIMARY_KEY_CHANGED,
            f"The primary key was {' '.join(_key(old))} and is {' '.join(_key(new))}.",
            new.place("table", "primary_key", value=True),
            "Change the primary key by hand: what refers to it is outside of this spec.",
            f"column:{now.primary_key}",
        )


def _key(lifecycle: Lifecycle) -> tuple[str, str]:
    table = table_of(lifecycle)
    found = next(column for column in columns_of(table) if column.name == table.primary_key)
    return found.name, found.type


# --- statuses and columns ----------------------------------------------------------


def _statuses_removed(old: Lifecycle, new: Lifecycle) -> Iterator[Finding]:
    stored = {status.value for status in new.statuses}
    column = identifier(table_of(old).status_column)
    for status in old.statuses:
        if status.value not in stored:
            yield _finding(
                STATUS_REMOVED,
                f"The status {status.name} (stored as {shown(status.value)}) is gone, and rows may still be in it.",
                old.place("statuses", status.name),
                "Keep it, without a way in, until no row is left:",
                f"status:{status.name}",
                _count(old, f"{column} = {literal(status.value)}"),
            )


def _columns_removed(old: Lifecycle, new: Lifecycle) -> Iterator[Finding]:
    kept = _had(new)
    for column in columns_of(table_of(old)):
        if column.name in kept:
            continue
        alike = [
            other.name
            for other in columns_of(table_of(new))
            if other.name not in _had(old) and other.type == column.type
        ]
        renamed = f" If {alike[0]} is its new name, copy the values over before this." if len(alike) == 1 else ""
        yield _finding(
            COLUMN_REMOVED,
            f"The column {column.name} is gone, and its values would be lost.",
            old.place("table", "columns", column.name),
            f"Keep it declared until no program reads it.{renamed} This counts the rows that would lose a value:",
            f"column:{column.name}",
            _count(old, f"{identifier(column.name)} IS NOT NULL"),
        )


def _types_changed(old: Lifecycle, new: Lifecycle) -> Iterator[Finding]:
    before = {column.name: column for column in columns_of(table_of(old))}
    for column in columns_of(table_of(new)):
        was = before.get(column.name)
        if was is not None and was.type != column.type:
            yield _finding(
                COLUMN_TYPE_CHANGED,
                f"The column {column.name} was {was.type} and is {column.type}: every row may be written anew "
                "while the table cannot be read, and a value that does not fit stops the change.",
                new.place("table", "columns", column.name, "type", value=True),
                "Add a column of the new type beside it, write both, move the readers, and drop the old one. "
                "On a small table:",
                f"column:{column.name}",
                _count(old),
            )


def _values_needed(old: Lifecycle, new: Lifecycle) -> Iterator[Finding]:
    for column in columns_of(table_of(new)):
        if column.name not in _had(old) and column.required and column.default is None:
            yield _needs_value(new, column.name, _count(old))
    for name in newly_required(old, new):
        if known_default(new, name) is None:
            yield _needs_value(new, name, _count(old, f"{identifier(name)} IS NULL"))


def _needs_value(new: Lifecycle, column: str, query: str) -> Finding:
    return _finding(
        COLUMN_NEEDS_VALUE,
        f"The column {column} may not be null, and the spec does not say what existing rows have there.",
        new.place("table", "columns", column),
        "Give it a default, or say nullable: true. This counts the rows without a value:",
        f"column:{column}",
        query,
    )


# --- CHECKs ------------------------------------------------------------------------


def _checks_may_break(old: Lifecycle, new: Lifecycle) -> Iterator[Finding]:
    before = set(wanted(old).checks)
    for check, path in _open_checks(old, new):
        if check not in before:
            yield _finding(
                ROWS_MAY_BREAK_CHECK,
                f"Existing rows may break the CHECK {check.name}; such a row can then no longer be written at all.",
                new.place(*path),
                "Mend the rows that this counts before the CHECK is added:",
                f"check:{check.name}",
                _count(new, check.breaking),
            )


def _open_checks(old: Lifecycle, new: Lifecycle) -> Iterator[tuple[CheckConstraint, Path]]:
    """The CHECKs of `new`, with their paths in the spec, that rows may break after the backfill."""
    if Enforcement.CHECK not in table_of(new).enforce:
        return
    checks = {check.name: check for check in wanted(new).checks}
    if Enforcement.CHECK not in table_of(old).enforce:
        yield checks[database_names.known_check(table_of(new))], ("statuses",)
    for name, demanded in newly_demanded(old, new).items():
        status = new.status[name]
        if unknown := tuple(column for column in demanded if known_value(new, status, column) is None):
            check = requires_check(table_of(new), status.name, status.value, status.requires)
            yield replace(check, breaking=_lacking(old, new, status, unknown)), ("statuses", status.name, "requires")
    for column in table_of(new).columns:
        if column.check is not None and not _holds_for_new_column(old, new, column.name, column.check):
            path = ("table", "columns", column.name, "check")
            check = checks[database_names.column_check(table_of(new), column.name)]
            # The query runs before the migration, when the new column does not exist yet.
            yield check if set(condition.columns(column.check)) <= _had(old) else replace(check, breaking=""), path


def _lacking(old: Lifecycle, new: Lifecycle, status: Status, unknown: tuple[str, ...]) -> str:
    """The condition, in SQL, for rows that lack a column of `unknown`; a new column is null in every row."""
    if not set(unknown) <= _had(old):
        return f"{identifier(table_of(new).status_column)} = {literal(status.value)}"
    return requires_check(table_of(new), status.name, status.value, unknown).breaking


def _had(lifecycle: Lifecycle) -> set[str]:
    return {column.name for column in columns_of(table_of(lifecycle))}


def _holds_for_new_column(old: Lifecycle, new: Lifecycle, name: str, check: Condition) -> bool:
    """True if `check` cannot be false in a row in which the new column `name` is null, or has its default."""
    column, read = table_of(new).column[name], condition.columns(check)
    if name in _had(old) or column.default is Now.NOW:
        return False
    if column.default is not None:
        return set(read) == {name} and condition.evaluate(check, {name: column.default}) is not False
    # A comparison with null is null whatever the other side holds. So if each
    # comparison reads the column, the values of other columns do not matter.
    each_reads_it = all(condition.ColumnRef(name) in condition.operands(atom) for atom in condition.atoms(check))
    return each_reads_it and condition.evaluate(check, dict.fromkeys(read)) is not False
