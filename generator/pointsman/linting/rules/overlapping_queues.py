"""Two queues hold the same status, so two workers can claim one row."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for status in subject.lifecycle.statuses:
        first, *others = subject.lifecycle.queues_of[status.name] or (None,)
        for queue in others:
            assert first is not None  # noqa: S101  # others is empty without it
            yield RULE.finding(
                subject.lifecycle.place(
                    "queues", queue.name, "statuses", queue.statuses.index(status.name), value=True
                ),
                f"the queues {first.name} and {queue.name} both hold {status.name}, so two workers can claim one row",
                "Leave the status in one of them, or split it into two statuses.",
                f"queue:{queue.name}:{status.name}",
            )


RULE = Rule(
    "overlapping-queues", Severity.ERROR, "Two queues hold the same status, so two workers can claim one row.", _check
)
