"""What the replies to a queue's call lead to, and what each tells of the call's effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.lifecycle import Call, Effect, Outcome, Queue, Reply, Step, Transition
from pointsman.rules.rule import Subject

TELLS: dict[Reply, Effect | None] = {
    Reply.ACCEPTED: Effect.DONE,
    Reply.ALREADY_DONE: Effect.DONE,
    Reply.SETTLED_DONE: Effect.DONE,
    Reply.REFUSED: Effect.NOT_DONE,
    Reply.REFUSED_FOR_NOW: Effect.NOT_DONE,
    Reply.SETTLED_ABSENT: Effect.NOT_DONE,
    # Not tried says nothing of an earlier attempt, and after a 409 one is still on its way.
    Reply.NOT_TRIED: None,
    Reply.MISUSED: None,
    Reply.UNKNOWN: None,
    Reply.EXHAUSTED: None,
}
"""What is known of the effect after each reply; None: nothing."""

STEPS = frozenset(str(step) for step in Step)


@dataclass(frozen=True, slots=True)
class Taken:
    """A reply that takes a transition: in `queue`, which makes `call`, by `then`."""

    queue: Queue
    call: Call
    reply: Reply
    transition: Transition


def taken(subject: Subject) -> Iterator[Taken]:
    """Every transition that a queue's `then` takes."""
    for queue in subject.lifecycle.queues:
        if queue.call is None:
            continue
        call = subject.lifecycle.call[queue.call]
        for reply, answer in queue.then:
            if answer in STEPS:
                continue
            for status in queue.statuses:
                for transition in subject.moves_on(status, answer):
                    yield Taken(queue, call, reply, transition)


def claimed(subject: Subject, transition: Transition, call: Call) -> Effect | None:
    """What `transition` takes for granted of `call`: by what it needs, else by what its target means."""
    needs = dict(transition.needs).get(call.name)
    return needs or dict(subject.lifecycle.status[transition.target].means).get(call.name)


def possible(queue: Queue, call: Call) -> tuple[Reply, ...]:
    """The replies that the queue has to answer, in the order of the language."""
    found = {Reply(rule.outcome) for rule in call.outcomes} | {Reply(Outcome.UNKNOWN)}
    if queue.attempts is not None and queue.attempts.limit is not None:
        found.add(Reply.EXHAUSTED)
    if {str(Step.SETTLE), str(Step.LOOK_UP)} & set(queue.answers.values()):
        found |= {Reply.SETTLED_DONE, Reply.SETTLED_ABSENT}
    return tuple(reply for reply in Reply if reply in found)
