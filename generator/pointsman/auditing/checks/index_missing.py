"""index-missing: indexes of the spec that the table does not have."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.auditing.counterparts import index_for, unreadable
from pointsman.spec.finding import Severity
from pointsman.sql.statements import CreateIndex


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every index that the table has neither by name nor by meaning."""
    for index in subject.schema.indexes:
        if index_for(subject, index) is not None or unreadable(subject, index.where):
            continue
        yield Contradiction(
            subject=f"index:{index.name}",
            message=f"The index {index.name!r} is missing; without it a worker reads the whole table for its next row.",
            place=subject.place(*subject.origin(index.name)),
            help="Create it concurrently, as the only statement of its migration.",
            facts=(("create", CreateIndex(subject.schema.table, index).sql),),
        )


CHECK = TableCheck("index-missing", Severity.WARNING, "An index of the spec is missing.", look)
