"""An inline ignore names a rule that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity, did_you_mean


def _check(subject: LintContext) -> Iterator[Finding]:
    for ignore in subject.ignores:
        if ignore.reason and ignore.code not in subject.codes:
            hint = did_you_mean(ignore.code, subject.codes)
            yield RULE.finding(
                ignore.place,
                f"this ignore names {ignore.code!r}, which is no rule.{hint}"
                if ignore.code
                else "this ignore names no rule",
                "`pointsman rules` lists the rules.",
                f"ignore:{ignore.code}",
            )


RULE = Rule("unknown-ignore", Severity.WARNING, "An inline ignore names a rule that does not exist.", _check)
