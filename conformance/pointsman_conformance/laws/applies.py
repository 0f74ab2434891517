"""Which laws do not apply to a spec and the actors that are played, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType

from pointsman.spec.laws import LAWS, Law
from pointsman.spec.lifecycle import (
    Call,
    ClaimBy,
    EffectState,
    Lifecycle,
    Outcome,
    Queue,
    Repeat,
    SettleBy,
    Transition,
)
from pointsman.spec.meaning import effect_events, is_own_event, keeps, queues_in


def not_applicable(lifecycle: Lifecycle, roles: Collection[str]) -> Mapping[str, str]:
    """The laws that do not apply where an implementation plays `roles`, by id, each with its reason in words.

    Without roles, every actor of the spec counts as played.
    """
    played = frozenset(roles) or frozenset(lifecycle.actor)
    found: dict[str, str] = {}
    for law in LAWS:
        reason = _reason(law, lifecycle, played)
        if reason is not None:
            found[law.id] = reason
    return found


def _reason(law: Law, lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    kinds = {lifecycle.actor[role].kind.value for role in roles if role in lifecycle.actor}
    if lifecycle.actors and not kinds & set(law.kinds):
        return f"it binds {_either(law.kinds)}, and none of these is played"
    need = _NEEDS.get(law.id)
    return need(lifecycle, roles) if need is not None else None


def _either(kinds: tuple[str, ...]) -> str:
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}" if len(kinds) > 1 else kinds[0]


_Need = Callable[[Lifecycle, frozenset[str]], str | None]


# --- what a law needs of the spec -----------------------------------------------


def _queues(lifecycle: Lifecycle, roles: frozenset[str]) -> Iterator[Queue]:
    """The queues with a call that a played actor works on."""
    for queue in lifecycle.queues:
        steps_in = any(
            transition.source in queue.statuses and transition.needs and set(transition.by) & roles
            for transition in lifecycle.transitions
        )
        if queue.call is not None and (queue.worker is None or queue.worker in roles or steps_in):
            yield queue


def _calls(lifecycle: Lifecycle, roles: frozenset[str]) -> list[Call]:
    names = dict.fromkeys(queue.call for queue in _queues(lifecycle, roles) if queue.call is not None)
    return [lifecycle.call[name] for name in names]


def _no_claim(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    if lifecycle.claims is None:
        return "the spec does not say how rows are claimed"
    if lifecycle.claims.by is ClaimBy.LOCK:
        return "rows are claimed by a lock, not by a write"
    return None if any(_queues(lifecycle, roles)) else "no queue of what is played makes a call"


def _resends(lifecycle: Lifecycle) -> bool:
    """To settle is to send the same key again, as long as it lives."""
    keyed = any(call.key is not None for call in lifecycle.calls)
    return keyed and lifecycle.settle is not None and lifecycle.settle.first is SettleBy.RESEND_SAME_KEY


def _no_lease(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    claims = lifecycle.claims
    if claims is not None and claims.lease is None and claims.by is ClaimBy.BUMP:
        return "claims have no lease"
    if not any(queue.worker is None or queue.worker in roles for queue in lifecycle.queues) and not _resends(lifecycle):
        return "only an admin is played, who looks up and sends nothing"
    return _no_claim(lifecycle, roles)


def _none_tells(outcome: Outcome) -> _Need:
    """No answer of the provider has this outcome."""

    def need(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
        calls = [call for call in _calls(lifecycle, roles) if _may_be(call, outcome)]
        found = any(rule.outcome is outcome for call in calls for rule in call.outcomes)
        return None if found else f"no answer to a call that is made here means {outcome.value.replace('_', ' ')}"

    return need


def _may_be(call: Call, outcome: Outcome) -> bool:
    """A second send that makes a new effect is never "already done"."""
    return outcome is not Outcome.ALREADY_DONE or call.repeat is Repeat.ALREADY_DONE


def _no_trace(lifecycle: Lifecycle, _: frozenset[str]) -> str | None:
    """A key has to be in the row before it is sent, or the next copy after a crash cannot know of it."""
    if lifecycle.claims is None or lifecycle.claims.by is ClaimBy.LOCK:
        return "no claim says before a request that it may be sent, and a crash leaves no trace of it"
    return None


def _no_key(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    calls = _calls(lifecycle, roles)
    if not any(call.key is not None for call in calls):
        return "no call that is made here has a key"
    return _no_trace(lifecycle, roles)


def _no_renewal(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    found = any(renews(call) for call in _calls(lifecycle, roles))
    return None if found else "no key that is used here has a generation that can be raised"


def renews(call: Call) -> bool:
    """The call's key can be renewed: a generation is in it."""
    return call.key is not None and call.key_generation is not None and call.key_generation in call.key.columns


