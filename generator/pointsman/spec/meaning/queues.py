"""The steps and events that follow each result of a queue's call, and the times of a claim."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from pointsman.spec.lifecycle import CallResult, Lifecycle, NextStep, Queue

STEPS = frozenset(step.value for step in NextStep)
"""The words that `then` may hold beside the name of an event."""

USUAL_STEPS: Mapping[CallResult, NextStep] = MappingProxyType(
    {
        CallResult.ALREADY_DONE: NextStep.LOOK_UP,
        CallResult.NOT_TRIED: NextStep.WAIT,
        CallResult.MISUSED: NextStep.ALARM,
        CallResult.EXHAUSTED: NextStep.SETTLE,
    }
)
"""The step after a result that `then` does not answer; after every result that is not here it is `again`."""

EFFECT_IS_DONE = frozenset({CallResult.ACCEPTED, CallResult.ALREADY_DONE, CallResult.SETTLED_DONE})
"""The results that say that the effect is there."""

_FINDS_OUT = frozenset({NextStep.LOOK_UP, NextStep.SETTLE})


def stated(queue: Queue) -> Mapping[CallResult, str]:
    """The answers of `then` itself, by result, in its order: a step's word or an event's name."""
    return dict(queue.then)


def after(queue: Queue, result: CallResult) -> str:
    """A step's word or an event's name that follows a result: the usual step where `then` does not answer it."""
    return stated(queue).get(result, USUAL_STEPS.get(result, NextStep.AGAIN))


def is_event(word: str | None) -> bool:
    """Whether a word of `then` is an event's name; else it is a step of the worker's, or (None) there is none."""
    return word is not None and word not in STEPS


def event_after(queue: Queue, result: CallResult) -> str | None:
    """The event that follows a result; None where a step does."""
    word = after(queue, result)
    return word if is_event(word) else None


def step_after(queue: Queue, result: CallResult) -> NextStep | None:
    """The step that follows a result; None where an event does."""
    word = after(queue, result)
    return None if is_event(word) else NextStep(word)


def finds_out_after(queue: Queue, result: CallResult) -> bool:
    """Whether the worker asks the provider after a result, before it believes it."""
    return step_after(queue, result) in _FINDS_OUT


def results_with(queue: Queue, word: str | None) -> tuple[CallResult, ...]:
    """The results that `then` answers with this word, in its order."""
    return tuple(result for result, answer in queue.then if answer == word)


def events_after(queue: Queue) -> frozenset[str]:
    """Every event that `then` names."""
    return frozenset(answer for _, answer in queue.then if is_event(answer))


def effect_events(queue: Queue) -> frozenset[str]:
    """The events by which the queue's worker says that its call is done."""
    return frozenset(answer for result, answer in queue.then if result in EFFECT_IS_DONE and is_event(answer))


def seconds(span: timedelta | None) -> float:
    """A duration of the spec in seconds; 0 where the spec has none."""
    return span.total_seconds() if span is not None else 0.0


def lease_of(lifecycle: Lifecycle) -> float | None:
    """How long a claim lasts, in seconds; None where the spec has no claims, or claims without a lease."""
    claims = lifecycle.claims
    return seconds(claims.lease) if claims is not None and claims.lease is not None else None


def longest_pause_of(lifecycle: Lifecycle) -> float:
    """The longest pause from the last look at a claim to the request, in seconds; 0 where the spec has none."""
    return seconds(lifecycle.claims.longest_pause) if lifecycle.claims is not None else 0.0
