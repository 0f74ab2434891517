"""One column plays two parts: a value written for one part is read for the other."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.parts import ColumnUse, UsedColumn, played
from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity

_TOLD_BY_FENCE_CAN_FALL = frozenset({ColumnUse.ATTEMPTS, ColumnUse.RECEIPT})


def _check(subject: LintContext) -> Iterator[Finding]:
    known: dict[str, list[UsedColumn]] = {}
    for one in played(subject.lifecycle):
        before = known.setdefault(one.column, [])
        if any(_same(earlier, one) for earlier in before):
            continue
        other = next((earlier for earlier in before if _clash(earlier, one)), None)
        if other is not None:
            yield RULE.finding(
                subject.lifecycle.place(*one.path, value=one.part is not ColumnUse.RECEIPT),
                f"{one.column} {one.says}, and it {other.says}",
                "Give each a column of its own.",
                f"column:{one.column}:{other.part}:{one.part}",
            )
        before.append(one)


def _same(one: UsedColumn, other: UsedColumn) -> bool:
    """True if both are one part, which one column may play. Two events kept in one column are two parts."""
    return one.part is other.part and (one.part is not ColumnUse.KEPT or one.owner == other.owner)


def _clash(earlier: UsedColumn, one: UsedColumn) -> bool:
    if earlier.part is ColumnUse.FENCE and one.part in _TOLD_BY_FENCE_CAN_FALL:
        return False
    # A field recorded from one call's reply may be the amount of another call.
    passed_on = {earlier.part, one.part} == {ColumnUse.AMOUNT, ColumnUse.RECEIPT} and earlier.owner != one.owner
    return not passed_on


RULE = Rule(
    "column-in-two-parts",
    Severity.ERROR,
    "One column plays two parts: a value written for one part is read for the other.",
    _check,
)
