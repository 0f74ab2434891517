"""key-missing: a primary key of the spec that the database does not keep unique."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.spec.finding import Severity


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """The spec's key, if no valid unique index is over it alone."""
    key = subject.table.primary_key
    if not subject.has(key) or (key,) in subject.live.keys:
        return
    yield Contradiction(
        subject=f"column:{key}",
        message=f"Nothing keeps {key!r} unique: no valid primary key or unique index is over that column alone.",
        place=subject.place("table", "primary_key"),
        help=(
            "Two rows with one key share an idempotency key and a claim, and a conditional write would change both. "
            "Make it the primary key, or name the column that is."
        ),
        facts=(("unique", "; ".join(", ".join(columns) for columns in subject.live.keys)),),
    )


CHECK = TableCheck("key-missing", Severity.ERROR, "Nothing keeps the spec's primary key unique.", look)
