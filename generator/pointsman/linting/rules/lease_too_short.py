"""A request may still take effect after the lease of its claim is over."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.linting.rules.spans import span
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    claims = lifecycle.claims
    if claims is None or claims.lease is None or claims.longest_pause is None:
        return
    for name in dict.fromkeys(queue.call for queue in lifecycle.queues if queue.call is not None):
        settles = lifecycle.call[name].settles_within
        if settles is None or claims.longest_pause + settles < claims.lease:
            continue
        yield RULE.finding(
            lifecycle.place("claims", "lease", value=True),
            f"a request of {name} may take effect {span(claims.longest_pause + settles)} after the last look "
            f"at its claim (longest_pause {span(claims.longest_pause)} + settles_within {span(settles)}), "
            f"and the lease is {span(claims.lease)}",
            "Make the lease longer than the two together, with time to spare for the work itself.",
            f"lease:{name}",
        )


RULE = Rule(
    "lease-too-short", Severity.ERROR, "A request may still take effect after the lease of its claim is over.", _check
)
