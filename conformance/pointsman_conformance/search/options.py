"""Weighted steps, and the makers of steps that several modules share."""

from __future__ import annotations

from collections.abc import Callable

from pointsman_conformance.core.plan import Advance, Dashboard, DeliverWebhooks, Move, Step
from pointsman_conformance.search.weights import ChoiceSource

StepMaker = Callable[[ChoiceSource], Step]
WeightedSteps = list[tuple[int, Step | StepMaker]]
"""Candidates for the next step, each with its weight (1 or more): a step, or a function that makes one."""


def made(option: Step | StepMaker, source: ChoiceSource) -> Step:
    """The step of a chosen option."""
    return option(source) if callable(option) else option


def wait(seconds: float, _source: ChoiceSource | None = None) -> Advance:
    """A wait of `seconds` and a millisecond, after which a row that is due in `seconds` is due."""
    return Advance(round(max(seconds, 0.0), 3) + 0.001)


def told_once(label: str, _source: ChoiceSource) -> Step:
    """Deliver the provider's webhooks about a row, once."""
    return DeliverWebhooks(label)


def told(label: str, source: ChoiceSource) -> Step:
    """Deliver the provider's webhooks about a row, once or twice, in order or reversed."""
    return DeliverWebhooks(label, 1 + source.below(2), bool(source.below(2)))


def asked_to_move(label: str, status: str, actor: str, _source: ChoiceSource) -> Step:
    """Ask for a status directly, without an event."""
    return Move(label, status, actor)


def by_hand(label: str, call: str, source: ChoiceSource) -> Step:
    """Make the effect by hand at the provider, all of it or a part."""
    return Dashboard(label, call, bool(source.below(2)))
