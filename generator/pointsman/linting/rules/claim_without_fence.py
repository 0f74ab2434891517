"""Rows are claimed by a write, and no column tells one claim from the next."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ClaimBy


def _check(subject: LintContext) -> Iterator[Finding]:
    claims = subject.lifecycle.claims
    if claims is not None and claims.by is ClaimBy.BUMP and claims.fence is None:
        yield RULE.finding(
            subject.lifecycle.place("claims"),
            "claims have no fence: a worker that paused cannot be told from the one that took over",
            "Name a whole-number column that every claim raises and nothing lowers: `fence: claim_count`.",
            "claims:fence",
        )


RULE = Rule(
    "claim-without-fence",
    Severity.ERROR,
    "Rows are claimed by a write, and no column tells one claim from the next.",
    _check,
)
