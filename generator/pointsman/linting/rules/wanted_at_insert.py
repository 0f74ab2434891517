"""A column is filled only later, and cannot be null: no row can be inserted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pointsman.linting.rules.parts import ColumnUse, played
from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Column, Lifecycle


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if lifecycle.table is None:
        return
    later = _filled_later(lifecycle)
    for column in lifecycle.table.columns:
        if column.nullable or column.name not in later:
            continue
        says, may_have_default = later[column.name]
        if not (may_have_default and _is_there_at_first(lifecycle, column)):
            yield RULE.finding(
                lifecycle.place("table", "columns", column.name),
                f"{column.name} {says}, and cannot be null: a row has to have it before that",
                f"Make it nullable, and let the statuses that need it require it: `requires: [{column.name}]`.",
                f"column:{column.name}",
            )


def _filled_later(lifecycle: Lifecycle) -> Mapping[str, tuple[str, bool]]:
    """For each column filled after the insert: by what, in words, and whether an initial value would be harmless."""
    required = {column for status in lifecycle.statuses for column in status.requires}
    found: dict[str, tuple[str, bool]] = {}
    for event in lifecycle.events:
        # A column that no status requires may have a value from the start, which the event only changes.
        for column in required & dict(event.carries).keys():
            found[column] = (f"holds what {event.name} brings", True)
    for one in played(lifecycle):
        if one.part in {ColumnUse.RECEIPT, ColumnUse.FIRST_USED}:
            found[one.column] = (one.says, one.part is ColumnUse.RECEIPT)
    return found


def _is_there_at_first(lifecycle: Lifecycle, column: Column) -> bool:
    return column.default is not None or all(
        column.name in status.requires for status in lifecycle.statuses if status.initial
    )


RULE = Rule(
    "wanted-at-insert",
    Severity.ERROR,
    "A column is filled only later, and cannot be null: no row can be inserted.",
    _check,
)
