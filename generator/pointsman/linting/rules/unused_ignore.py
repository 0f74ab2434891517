"""An inline ignore silences nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for ignore in subject.unused:
        if ignore.code in subject.codes:
            yield RULE.finding(
                ignore.place,
                f"this ignore of {ignore.code} silences nothing on line {ignore.line}",
                "Remove it, or put it on the line of the finding, or alone on the line above.",
                f"ignore:{ignore.code}",
            )


RULE = Rule("unused-ignore", Severity.WARNING, "An inline ignore silences nothing.", _check, last=True)
