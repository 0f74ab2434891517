"""Nothing brings the event of a transition, so no row is ever moved by it."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.linting.rules.rule import LintContext, Rule, key, label
from pointsman.spec.finding import Finding, Severity
from pointsman.spec.lifecycle import ActorKind, Lifecycle, Transition
from pointsman.spec.meaning import comes_from_outside, event_of, events_after, is_reported


def _check(subject: LintContext) -> Iterator[Finding]:
    lifecycle = subject.lifecycle
    if not lifecycle.actors and not lifecycle.queues:
        return
    for transition in lifecycle.transitions:
        if any(brings(lifecycle, transition) for brings in (_by_decision, _by_worker, _by_news)):
            continue
        event = f"the event {transition.event}" if transition.event is not None else "an event, for it names none,"
        name = transition.event or "its event"
        yield RULE.finding(
            subject.source_place(transition),
            f"{label(transition)} is never taken: no queue's `then`, no webhook of a call and no event from outside "
            f"brings {event} in {transition.source}",
            f"Declare {name} under `events:`, answer with it in a queue's `then:`, or name who decides (`by:`).",
            key(transition),
        )


def _by_decision(lifecycle: Lifecycle, transition: Transition) -> bool:
    """True if a handler or an admin decides to take it, or the unnamed actor."""
    if not transition.by:
        return comes_from_outside(lifecycle, transition)
    deciding = {ActorKind.HANDLER, ActorKind.ADMIN}
    return any(lifecycle.actor[name].kind in deciding for name in transition.by)


def _by_worker(lifecycle: Lifecycle, transition: Transition) -> bool:
    """True if a worker takes it from its queue; also if it would, and another rule says why it cannot."""
    workers = {name for name in transition.by if lifecycle.actor[name].kind is ActorKind.WORKER}
    queues = lifecycle.queues_of[transition.source]
    if not queues:
        return bool(workers)  # `worker-without-queue`
    for queue in queues:
        if queue.call is not None and transition.event in events_after(queue):
            return True  # by another worker: `worker-not-allowed`
        if queue.call is None and (not transition.by or queue.worker is None or queue.worker in workers):
            return True
    return bool(workers) and not any(queue.worker in {*workers, None} for queue in queues)


def _by_news(lifecycle: Lifecycle, transition: Transition) -> bool:
    """True if a webhook may take it, and brings its event in the status that is left."""
    if transition.by and not any(lifecycle.actor[name].kind is ActorKind.WEBHOOK for name in transition.by):
        return False
    hooks = [hook for call in lifecycle.calls for hook in call.webhooks]
    return is_reported(lifecycle, transition.event) or any(
        event_of(hook, transition.source) == transition.event for hook in hooks
    )


RULE = Rule(
    "event-without-bringer",
    Severity.ERROR,
    "Nothing brings the event of a transition, so no row is ever moved by it.",
    _check,
)
