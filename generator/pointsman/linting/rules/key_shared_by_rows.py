"""A key does not name the row, so two rows may share it and one of them is never paid."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    row = lifecycle.table.primary_key if lifecycle.table is not None else None
    for call in lifecycle.calls:
        if call.key is not None and row is not None and row not in call.key.columns:
            yield RULE.finding(
                lifecycle.place("calls", call.name, "key", value=True),
                f"the key of {call.name} is {call.key.text!r}, which does not name the row: "
                "to the provider two rows may be one request",
                f"Put the primary key into it: {{{row}}}.",
                f"call:{call.name}",
            )


RULE = Rule(
    "key-shared-by-rows",
    Severity.WARNING,
    "A key does not name the row, so two rows may share it and one of them is never paid.",
    _check,
)
