"""check-not-valid: CHECKs that existing rows were never tested by, or that are not enforced."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.auditing.counterparts import check_for
from pointsman.spec.finding import Severity
from pointsman.sql.quoting import identifier


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every CHECK of the spec that is not validated, or (PostgreSQL 18) not enforced."""
    for check in subject.schema.checks:
        live = check_for(subject, check)
        if live is None or (live.validated and live.enforced):
            continue
        validate = f"alter table {subject.live.sql} validate constraint {identifier(live.name)}"
        yield Contradiction(
            subject=f"check:{check.name}",
            message=(
                f"The CHECK {live.name!r} is NOT VALID: rows from before it may break it."
                if live.enforced
                else f"The CHECK {live.name!r} is NOT ENFORCED: the database takes rows that break it."
            ),
            place=subject.place(*subject.origin(check.name)),
            help=(
                "Correct the rows that break it, then validate it; that reads the table and no writer waits."
                if live.enforced
                else "Drop it and add it again, enforced: what a CHECK enforces cannot be altered."
            ),
            facts=(("breaking", check.breaking), *((("validate", validate),) if live.enforced else ())),
        )


CHECK = TableCheck("check-not-valid", Severity.WARNING, "A CHECK is not valid for rows from before it.", look)
