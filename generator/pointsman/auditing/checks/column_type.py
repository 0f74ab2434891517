"""column-type: columns of another type than the spec declares."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.live.column_types import spelled
from pointsman.spec.finding import Severity


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every declared column whose type differs; the spec gives no type for other columns."""
    for column in subject.table.columns:
        live = subject.live.column.get(column.name)
        if live is None or live.type == spelled(column.type):
            continue
        yield Contradiction(
            subject=f"column:{column.name}",
            message=f"Column {column.name!r} is {live.type} in the database and {column.type} in the spec.",
            place=subject.place("table", "columns", column.name, "type"),
            help="Write the type that the column has, or change it by a migration.",
            facts=(("wanted", spelled(column.type)), ("found", live.type)),
        )


CHECK = TableCheck("column-type", Severity.WARNING, "A column has another type than the spec declares.", look)
