"""trigger-disabled: the table has the trigger that refuses transitions, but the trigger does not fire."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.spec.finding import Severity
from pointsman.sql.quoting import identifier


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """The trigger, if it is disabled or fires on replicas only."""
    rule = subject.schema.rule
    live = subject.live.trigger.get(rule.name) if rule is not None else None
    if live is None or live.fires:
        return
    how = "is disabled" if live.enabled == "D" else "fires for replicated changes only"
    yield Contradiction(
        subject=f"trigger:{live.name}",
        message=f"The trigger {live.name!r} {how}: the database accepts every change of status.",
        place=subject.place(*subject.origin(live.name)),
        help="Find out who switched it off and whether rows have moved since, then enable it.",
        facts=(("enable", f"alter table {subject.live.sql} enable trigger {identifier(live.name)}"),),
    )


CHECK = TableCheck("trigger-disabled", Severity.ERROR, "The trigger that refuses transitions does not fire.", look)
