"""An event is answered in a status where a transition takes it always."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for event in subject.lifecycle.events:
        for status, answer in event.otherwise:
            taken = subject.moves_on(status, event.name)
            if any(transition.when is None for transition in taken):
                yield RULE.finding(
                    subject.lifecycle.place("events", event.name, "otherwise", status),
                    f"{event.name} is answered by {answer} in {status}, where a transition takes it always",
                    "Remove the answer, or the transition.",
                    f"event:{event.name}:{status}",
                )


RULE = Rule(
    "unused-answer", Severity.WARNING, "An event is answered in a status where a transition takes it always.", _check
)
