"""A queue's answer takes a transition that its worker may not take."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import taken
from pointsman.linting.rules.rule import LintContext, Rule, label, listed
from pointsman.spec.finding import Finding, Severity


def _check(subject: LintContext) -> Iterator[Finding]:
    for one in taken(subject):
        queue, transition = one.queue, one.transition
        if queue.worker is None or not transition.by or queue.worker in transition.by:
            continue
        yield RULE.finding(
            subject.lifecycle.place("queues", queue.name, "then", one.reply, value=True),
            f"after {one.reply} the worker {queue.worker} takes {label(transition)}, "
            f"which only {listed(transition.by)} may",
            f"Add {queue.worker} to the transition's `by:`, or answer with another event.",
            f"queue:{queue.name}:{one.reply}:{transition.source}>{transition.target}",
        )


RULE = Rule(
    "worker-not-allowed", Severity.ERROR, "A queue's answer takes a transition that its worker may not take.", _check
)
