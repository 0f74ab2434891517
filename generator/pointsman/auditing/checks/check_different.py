"""check-different: CHECKs with the spec's name and another meaning, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.auditing.check import AuditContext, Contradiction, TableCheck
from pointsman.auditing.counterparts import check_for, unreadable
from pointsman.auditing.wording import named
from pointsman.live.table import LiveCheck
from pointsman.spec.finding import Severity
from pointsman.sql.schema import CheckConstraint


def look(subject: AuditContext) -> Iterator[Contradiction]:
    """Every CHECK of another meaning, and as a note every CHECK with another name."""
    for check in subject.schema.checks:
        live = check_for(subject, check)
        if live is None or unreadable(subject, check.expression):
            continue
        if not subject.meaning.same(check.expression, live.expression):
            yield _different(subject, check, live)
        elif live.name != check.name:
            yield Contradiction(
                subject=f"check:{check.name}",
                message=f"The CHECK {check.name!r} is there under the name {live.name!r}.",
                place=subject.place(*subject.origin(check.name)),
                help="An error of the database names the constraint; code that looks for the spec's name misses it.",
                severity=Severity.NOTE,
            )


def _different(subject: AuditContext, check: CheckConstraint, live: LiveCheck) -> Contradiction:
    return Contradiction(
        subject=f"check:{check.name}",
        message=f"The CHECK {check.name!r} is not the spec's: {_how(subject, check, live)}.",
        place=subject.place(*subject.origin(check.name)),
        help="The CHECK or the spec was changed: run `pointsman migrate` from the spec that the CHECK was made from.",
        facts=(("wanted", check.expression), ("found", live.expression)),
    )


def _how(subject: AuditContext, check: CheckConstraint, live: LiveCheck) -> str:
    ours, theirs = subject.meaning.statuses(check.expression), subject.meaning.statuses(live.expression)
    if ours is None or theirs is None:
        return f"the database has {live.expression}"
    too_many, too_few = sorted(set(theirs) - set(ours)), sorted(set(ours) - set(theirs))
    parts = [f"it allows {named(too_many)}"] * bool(too_many) + [f"it refuses {named(too_few)}"] * bool(too_few)
    return " and ".join(parts)


CHECK = TableCheck("check-different", Severity.ERROR, "A CHECK is not the spec's.", look)
