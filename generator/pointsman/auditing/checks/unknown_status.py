"""unknown-status: rows whose status is null or unknown to the spec."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Probe, RowCheck
from pointsman.spec.finding import Severity


def probes(subject: AuditContext) -> Iterator[Probe]:
    """One question: every row that is in none of the spec's statuses."""
    column = subject.table.status_column
    yield Probe(
        subject=f"column:{column}",
        statuses=(),
        condition="true",
        place=subject.place("statuses"),
        says="Rows whose status the spec does not know",
        help=(
            "No worker takes these rows and no guard lets them move. Add the status to the spec with the transitions "
            "out of it, or correct the rows by a migration that a person has looked at."
        ),
        shows=(column,),
        tally=column if subject.has(column) else None,
    )


CHECK = RowCheck("unknown-status", Severity.ERROR, "A row is in a status that the spec does not know.", probes)
