"""check-missing: CHECKs of the spec that the table does not have."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.auditing.counterparts import check_for, type_keeps_statuses, unreadable
from pointsman.spec.database_names import known_check
from pointsman.spec.finding import Severity


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every CHECK that the table has neither by name nor by meaning. An enum of the spec's statuses counts as one."""
    for check in subject.schema.checks:
        by_type = check.name == known_check(subject.table) and type_keeps_statuses(subject)
        if by_type or check_for(subject, check) is not None or unreadable(subject, check.expression):
            continue
        yield Contradiction(
            subject=f"check:{check.name}",
            message=f"The CHECK {check.name!r} is missing: {check.expression}.",
            place=subject.place(*subject.origin(check.name)),
            help="`pointsman migrate` writes it in two steps, NOT VALID first: no writer waits while rows are read.",
            facts=(("wanted", check.expression), ("breaking", check.breaking)),
        )


CHECK = TableCheck("check-missing", Severity.WARNING, "A CHECK of the spec is missing.", look)
