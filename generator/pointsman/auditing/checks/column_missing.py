"""column-missing: columns that the spec reads or writes and the table does not have."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.spec.finding import Severity, did_you_mean


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every column of the schema that the table lacks."""
    for column in subject.schema.columns:
        if column.name in subject.live.column:
            continue
        path = _path(subject, column.name)
        near = did_you_mean(column.name, subject.live.column)
        yield Contradiction(
            subject=f"column:{column.name}",
            message=f"The table {subject.live.sql} has no column {column.name!r}.{near}",
            place=subject.place(*path),
            help="Add it by a migration, or correct the name in the spec. What needs the column was not looked at.",
        )


def _path(subject: AuditContext, column: str) -> tuple[str, ...]:
    if column in subject.table.column:
        return ("table", "columns", column)
    return ("table", "primary_key" if column == subject.table.primary_key else "status_column")


CHECK = TableCheck("column-missing", Severity.ERROR, "The table lacks a column of the spec.", look)
