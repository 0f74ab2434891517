"""status-refused: statuses of the spec that the database refuses."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.auditing.wording import named
from pointsman.spec.database_names import known_check
from pointsman.spec.finding import Severity


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """The statuses that the column's type refuses, and those that any other CHECK over that column alone refuses."""
    for what, refused in _refusals(subject):
        if not refused:
            continue
        yield Contradiction(
            subject=what,
            message=f"The database refuses {named(refused)}, because of {what}.",
            place=subject.place("statuses", refused[0]),
            help="Every write of that status fails. Widen the constraint or type by a migration before code writes it.",
            facts=(("refused", ", ".join(refused)),),
        )


def _refusals(subject: AuditContext) -> Iterator[tuple[str, tuple[str, ...]]]:
    live = subject.live.column.get(subject.table.status_column)
    if live is None:
        return
    statuses = subject.lifecycle.statuses
    if live.labels is not None:
        yield f"the enum {live.type}", tuple(each.name for each in statuses if each.value not in live.labels)
    if live.length is not None:
        limit = live.length
        yield f"the type {live.type}", tuple(each.name for each in statuses if len(each.value) > limit)
    for check in subject.live.checks:
        if check.name == known_check(subject.table) or check.columns != (live.name,) or not check.enforced:
            continue
        values = subject.meaning.statuses(check.expression)
        if values:
            yield f"the CHECK {check.name!r}", tuple(each.name for each in statuses if each.value not in values)


CHECK = TableCheck("status-refused", Severity.ERROR, "The database refuses a status of the spec.", look)
