"""A row is given up while it is unknown whether its call was done.

Two ways: a queue answers `exhausted` with an event, although the last attempt
may have gone through; or a transition leaves a status whose queue makes a call
for one that no queue with this call holds, and has no `needs:` for the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, key, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ActorKind, CallResult, EffectState, Queue, StatusKind, Transition
from pointsman.spec.meaning import effect_events, event_after


def _check(subject: LintContext) -> Iterator[Finding]:
    for queue in subject.lifecycle.queues:
        if queue.call is None:
            continue
        yield from _exhausted(subject, queue)
        for status in queue.statuses:
            for transition in subject.lifecycle.moves[status]:
                if _is_blind(subject, queue, queue.call, transition):
                    yield _blind(subject, queue.call, transition)


def _exhausted(subject: LintContext, queue: Queue) -> Iterator[Finding]:
    answer = event_after(queue, CallResult.EXHAUSTED)
    if answer is None:
        return
    yield RULE.finding(
        subject.lifecycle.place("queues", queue.name, "then", CallResult.EXHAUSTED, value=True),
        f"after its last attempt the queue {queue.name} takes {answer} "
        f"without finding out whether {queue.call} is done",
        f"Answer `exhausted: settle`, and `settled_absent: {answer}`.",
        f"queue:{queue.name}:exhausted",
    )


def _is_blind(subject: LintContext, queue: Queue, call: str, transition: Transition) -> bool:
    lifecycle = subject.lifecycle
    target = lifecycle.status[transition.target]
    if target.kind is StatusKind.TRANSIENT or dict(target.means).get(call) is EffectState.DONE:
        return False
    if call in dict(transition.needs) or any(over.call == call for over in subject.lifecycle.queues_of[target.name]):
        return False
    # A webhook, and a worker after a look-up, act on the provider's word; the other kinds decide by themselves.
    blind = {ActorKind.HANDLER, ActorKind.ADMIN}
    if transition.by and not any(lifecycle.actor[name].kind in blind for name in transition.by):
        return False
    return transition.event is None or transition.event not in effect_events(queue)


def _blind(subject: LintContext, call: str, transition: Transition) -> Finding:
    return RULE.finding(
        subject.source_place(transition),
        f"{label(transition)} may be taken while it is unknown whether {call} is done",
        f"Say what it needs to know: `needs: {{{call}: not_done}}`.",
        key(transition),
    )


RULE = Rule(
    "gives-up-without-settling",
    Severity.ERROR,
    "A row is given up while it is unknown whether its call was done.",
    _check,
)
