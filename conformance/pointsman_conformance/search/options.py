"""Steps that could be next, each with its weight, and the small ones that every kind of choice makes."""

from __future__ import annotations

from collections.abc import Callable

from pointsman_conformance.core.plan import Advance, Dashboard, DeliverWebhooks, Move, Step
from pointsman_conformance.search.weights import ChoiceSource

StepMaker = Callable[[ChoiceSource], Step]
WeightedSteps = list[tuple[int, Step | StepMaker]]
"""What could be next, each with its weight (1 or more): a step, or how to make one with a few numbers more."""


def made(option: Step | StepMaker, source: ChoiceSource) -> Step:
    """The step of an option that was chosen."""
    return option(source) if callable(option) else option


def wait(seconds: float, _source: ChoiceSource | None = None) -> Advance:
    """Time until something is due that is due in `seconds`."""
    return Advance(round(max(seconds, 0.0), 3) + 0.001)


def told_once(label: str, _source: ChoiceSource) -> Step:
    """The provider's webhooks about a row, once."""
    return DeliverWebhooks(label)


def told(label: str, source: ChoiceSource) -> Step:
    """The provider's webhooks about a row, in some order, and perhaps twice."""
    return DeliverWebhooks(label, 1 + source.below(2), bool(source.below(2)))


def asked_to_move(label: str, status: str, actor: str, _source: ChoiceSource) -> Step:
    """A status is asked for outright."""
    return Move(label, status, actor)


def by_hand(label: str, call: str, source: ChoiceSource) -> Step:
    """Somebody makes the effect by hand, all of it or half."""
    return Dashboard(label, call, bool(source.below(2)))
