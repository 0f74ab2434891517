"""null-found: rows with null in a column that the spec declares not null."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Probe, RowCheck, null
from pointsman.spec.finding import Severity


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question for every such column that is nullable in the database."""
    for column in subject.table.columns:
        live = subject.live.column.get(column.name)
        # unknown-status reports rows whose status is null.
        if column.nullable or live is None or live.required or column.name == subject.table.status_column:
            continue
        yield Probe(
            subject=f"column:{column.name}",
            statuses=None,
            condition=null(column.name),
            place=subject.place("table", "columns", column.name),
            says=f"Rows with null in {column.name!r}, which the spec declares not null",
            help=f"Fill them in and set the column NOT NULL, or write `nullable: true` if {column.name!r} may be null.",
        )


CHECK = RowCheck("null-found", Severity.ERROR, "A row has null where the spec allows none.", probes)
