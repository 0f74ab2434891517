"""No column says since when a key has been in use, so a worker cannot tell that it is too old to send again."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for call in subject.lifecycle.calls:
        if call.key is not None and call.key_lifetime is not None and call.key_first_used is None:
            yield RULE.finding(
                subject.lifecycle.place("calls", call.name, "key_lifetime"),
                f"the provider forgets a key of {call.name}, and no column says since when a key has been in use",
                "Name a nullable time column: `key_first_used: key_first_used_at`.",
                f"call:{call.name}",
            )


RULE = Rule(
    "key-age-unrecorded",
    Severity.WARNING,
    "No column says since when a key has been in use, so a worker cannot tell that it is too old to send again.",
    _check,
)
