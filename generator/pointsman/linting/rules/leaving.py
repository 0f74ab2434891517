"""Follows rows that leave a call's queue with its outcome unknown, to where it is settled or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pointsman.linting.rules.rule import LintContext
from pointsman.spec.lifecycle import ActorKind, Call, EffectState, Lifecycle, StatusKind, Transition
from pointsman.spec.meaning import event_of, statuses_of_call


@dataclass(frozen=True)
class Leaving:
    """The ways of rows that leave the queues of `call` while it is unknown whether the call is done.

    A transition *settles* the outcome where it needs to know it, enters a status that means the call done, brings the
    provider's news of this call, or leads back into a queue that makes the call, with the key as it was.
    """

    subject: LintContext
    call: Call

    @property
    def _lifecycle(self) -> Lifecycle:
        return self.subject.lifecycle

    @cached_property
    def held(self) -> frozenset[str]:
        """The statuses whose rows a queue polls to make the call."""
        return statuses_of_call(self._lifecycle, self.call.name)

    def settles(self, move: Transition) -> bool:
        """True if the outcome is known once `move` is taken, or is found out in the queue that it leads to."""
        target = self._lifecycle.status[move.target]
        if self.call.name in dict(move.needs) or dict(target.means).get(self.call.name) is EffectState.DONE:
            return True
        if move.target in self.held:
            return not (self._forgets(move.target) or self._forgets(move.source))
        return self.is_news(move) and self._only_webhooks(move)

    def is_news(self, move: Transition) -> bool:
        """True if the provider's news by which a webhook takes the transition are of this call.

        They are where a webhook of the call means the event in the status that is left, and where the event carries a
        column by which the call's object is known.
        """
        event = self._lifecycle.event.get(move.event or "")
        carries = {column for column, _ in event.carries} if event is not None else set()
        hooked = any(event_of(hook, move.source) == move.event for hook in self.call.webhooks)
        return hooked or not carries.isdisjoint(self._known_by)

    @cached_property
    def _known_by(self) -> frozenset[str]:
        """The columns that hold what names the call's object: its receipts, and what its request and look-up ask by.

        A call that is looked up by the same request as another is about the same object.
        """
        call, table = self.call, self._lifecycle.table
        asked = {*call.request.columns, *(call.look_up.request.columns if call.look_up is not None else ())}
        same = [other for other in self._lifecycle.calls if _asks_alike(other, call)]
        receipts = {column for other in (call, *same) for column, _ in other.records}
        return frozenset((asked | receipts) - ({table.primary_key} if table is not None else set()))

    def _only_webhooks(self, move: Transition) -> bool:
        actor = self._lifecycle.actor
        return bool(move.by) and all(actor[name].kind is ActorKind.WEBHOOK for name in move.by)

    def _forgets(self, status: str) -> bool:
        """True if entering `status` clears the time since when the key has been in use, or writes its generation."""
        entry = dict(self._lifecycle.status[status].on_entry)
        age, generation = self.call.key_first_used, self.call.key_generation
        return (age in entry and entry[age] is None) if age is not None else generation in entry

    @cached_property
    def _unsettled(self) -> Mapping[str, tuple[str, ...]]:
        """By status outside the queues: the statuses that transitions lead to which do not settle the outcome."""
        outside = [status.name for status in self._lifecycle.statuses if status.name not in self.held]
        moves = self._lifecycle.moves
        return {name: tuple(m.target for m in moves[name] if not self.settles(m)) for name in outside}

    @cached_property
    def after_leaving(self) -> frozenset[str]:
        """The statuses outside the queues that a row may come to with its outcome unknown."""
        left = {
            move.target
            for name in self.held
            for move in self._lifecycle.moves[name]
            if move.target not in self.held and not self.settles(move) and self.leaves_blindly(move)
        }
        return _reached(left, lambda name: [to for to in self._unsettled.get(name, ()) if to not in self.held])

    def leaves_blindly(self, move: Transition) -> bool:
        """True if some actor may take the transition without the provider's word on this call."""
        return not move.by or any(self._acts_blindly(move, actor) for actor in move.by)

    def _acts_blindly(self, move: Transition, actor: str) -> bool:
        """True if the actor takes the transition without the provider's word on this call.

        A worker acts on a reply or a look-up. A webhook acts on its own news, which may be of another call or of none.
        """
        kind = self._lifecycle.actor[actor].kind
        return kind in {ActorKind.HANDLER, ActorKind.ADMIN} or (kind is ActorKind.WEBHOOK and not self.is_news(move))

    @cached_property
    def _dead_ends(self) -> frozenset[str]:
        """Statuses from which no way settles the outcome, or in which the row forgets the key and may send again."""
        settling = {move.source for move in self._lifecycle.transitions if self.settles(move)}
        can = self.subject.graph.reaching(settling - self.held)
        again = self.subject.graph.reaching(self.held)
        return frozenset(
            name
            for name in self._lifecycle.status
            if (self._forgets(name) and name in again) or (name not in self.held and name not in can)
        )

    @cached_property
    def _lost(self) -> frozenset[str]:
        """Statuses from which some way leads to a dead end before the outcome is settled."""
        before: dict[str, list[str]] = {}
        for source, targets in self._unsettled.items():
            for target in targets:
                before.setdefault(target, []).append(source)
        return _reached(self._dead_ends, lambda name: before.get(name, ()))

    def is_lost(self, status: str) -> bool:
        """True if a row that comes to `status` with its outcome unknown may never find it out."""
        return status in self._lost

    def end_of(self, status: str) -> str:
        """The nearest dead end on a way from `status`, one that is lost: if there is one, where a row may stay."""
        kinds = self._lifecycle.status
        seen, waiting = {status}, [status]
        for name in waiting:  # it grows while it is walked
            fresh = [target for target in dict.fromkeys(self._unsettled.get(name, ())) if target not in seen]
            seen.update(fresh)
            waiting += fresh
        ends = [name for name in waiting if name in self._dead_ends]
        return next((name for name in ends if kinds[name].kind is not StatusKind.TRANSIENT), ends[0])


def _asks_alike(one: Call, other: Call) -> bool:
    return one.look_up is not None and other.look_up is not None and one.look_up.request == other.look_up.request


def _reached(start: Iterable[str], following: Callable[[str], Iterable[str]]) -> frozenset[str]:
    found, waiting = set(start), list(start)
    for name in waiting:  # it grows while it is walked
        fresh = [other for other in following(name) if other not in found]
        found.update(fresh)
        waiting += fresh
    return frozenset(found)
