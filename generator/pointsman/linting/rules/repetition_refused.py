"""An event is refused where its own transition leads, although its sender may send it again."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Delivery, EarlyEvent
from pointsman.spec.meaning import statuses_answering


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for event in lifecycle.events:
        if event.delivery is not Delivery.AT_LEAST_ONCE:
            continue
        refusing = frozenset(statuses_answering(event, EarlyEvent.REFUSE))
        entering = {move.target: move for move in reversed(subject.taking.get(event.name, ()))}
        for name in (status.name for status in lifecycle.statuses if status.name in refusing & entering.keys()):
            yield RULE.finding(
                lifecycle.place("events", event.name, "otherwise", name, value=True),
                f"{event.name} may come more than once, and is refused in {name}, "
                f"where {label(entering[name])} has led: the second time its sender is told that it failed",
                f"Answer `{name}: ignore`, or correct the transition if {event.name} does not lead to {name}.",
                f"event:{event.name}:{name}",
            )


RULE = Rule(
    "repetition-refused",
    Severity.NOTE,
    "An event is refused where its own transition leads, although its sender may send it again.",
    _check,
)
