"""A reply can come to a queue's call, and `then:` does not say what follows."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import possible
from pointsman.linting.rules.rule import LintContext, Rule, listed
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.meaning import stated


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        if call is None:
            continue
        missing = [reply for reply in possible(queue, call) if reply not in stated(queue)]
        if missing:
            yield RULE.finding(
                lifecycle.place("queues", queue.name, "then"),
                f"the queue {queue.name} does not say what follows {listed(missing, most=10)}",
                "Answer each under `then:`: an event, or again, wait, alarm, settle or look_up.",
                f"queue:{queue.name}:{','.join(missing)}",
            )


RULE = Rule(
    "outcome-without-answer",
    Severity.ERROR,
    "A reply can come to a queue's call, and `then:` does not say what follows.",
    _check,
)
