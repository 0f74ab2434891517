"""*Already done* is answered by an event whose status requires a receipt that this reply does not bring."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.replies import taken
from pointsman.linting.rules.rule import LintContext, Rule, label
from pointsman.linting.rules.writing import always_written, written_on_the_way
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, CallResult, Outcome

_SUCCESS = (200, 299)


def _check(subject: LintContext) -> Iterator[Finding]:
    always = always_written(subject.lifecycle)
    for one in taken(subject):
        if one.reply is not CallResult.ALREADY_DONE or _brings_the_effect(one.call):
            continue
        recorded = dict(one.call.records).keys() - always
        for column in subject.lifecycle.status[one.transition.target].requires:
            if column in recorded and not written_on_the_way(subject.lifecycle, one.transition, column):
                yield RULE.finding(
                    subject.lifecycle.place("queues", one.queue.name, "then", one.reply, value=True),
                    f"{one.reply} may not name the effect, and {label(one.transition)} "
                    f"enters a status that requires {column}",
                    "Answer look_up, which finds the effect and its receipt.",
                    f"queue:{one.queue.name}:{one.transition.source}>{one.transition.target}:{column}",
                )


def _brings_the_effect(call: Call) -> bool:
    """True if *already done* is matched on a 2xx alone, whose body names the effect as any success does."""
    matches = [m for rule in call.outcomes if rule.outcome is Outcome.ALREADY_DONE for m in rule.matches]
    return bool(matches) and all(m.http and all(_is_success(span) for span in m.http) for m in matches)


def _is_success(span: tuple[int, int]) -> bool:
    return _SUCCESS[0] <= span[0] and span[1] <= _SUCCESS[1]


RULE = Rule(
    "already-done-without-receipt",
    Severity.ERROR,
    "*Already done* is answered by an event whose status requires a receipt that this reply does not bring.",
    _check,
)
