"""A row goes through a status that says nothing of a call, between two that mean the call done."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, EffectState, Status
from pointsman.spec.meaning import statuses_of_call


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for call in lifecycle.calls:
        made = statuses_of_call(lifecycle, call.name)
        done = frozenset(status.name for status in lifecycle.statuses if _meant(status, call) is EffectState.DONE)
        for status in lifecycle.statuses:
            if status.name in made or status.name in done:
                continue
            before = [move.source for move in subject.entries[status.name] if move.source in done]
            after = [name for name in subject.graph.exits[status.name] if name in done]
            if not before or not after:
                continue
            said = _meant(status, call)
            yield RULE.finding(
                lifecycle.place("statuses", status.name),
                f"rows go from {before[0]} through {status.name} to {min(after)}: both mean that {call.name} is done, "
                f"and {status.name} {'does not say so' if said is None else 'means that it is not'}",
                f"Say it there too: `means: {{{call.name}: done}}`. What is done stays done.",
                f"status:{status.name}:{call.name}",
            )


def _meant(status: Status, call: Call) -> EffectState | None:
    return dict(status.means).get(call.name)


RULE = Rule(
    "meaning-gap",
    Severity.NOTE,
    "A row goes through a status that says nothing of a call, between two that mean the call done.",
    _check,
)
