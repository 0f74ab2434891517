"""The transition that each reply to a queue's call takes, and what the reply says about the call's effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.linting.rules.rule import LintContext
from pointsman.spec.lifecycle import Call, CallResult, EffectState, NextStep, Outcome, Queue, Transition
from pointsman.spec.meaning import is_event, stated

TELLS: dict[CallResult, EffectState | None] = {
    CallResult.ACCEPTED: EffectState.DONE,
    CallResult.ALREADY_DONE: EffectState.DONE,
    CallResult.SETTLED_DONE: EffectState.DONE,
    CallResult.REFUSED: EffectState.NOT_DONE,
    CallResult.REFUSED_FOR_NOW: EffectState.NOT_DONE,
    CallResult.SETTLED_ABSENT: EffectState.NOT_DONE,
    # Not tried says nothing of an earlier attempt; after a 409 an earlier request is still being executed.
    CallResult.NOT_TRIED: None,
    CallResult.MISUSED: None,
    CallResult.UNKNOWN: None,
    CallResult.EXHAUSTED: None,
}
"""The state of the effect that each reply establishes; None if the reply leaves it open."""


@dataclass(frozen=True, slots=True)
class TakenResult:
    """A transition that the `then:` of `queue` takes after `reply`, a result of `call`."""

    queue: Queue
    call: Call
    reply: CallResult
    transition: Transition


def taken(subject: LintContext) -> Iterator[TakenResult]:
    """Every transition that a queue's `then` takes."""
    for queue in subject.lifecycle.queues:
        call = subject.lifecycle.call_of(queue)
        if call is None:
            continue
        for reply, answer in stated(queue).items():
            if not is_event(answer):
                continue
            for status in queue.statuses:
                for transition in subject.moves_on(status, answer):
                    yield TakenResult(queue, call, reply, transition)


def claimed(subject: LintContext, transition: Transition, call: Call) -> EffectState | None:
    """The state of the call's effect that `transition` presumes: by its `needs:`, else by its target's `means:`."""
    needs = dict(transition.needs).get(call.name)
    return needs or dict(subject.lifecycle.status[transition.target].means).get(call.name)


def possible(queue: Queue, call: Call) -> tuple[CallResult, ...]:
    """The replies that the queue has to answer, in the order of the language."""
    found = {CallResult(rule.outcome) for rule in call.outcomes} | {CallResult(Outcome.UNKNOWN)}
    if queue.attempts is not None and queue.attempts.limit is not None:
        found.add(CallResult.EXHAUSTED)
    if {str(NextStep.SETTLE), str(NextStep.LOOK_UP)} & set(stated(queue).values()):
        found |= {CallResult.SETTLED_DONE, CallResult.SETTLED_ABSENT}
    return tuple(reply for reply in CallResult if reply in found)
