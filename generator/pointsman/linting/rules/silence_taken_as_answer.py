"""A lost reply, or a server's failure, is taken for an answer about the effect."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Match, Outcome


def _check(subject: LintContext) -> Iterator[Finding]:
    for call in subject.lifecycle.calls:
        for position, rule in enumerate(call.outcomes):
            for index, match in enumerate(rule.matches):
                if rule.outcome is Outcome.UNKNOWN or not _tells_nothing(rule.outcome, match):
                    continue
                said = match.silence or "a server's failure (5xx)"
                yield RULE.finding(
                    subject.lifecycle.place("calls", call.name, "outcomes", position, rule.outcome, index, value=True),
                    f"{call.name} takes {said} for {rule.outcome}, but it does not tell whether the effect was made",
                    "Make it *unknown*: the worker then finds out before it does anything else.",
                    f"call:{call.name}:{rule.outcome}:{said}",
                )


def _tells_nothing(outcome: Outcome, match: Match) -> bool:
    if match.silence is not None:
        return True
    told_more = match.code is not None or match.type is not None or match.message is not None
    is_failure = any(high >= 500 for _, high in match.http)
    # Misused and not tried claim nothing about the effect.
    return is_failure and not told_more and outcome not in {Outcome.MISUSED, Outcome.NOT_TRIED}


RULE = Rule(
    "silence-taken-as-answer",
    Severity.ERROR,
    "A lost reply, or a server's failure, is taken for an answer about the effect.",
    _check,
)
