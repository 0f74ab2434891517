"""`then:` names an event that no transition takes from the queue's status."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, listed
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.meaning import is_event, stated


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        for reply, answer in stated(queue).items():
            stuck = [status for status in queue.statuses if is_event(answer) and not subject.moves_on(status, answer)]
            if stuck:
                yield RULE.finding(
                    subject.lifecycle.place("queues", queue.name, "then", reply, value=True),
                    f"after {reply} the queue {queue.name} takes {answer}, "
                    f"and no transition takes it from {listed(stuck)}",
                    "Add the transition, or name an event that leads out of the queue's statuses.",
                    f"queue:{queue.name}:{reply}",
                )


RULE = Rule(
    "reply-moves-nothing",
    Severity.ERROR,
    "`then:` names an event that no transition takes from the queue's status.",
    _check,
)
