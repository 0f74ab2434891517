"""A column that is counted in can be null, and null plus one is null."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.parts import ColumnUse, UsedColumn, played
from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity

_COMES_OF_IT = {
    ColumnUse.FENCE: "no claim can be told from another",
    ColumnUse.GENERATION: "the key is never renewed",
    ColumnUse.ATTEMPTS: "no limit is ever met",
}


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    columns = lifecycle.table.column if lifecycle.table is not None else {}
    counters: dict[str, UsedColumn] = {}
    for one in played(lifecycle):
        if one.part in _COMES_OF_IT:
            counters.setdefault(one.column, one)
    for name, one in counters.items():
        if name in columns and columns[name].nullable:
            yield RULE.finding(
                lifecycle.place("table", "columns", name, "nullable"),
                f"{name} {one.says} and can be null: null plus one is null, and {_COMES_OF_IT[one.part]}",
                f"Declare it without `nullable:`, and with a default: `{name}: {{type: integer, default: 0}}`.",
                f"column:{name}",
            )


RULE = Rule(
    "counter-can-be-null",
    Severity.ERROR,
    "A column that is counted in can be null, and null plus one is null.",
    _check,
)
