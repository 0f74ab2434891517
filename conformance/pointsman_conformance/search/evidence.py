"""Laws that apply to a spec and roles, but that no run can put to the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pointsman.spec.lifecycle import ActorKind, ClaimBy, Lifecycle, Outcome, Repeat, Transition
from pointsman.spec.meaning import keeps
from pointsman_conformance.search.ways import Route, Ways


def beyond_reach(lifecycle: Lifecycle, roles: frozenset[str]) -> Mapping[str, str]:
    """By id: the laws that no run of an implementation of `roles` can put to the test, each with the reason."""
    found = {law: reason(lifecycle, roles) for law, reason in _REASONS.items()}
    return {law: why for law, why in found.items() if why is not None}


def _ours(lifecycle: Lifecycle, roles: frozenset[str]) -> list[Transition]:
    return [move for move in lifecycle.transitions if not move.by or set(move.by) & roles]


def _no_entry(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    if any(lifecycle.status[move.target].on_entry for move in _ours(lifecycle, roles)):
        return None
    return "no status that is entered here sets anything on entry"


def _no_bump(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    kinds = {lifecycle.actor[role].kind for role in roles if role in lifecycle.actor}
    sent = {way.transition.event for way in Ways(lifecycle).all if way.route is Route.HAPPEN and way.actor in roles}
    kept = any(event.name in sent and keeps(event) for event in lifecycle.events)
    stays = any(move.source == move.target for move in _ours(lifecycle, roles))
    if not lifecycle.actors or kept or stays or kinds & {ActorKind.WORKER, ActorKind.ADMIN}:
        return None
    return "no actor that the implementation plays has a reason to write a row and leave its status"


def _never_already_done(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    if lifecycle.claims is not None and lifecycle.claims.by is ClaimBy.LOCK:
        return "rows are claimed by a lock, which leaves nothing to see"
    names = {queue.call for queue in lifecycle.queues if queue.worker in roles or queue.worker is None}
    for call in lifecycle.calls:
        told = any(rule.outcome is Outcome.ALREADY_DONE for rule in call.outcomes)
        if call.name in names and told and call.repeat is Repeat.ALREADY_DONE:
            return None
    return "no call that is made here can find its effect done already"


def _no_write_to_compare(lifecycle: Lifecycle, roles: frozenset[str]) -> str | None:
    if lifecycle.claims is not None and lifecycle.claims.by is ClaimBy.LOCK:
        return "a row lock keeps all other actors from the row meanwhile"
    kinds = {lifecycle.actor[role].kind for role in roles if role in lifecycle.actor}
    if lifecycle.actors and not kinds & {ActorKind.WORKER, ActorKind.ADMIN}:
        return "no actor that the implementation plays holds a claim, and a late event leaves nothing to see"
    return None


def _no_claim_to_see(lifecycle: Lifecycle, _: frozenset[str]) -> str | None:
    by_lock = lifecycle.claims is not None and lifecycle.claims.by is ClaimBy.LOCK
    return "rows are claimed by a lock, which leaves nothing to see" if by_lock else None


_REASONS: Mapping[str, Callable[[Lifecycle, frozenset[str]], str | None]] = {
    "conditional-write": _no_write_to_compare,
    "already-done-is-done": _never_already_done,
    "not-tried-is-not-an-attempt": _no_claim_to_see,
    "bounded-attempts": _no_claim_to_see,
    "backoff": _no_claim_to_see,
    "reset-on-entry": _no_entry,
    "bump-only": _no_bump,
}