def _no_age(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    found = any(has_age(call) for call in _calls(lifecycle, roles))
    return _no_trace(lifecycle, roles) if found else "no key that is used here grows old by a column that says so"


def has_age(call: Call) -> bool:
    """The call's key grows old, and a column says since when it is in use."""
    return call.key is not None and call.key_lifetime is not None and call.key_first_used is not None


def _no_denial(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    for transition in lifecycle.transitions:
        needs = any(what is EffectState.NOT_DONE for _, what in transition.needs)
        if needs and (not transition.by or set(transition.by) & roles):
            return None
    return "no transition of what is played needs a call not to be done"


def _no_finding_out(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    return _no_denial(lifecycle, roles) or _no_trace(lifecycle, roles)


def _no_keeping(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    for event in lifecycle.events:
        takers = {name for each in lifecycle.transitions if each.event == event.name for name in each.by}
        if keeps(event) and (not takers or takers & roles):
            return None
    return "no event of what is played is kept"


def _no_amount(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    return None if any(call.amount for call in _calls(lifecycle, roles)) else "no call that is made here has an amount"


def _taken(lifecycle: Lifecycle, roles: frozenset[str]) -> Iterator[Transition]:
    """The transitions that a played actor may take."""
    return (each for each in lifecycle.transitions if not each.by or set(each.by) & roles)


def _no_receipt(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    for transition in _taken(lifecycle, roles):
        for queue in queues_in(lifecycle, transition.source):
            call = lifecycle.call_of(queue)
            if transition.event in effect_events(queue) and call is not None and call.records:
                return None
        hooks = ((call, hook) for call in lifecycle.calls if call.records for hook in call.webhooks)
        if any(is_own_event(hook, transition.source, transition.event) for _, hook in hooks):
            return None
    return "no transition of what is played says that a call is done which records a receipt"


def _no_event(lifecycle: Lifecycle, _: frozenset[str]) -> str | None:
    told = bool(lifecycle.events) or any(call.webhooks for call in lifecycle.calls)
    return None if told else "the spec has no event from outside"


def _no_limit(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    found = any(queue.attempts is not None for queue in _queues(lifecycle, roles))
    return None if found else "no queue of what is played counts attempts"


def _no_backoff(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    found = any(queue.backoff is not None and queue.due is not None for queue in _queues(lifecycle, roles))
    return None if found else "no queue of what is played has a backoff"


def _no_due(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    found = any(queue.due is not None for queue in lifecycle.queues if queue.worker is None or queue.worker in roles)
    return None if found else "no queue of what is played has a due time"


def _no_entry(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    recorded = {column for call in lifecycle.calls for column, _ in call.records}
    for transition in _taken(lifecycle, roles):
        event = lifecycle.event.get(transition.event or "")
        brought = recorded | {column for column, _ in (event.carries if event is not None else ())}
        if any(column not in brought for column, _ in lifecycle.status[transition.target].on_entry):
            return None
    return "no status that is entered by what is played sets anything on entry"


def _no_bumps(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    if lifecycle.same_status is None:
        return "the spec does not say which columns may bump"
    stays = any(each.source == each.target for each in _taken(lifecycle, roles))
    works = any(queue.worker is None or queue.worker in roles for queue in lifecycle.queues)
    acts = works or stays or any(_queues(lifecycle, roles)) or _no_keeping(lifecycle, roles) is None
    return None if acts else "what is played writes nothing but moves"


_NEEDS: Mapping[str, _Need] = MappingProxyType(
    {
        "claim-is-a-write": _no_claim,
        "stale-claim-sends-nothing": _no_lease,
        "stable-key": _no_key,
        "key-survives-crash": _no_key,
        "renew-key-after-refusal": _no_renewal,
        "settle-before-resend": _no_age,
        "settle-before-giving-up": _no_finding_out,
        "unknown-is-not-failure": _no_denial,
        "already-done-is-done": _none_tells(Outcome.ALREADY_DONE),
        "not-tried-is-not-an-attempt": _none_tells(Outcome.NOT_TRIED),
        "record-with-status": _no_receipt,
        "due-only": _no_due,
        "bounded-attempts": _no_limit,
        "backoff": _no_backoff,
        "reset-on-entry": _no_entry,
        "duplicate-is-idempotent": _no_event,
        "bump-only": _no_bumps,
        "event-not-lost": _no_keeping,
        "amount-conserved": _no_amount,
    }
)
"""For each law a function that says what the spec lacks for it, beside an actor of its kinds; None where nothing."""
