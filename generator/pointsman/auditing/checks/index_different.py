"""index-different: indexes with the spec's name and another meaning, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.auditing.counterparts import index_for, is_same_index, unreadable
from pointsman.spec.finding import Severity
from pointsman.sql.statements import CreateIndex


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every index of another meaning, and as a note every index with another name."""
    for index in subject.schema.indexes:
        live = index_for(subject, index)
        if live is None or unreadable(subject, index.where):
            continue
        if not is_same_index(subject, index, live):
            yield Contradiction(
                subject=f"index:{index.name}",
                message=f"The index {index.name!r} is not the spec's: the database has {live.definition}.",
                place=subject.place(*subject.origin(index.name)),
                help="The queue's query may not use it. Build the wanted one under a new name, then drop this one.",
                facts=(("wanted", CreateIndex(subject.schema.table, index).sql), ("found", live.definition)),
            )
        elif live.name != index.name:
            yield Contradiction(
                subject=f"index:{index.name}",
                message=f"The index {index.name!r} is there under the name {live.name!r}.",
                place=subject.place(*subject.origin(index.name)),
                help="Write that name in the spec, or rename the index; neither readers nor writers wait for that.",
                severity=Severity.NOTE,
            )


CHECK = TableCheck("index-different", Severity.WARNING, "An index is not the spec's.", look)
