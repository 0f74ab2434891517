"""A transition's condition is true of no row."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, key, label
from pointsman.spec.condition import Condition
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.satisfiable import overlap


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    columns = lifecycle.table.columns if lifecycle.table is not None else ()
    hopeless: dict[Condition, bool] = {}
    for transition in lifecycle.transitions:
        if transition.when is None:
            continue
        if transition.when not in hopeless:
            hopeless[transition.when] = overlap(transition.when, None, columns) is None
        if hopeless[transition.when]:
            yield RULE.finding(
                lifecycle.place(*transition.path, "when", value=True),
                f"{label(transition)} can never be taken: no row satisfies {transition.when_text or 'its condition'}",
                "Correct the condition. A column that is not nullable is never null, and its check holds in every row.",
                key(transition),
            )


RULE = Rule("never-true-condition", Severity.ERROR, "A transition's condition is true of no row.", _check)
