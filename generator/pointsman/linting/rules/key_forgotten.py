"""A row goes on to a status where the same call is made, and forgets that a key may be outstanding."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, EffectState


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        if call is None or call.key_first_used is None:
            continue
        for name in queue.statuses:
            if dict(lifecycle.status[name].on_entry).get(call.key_first_used, "kept") is None:
                yield from _entered(subject, name, call, call.key_first_used)


def _entered(subject: LintContext, status: str, call: Call, column: str) -> Iterator[Finding]:
    for transition in subject.entries[status]:
        made_before = any(over.call == call.name for over in subject.lifecycle.queues_of[transition.source])
        if made_before and dict(transition.needs).get(call.name) is not EffectState.NOT_DONE:
            yield RULE.finding(
                subject.lifecycle.place("statuses", status, "on_entry", column),
                f"entering {status} clears {column}, and {label(transition)} may be taken "
                f"while a request of {call.name} is unanswered: the row forgets it",
                f"Do not clear it there, or let the transition need it: `needs: {{{call.name}: not_done}}`.",
                f"status:{status}:{column}:{transition.source}",
            )


RULE = Rule(
    "key-forgotten",
    Severity.ERROR,
    "A row goes on to a status where the same call is made, and forgets that a key may be outstanding.",
    _check,
)
