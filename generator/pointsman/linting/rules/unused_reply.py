"""`then:` answers a reply that can never come."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import possible
from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.meaning import stated


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        known = possible(queue, call) if call is not None else ()
        for reply in stated(queue):
            if reply in known:
                continue
            why = f"{queue.call} has no such outcome" if queue.call is not None else "the queue makes no call"
            yield RULE.finding(
                lifecycle.place("queues", queue.name, "then", reply),
                f"the queue {queue.name} answers {reply}, which can never come: {why}",
                "Remove the answer, or declare what gives this reply.",
                f"queue:{queue.name}:{reply}",
            )


RULE = Rule("unused-reply", Severity.WARNING, "`then:` answers a reply that can never come.", _check)
