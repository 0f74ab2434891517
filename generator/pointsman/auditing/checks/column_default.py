"""column-default: columns whose default is not the spec's."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.auditing.counterparts import unreadable
from pointsman.auditing.meaning import as_type
from pointsman.live.table import LiveColumn
from pointsman.spec.finding import Severity
from pointsman.sql.quoting import setting


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every declared column with another default. A default where the spec has none is a note."""
    for column in subject.table.columns:
        live = subject.live.column.get(column.name)
        wanted = None if column.default is None else setting(column.default)
        if live is None or _agree(subject, wanted, live):
            continue
        yield Contradiction(
            subject=f"column:{column.name}",
            message=f"Column {column.name!r} has {_spoken(live.default)}, and in the spec {_spoken(wanted)}.",
            place=subject.place("table", "columns", column.name, "default"),
            help="Set the default by a migration, or write the one that the column has.",
            facts=(("wanted", wanted or ""), ("found", live.default or "")),
            severity=Severity.NOTE if wanted is None else None,
        )


def _agree(subject: AuditContext, wanted: str | None, live: LiveColumn) -> bool:
    if wanted is None or wanted == live.default:
        return wanted == live.default
    if unreadable(subject, as_type(wanted, live)):
        return True  # the column's type cannot hold the default, which column-type reports
    return live.default is not None and subject.meaning.same(as_type(wanted, live), as_type(live.default, live))


def _spoken(default: str | None) -> str:
    return "no default" if default is None else f"the default {default}"


CHECK = TableCheck("column-default", Severity.WARNING, "A column has another default than the spec declares.", look)
