"""column-nullability: columns that may be null against the spec, or must not be null against it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.spec.finding import Severity
from pointsman.spec.lifecycle import Column


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every declared column that differs; status-nullable looks at the status column."""
    fixed = (subject.table.primary_key, subject.table.status_column)
    for column in subject.table.columns:
        live = subject.live.column.get(column.name)
        if live is None or column.name in fixed or live.required is not column.nullable:
            continue
        yield _refuses_null(subject, column) if live.required else _takes_null(subject, column)


def _refuses_null(subject: AuditContext, column: Column) -> Contradiction:
    return Contradiction(
        subject=f"column:{column.name}",
        message=f"Column {column.name!r} is NOT NULL in the database, and the spec says that it may be null.",
        place=subject.place("table", "columns", column.name, "nullable"),
        help="A write of null fails. Drop the NOT NULL, or take `nullable: true` out of the spec.",
    )


def _takes_null(subject: AuditContext, column: Column) -> Contradiction:
    return Contradiction(
        subject=f"column:{column.name}",
        message=f"Column {column.name!r} may be null in the database, and the spec says that it may not.",
        place=subject.place("table", "columns", column.name),
        help="Set it NOT NULL by a migration, or write `nullable: true`.",
    )


CHECK = TableCheck("column-nullability", Severity.WARNING, "A column may be null, or may not, against the spec.", look)
