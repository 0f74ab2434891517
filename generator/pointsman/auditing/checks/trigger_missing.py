"""trigger-missing: the table lacks the trigger that refuses transitions."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.spec.finding import Severity


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """The trigger, if the spec asks for one and the table has none of that name."""
    rule = subject.schema.rule
    if rule is None or rule.name in subject.live.trigger:
        return
    yield Contradiction(
        subject=f"trigger:{rule.name}",
        message=f"The trigger {rule.name!r} is missing: the database accepts every change of status.",
        place=subject.place(*subject.origin(rule.name)),
        help="`pointsman migrate` writes it. Leave `trigger` out of `enforce` if the database shall not refuse.",
    )


CHECK = TableCheck("trigger-missing", Severity.WARNING, "The trigger that refuses transitions is missing.", look)
