"""status-nullable: a status column that may be null."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.spec.finding import Severity


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """The status column, if it may be null."""
    live = subject.live.column.get(subject.table.status_column)
    if live is not None and not live.required:
        yield Contradiction(
            subject=f"column:{live.name}",
            message=f"The status column {live.name!r} may be null.",
            place=subject.place("table", "status_column"),
            help=(
                "A CHECK passes on null, so a row without a status would be in no queue and under no rule. Set the "
                "column NOT NULL; a validated CHECK (... IS NOT NULL) first keeps that short."
            ),
        )


CHECK = TableCheck("status-nullable", Severity.ERROR, "The status column may be null.", look)
