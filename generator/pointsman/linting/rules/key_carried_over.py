"""A row enters a queue with the age of another call's key."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import Call, Queue


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    for queue in lifecycle.queues:
        call = lifecycle.call_of(queue)
        if call is None or call.key_first_used is None:
            continue
        used = _after_others(subject, call)
        for name in queue.statuses:
            on_entry = dict(lifecycle.status[name].on_entry)
            resets = call.key_first_used in on_entry and on_entry[call.key_first_used] is None
            if not resets and _is_entered_after(subject, queue, name, used):
                yield RULE.finding(
                    lifecycle.place("statuses", name, "on_entry"),
                    f"entering {name} does not clear {call.key_first_used}, which another call uses too: "
                    f"the age of that call's key is taken for the age of {call.name}'s",
                    f"Clear it there (`on_entry: {{{call.key_first_used}: null}}`), or give each call its own column.",
                    f"status:{name}:{call.key_first_used}",
                )


def _after_others(subject: LintContext, call: Call) -> frozenset[str]:
    """Names of the statuses that a row may be in after another call that records its key's age in the same column."""
    made = [
        status
        for queue in subject.lifecycle.queues
        if (other := subject.lifecycle.call_of(queue)) is not None
        and other.name != call.name
        and other.key_first_used == call.key_first_used
        for status in queue.statuses
    ]
    return subject.graph.reached_from(made)


def _is_entered_after(subject: LintContext, queue: Queue, status: str, used: frozenset[str]) -> bool:
    """True if a transition into `status` leaves a status of `used` for which no queue makes this call."""
    return any(
        transition.source in used
        and not any(over.call == queue.call for over in subject.lifecycle.queues_of[transition.source])
        for transition in subject.entries[status]
    )


RULE = Rule("key-carried-over", Severity.WARNING, "A row enters a queue with the age of another call's key.", _check)
