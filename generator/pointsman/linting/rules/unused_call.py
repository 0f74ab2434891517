"""A call is declared, and no queue makes it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    made = {queue.call for queue in lifecycle.queues}
    for call in lifecycle.calls:
        if call.name not in made:
            yield RULE.finding(
                lifecycle.place("calls", call.name),
                f"{call.name} is declared, and no queue makes it",
                "Name it as the `call:` of a queue, or remove it.",
                f"call:{call.name}",
            )


RULE = Rule("unused-call", Severity.WARNING, "A call is declared, and no queue makes it.", _check)
