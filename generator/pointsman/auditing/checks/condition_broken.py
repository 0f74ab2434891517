"""condition-broken: rows for which a column's own condition is false."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Probe, RowCheck
from pointsman.spec import condition
from pointsman.spec.finding import Severity
from pointsman.sql.quoting import identifier


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question for every column with a condition; null is not false, as in a CHECK."""
    for column in subject.table.columns:
        if column.check is None:
            continue
        mentioned = condition.columns(column.check)
        if not subject.has(*mentioned):
            continue
        text = condition.to_sql(column.check, identifier)
        yield Probe(
            subject=f"column:{column.name}",
            statuses=None,
            condition=f"not ({text})",
            place=subject.place("table", "columns", column.name, "check"),
            says=f"Rows that break the condition of {column.name!r} ({text})",
            help="Correct the rows, or the condition: a CHECK cannot be validated while such rows are there.",
            shows=mentioned,
        )


CHECK = RowCheck("condition-broken", Severity.ERROR, "A row breaks a column's condition.", probes)
