"""A call's outcomes do not say what a reply means that nothing matches."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Silence


def _check(subject: LintContext) -> Iterator[Finding]:
    for call in subject.lifecycle.calls:
        if not any(match.silence is Silence.UNMATCHED for rule in call.outcomes for match in rule.matches):
            yield RULE.finding(
                subject.lifecycle.place("calls", call.name, "outcomes"),
                f"the outcomes of {call.name} do not say what a reply means that nothing matches",
                "End them with `- {unknown: [timeout, connection, unmatched]}`.",
                f"call:{call.name}",
            )


RULE = Rule(
    "no-unmatched", Severity.WARNING, "A call's outcomes do not say what a reply means that nothing matches.", _check
)
