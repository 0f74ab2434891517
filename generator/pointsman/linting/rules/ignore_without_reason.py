"""An inline ignore does not say why, and silences nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for ignore in subject.ignores:
        if not ignore.reason:
            yield RULE.finding(
                ignore.place,
                f"this ignore of {ignore.code or 'no rule'} gives no reason, and silences nothing",
                'Write why: `# pointsman-ignore: <rule> reason="..."`.',
                f"ignore:{ignore.code}",
            )


RULE = Rule(
    "ignore-without-reason", Severity.WARNING, "An inline ignore does not say why, and silences nothing.", _check
)
