"""A status whose queue makes a call cannot mean that the call is not done."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import EffectState


def _check(subject: LintContext) -> Iterator[Finding]:
    for status in subject.lifecycle.statuses:
        means = dict(status.means)
        for queue in subject.lifecycle.queues_of[status.name]:
            if queue.call is not None and means.get(queue.call) is EffectState.NOT_DONE:
                yield RULE.finding(
                    subject.lifecycle.place("statuses", status.name, "means", queue.call),
                    f"{status.name} means that {queue.call} is not done, but the queue {queue.name} makes that call",
                    "Remove it: between the call and the write that records it, the call is done all the same.",
                    f"status:{status.name}:{queue.call}",
                )


RULE = Rule(
    "called-status-means-not-done",
    Severity.ERROR,
    "A status whose queue makes a call cannot mean that the call is not done.",
    _check,
)
