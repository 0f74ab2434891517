"""A claim may last longer than the provider remembers its key."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.linting.rules.spans import span
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    lease = lifecycle.claims.lease if lifecycle.claims is not None else None
    if lease is None:
        return
    for name in dict.fromkeys(queue.call for queue in lifecycle.queues if queue.call is not None):
        lifetime = lifecycle.call[name].key_lifetime
        if lifetime is not None and lease >= lifetime:
            yield RULE.finding(
                lifecycle.place("claims", "lease", value=True),
                f"the lease is {span(lease)}, and the provider remembers a key of {name} for {span(lifetime)} only",
                "Make the lease much shorter than the key's lifetime.",
                f"lease:{name}",
            )


RULE = Rule(
    "lease-outlives-key", Severity.ERROR, "A claim may last longer than the provider remembers its key.", _check
)
