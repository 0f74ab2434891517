"""Events from outside: the event that a webhook means in a status, and the answer to an early event."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import ActorKind, Call, EarlyEvent, Event, Lifecycle, Transition, Webhook
from pointsman.spec.meaning import paths
from pointsman.spec.meaning.paths import Json


def webhooks_of(lifecycle: Lifecycle, kind: str) -> tuple[tuple[Call, Webhook], ...]:
    """The calls that a webhook of this type (the provider's word) may tell of, each with what the spec says of it."""
    return tuple((call, hook) for call in lifecycle.calls for hook in call.webhooks if hook.type == kind)


def event_of(hook: Webhook, status: str | None) -> str:
    """The event that the webhook means for a row in `status`, a status's name: `otherwise` names the exceptions."""
    return dict(hook.otherwise).get(status or "", hook.event)


def is_own_event(hook: Webhook, status: str | None, event: str | None) -> bool:
    """Whether the webhook says by `event` in `status` that its call is done: its own event, and no exception there."""
    return hook.event == event and (status or "") not in dict(hook.otherwise)


def events_of(hook: Webhook) -> tuple[str, ...]:
    """Every event that the webhook may mean: its own, then those of `otherwise` in the order of the spec."""
    return tuple(dict.fromkeys((hook.event, *(event for _, event in hook.otherwise))))


def events_of_type(lifecycle: Lifecycle, kind: str, status: str | None) -> frozenset[str]:
    """The events that a webhook of this type may mean in `status`: several where several calls have one."""
    return frozenset(event_of(hook, status) for _, hook in webhooks_of(lifecycle, kind))


def tells(hook: Webhook, thing: Mapping[str, Json]) -> bool:
    """Whether the webhook tells of the call's effect, by the provider's object that it carries.

    It does where the spec has no `when`, or the field that `when` names is true: the boolean, no text and no number.
    """
    return hook.when is None or paths.field(thing, hook.when) is True


def transitions_by(
    lifecycle: Lifecycle, status: str, event: str | None, actor: str | None = None
) -> tuple[Transition, ...]:
    """The transitions that take `event` in `status`: of `actor` those that it may take, of None those of every actor.

    A transition that names no actor is every actor's. Conditions (`when`, `needs`) are not judged.
    """
    return tuple(
        transition
        for transition in lifecycle.moves[status]
        if event is not None and transition.event == event
        and (actor is None or not transition.by or actor in transition.by)
    )  # fmt: skip


def is_hooked(lifecycle: Lifecycle, event: str | None) -> bool:
    """Whether a call's webhook brings the event in some status: then it comes from nowhere else by itself."""
    return any(event in events_of(hook) for call in lifecycle.calls for hook in call.webhooks)


def is_reported(lifecycle: Lifecycle, event: str | None) -> bool:
    """Whether the event is news from outside that no call's webhook brings: it is declared under `events`."""
    return event in lifecycle.event and not is_hooked(lifecycle, event)


def comes_from_outside(lifecycle: Lifecycle, transition: Transition) -> bool:
    """Whether the unnamed actor can take a transition that names no actor: the actor decides, or the event comes.

    It decides where the spec has no queues and no actors, where the transition has no event, and where the spec has a
    handler or an admin, which the unnamed actor then stands for.
    """
    people = any(actor.kind in {ActorKind.HANDLER, ActorKind.ADMIN} for actor in lifecycle.actors)
    free = not lifecycle.actors and not lifecycle.queues
    return free or people or transition.event is None or is_reported(lifecycle, transition.event)


def early_event(event: Event | None, status: str) -> EarlyEvent:
    """The answer to an event in a status where no transition takes it.

    An event that is not declared under `events` (None) is a call's own, and is ignored. One that the spec does not
    answer there is refused, and so is one that has to be kept where no column keeps it.
    """
    if event is None:
        return EarlyEvent.IGNORE
    answer = dict(event.otherwise).get(status, EarlyEvent.REFUSE)
    return EarlyEvent.REFUSE if answer is EarlyEvent.KEEP and event.keep_in is None else answer


def early_statuses(event: Event) -> tuple[str, ...]:
    """The statuses where the spec says what becomes of the event without a transition, in its order."""
    return tuple(status for status, _ in event.otherwise)


def statuses_answering(event: Event, answer: EarlyEvent) -> tuple[str, ...]:
    """The statuses where the spec gives the event this answer, in its order."""
    return tuple(status for status, given in event.otherwise if given is answer)


def keeps(event: Event) -> bool:
    """Whether the event is kept in some status."""
    return any(early_event(event, status) is EarlyEvent.KEEP for status, _ in event.otherwise)


def carried(event: Event | None, fields: Mapping[str, Json]) -> dict[str, paths.ScalarValue]:
    """The columns that the event fills from its fields; those whose field is missing are left out."""
    found = ((column, paths.scalar(paths.field(fields, path))) for column, path in (event.carries if event else ()))
    return {column: value for column, value in found if value is not None}
