"""index-invalid: indexes that a failed concurrent build left behind."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.live.table import LiveIndex
from pointsman.spec.finding import Severity
from pointsman.sql.schema import TableName
from pointsman.sql.statements import DropIndex


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every index of the table that is not usable. An index that the spec does not have is a warning."""
    wanted = {index.name for index in subject.schema.indexes}
    for live in subject.live.indexes:
        if live.building:
            yield _unfinished(subject, live)
        elif not live.usable:
            yield _invalid(subject, live, live.name in wanted)


def _unfinished(subject: AuditContext, live: LiveIndex) -> Contradiction:
    return Contradiction(
        subject=f"index:{live.name}",
        message=f"The index {live.name!r} is being built at this moment.",
        place=subject.place(*subject.origin(live.name)),
        help="Look again when the build is over.",
        severity=Severity.NOTE,
    )


def _invalid(subject: AuditContext, live: LiveIndex, ours: bool) -> Contradiction:
    table = TableName(subject.live.name, subject.live.schema)
    cost = "no query uses it, and every write may still pay for it" if live.maintained else "no query uses it"
    return Contradiction(
        subject=f"index:{live.name}",
        message=f"The index {live.name!r} is invalid: {cost}.",
        place=subject.place(*(subject.origin(live.name) if ours else ("table", "name"))),
        help=(
            "A concurrent build failed. Drop the index and build it again; "
            "`pointsman migrate --repair` does both. IF NOT EXISTS would take it for the index."
        ),
        facts=(("drop", DropIndex(table, live.name).sql), ("found", live.definition)),
        severity=None if ours else Severity.WARNING,
    )


CHECK = TableCheck("index-invalid", Severity.ERROR, "An index is invalid.", look)
