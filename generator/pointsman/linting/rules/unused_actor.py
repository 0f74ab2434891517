"""An actor is declared, and nothing is done by it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    acting = {name for transition in lifecycle.transitions for name in transition.by}
    acting |= {queue.worker for queue in lifecycle.queues if queue.worker is not None}
    for actor in lifecycle.actors:
        if actor.name not in acting:
            yield RULE.finding(
                lifecycle.place("actors", actor.name),
                f"{actor.name} is declared, and takes no transition and works no queue",
                "Name it in the `by:` of what it does, or remove it.",
                f"actor:{actor.name}",
            )


RULE = Rule("unused-actor", Severity.WARNING, "An actor is declared, and nothing is done by it.", _check)
