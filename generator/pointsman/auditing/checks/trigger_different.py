"""trigger-different: the trigger or its function differs from the one that the spec generates."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.auditing.transitions import differences
from pointsman.spec.finding import Severity


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """One contradiction for every difference between the trigger and the spec's."""
    rule = subject.schema.rule
    live = subject.live.trigger.get(rule.name) if rule is not None else None
    if rule is None or live is None:
        return
    for what, facts in differences(subject.schema.table, rule, live):
        yield Contradiction(
            subject=f"trigger:{live.name}",
            message=f"The trigger {live.name!r} is not the spec's: {what}.",
            place=subject.place(*subject.origin(live.name)),
            help="Replace its function by the one in the generated schema; that locks nothing.",
            facts=facts,
        )


CHECK = TableCheck("trigger-different", Severity.ERROR, "The trigger does not say what the spec says.", look)
