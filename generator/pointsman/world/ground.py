"""The parts of a lifecycle that its world models: statuses, columns, calls, claims and workers, within a scope."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from pointsman.spec.condition import Condition, IsNull, SqlValue, atoms, columns, constants
from pointsman.spec.lifecycle import (
    ActorKind,
    Call,
    ClaimBy,
    Delivery,
    EarlyEvent,
    EffectState,
    Event,
    Lifecycle,
    Now,
    Queue,
    Repeat,
    Setting,
    SettleBy,
    StatusKind,
    Transition,
    Webhook,
)
from pointsman.spec.meaning import (
    comes_from_outside,
    events_after,
    keeps,
    statuses_answering,
    statuses_of_call,
    transitions_by,
)
from pointsman.world.domains import Domains, FactGroup, Usage, domains
from pointsman.world.replies import Nature, ReplyClass, heard
from pointsman.world.scope import Scope
from pointsman.world.settling import unsettling
from pointsman.world.ways import WorkersWays

ABSENT = 0
"""The code of the status of a row that is not inserted yet; the spec's statuses follow from 1."""

LATER, DUE, NEVER = 0, 1, 2
DUE_WORDS = ("later", "due", "never due")
FRESH, LIVE, OLD = 0, 1, 2
KEY_WORDS = ("unused", "in use", "too old to send")
NOTHING, ACCEPTED, REFUSED, FOR_NOW, BROKEN = range(5)
MEMORY_WORDS = ("nothing", "accepted", "refused", "refused for now", "an error")
NULL, PART, WHOLE = 0, 1, 2
AMOUNT_WORDS = ("null", "a part", "the whole")
UNITS_WORDS = ("none", "a part", "the whole")
MADE_WORDS = ("no effect", "1 effect", "2 effects")

_ODD = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True)
class Team:
    """The workers of one queue, or the admin who settles its rows by hand.

    `tokens` are the numbers of its workers among all workers, from 1. `actor` is
    their name in the spec.
    """

    name: str
    actor: str
    queue: Queue
    call: Call
    tokens: tuple[int, ...]
    by_hand: bool = False

    @property
    def part(self) -> str:
        """The component that its workers belong to."""
        return f"team {self.name}"

    def who(self, token: int) -> str:
        """The name by which stories call the worker with this token."""
        return self.actor if len(self.tokens) == 1 else f"{self.actor} {self.tokens.index(token) + 1}"


@dataclass(frozen=True)
class Ground:
    """A lifecycle, a scope, and the wrong implementations and premises that are `without`: not assumed.

    Derived values are computed once and kept.
    """

    lifecycle: Lifecycle
    scope: Scope
    without: frozenset[str]

    # --- statuses ------------------------------------------------------------

    @cached_property
    def code(self) -> Mapping[str, int]:
        """The code of each status, from 1."""
        return {status.name: number for number, status in enumerate(self.lifecycle.statuses, 1)}

    @cached_property
    def places(self) -> Mapping[Transition, tuple[int, ...]]:
        """The places of each transition in the spec, from 0: more than one, where it stands there twice."""
        found: dict[Transition, tuple[int, ...]] = {}
        for number, move in enumerate(self.lifecycle.transitions):
            found[move] = (*found.get(move, ()), number)
        return found

    @property
    def foreign(self) -> int:
        """The code of an undeclared status."""
        return len(self.lifecycle.statuses) + 1

    @cached_property
    def reach(self) -> Mapping[str, frozenset[str]]:
        """By status: the statuses that a row in it can reach, itself only over others.

        All of them, where a row may change its status along no transition.
        """
        if self.strays or self.may("inserted-once"):
            return dict.fromkeys(self.code, frozenset(self.code))
        step = {name: {move.target for move in moves} for name, moves in self.lifecycle.moves.items()}
        return {name: frozenset(_closure(step, found)) for name, found in step.items()}

    @cached_property
    def ways(self) -> WorkersWays:
        """The ways along which workers move rows and, where the spec has no actors, the unnamed actor."""
        ends = {s.name for s in self.lifecycle.statuses if s.kind is not StatusKind.TRANSIENT or self.other_leg(s.name)}
        workers = {move.pair for move in self.lifecycle.transitions if self._is_a_workers(move)}
        return WorkersWays(frozenset(workers), self.lifecycle.pairs, frozenset(ends))

    def _is_a_workers(self, move: Transition) -> bool:
        if not self.lifecycle.actors and comes_from_outside(self.lifecycle, move):
            return True
        return any(
            (not move.by or queue.worker in move.by)
            and (
                not self.other_leg(move.target)
                if queue.call is None
                else move.event in events_after(queue) and self.lifecycle.call[queue.call] in self.leg_calls
            )
            for queue in self.lifecycle.queues_of[move.source]
        )

    # --- columns ---------------------------------------------------------------

    @cached_property
    def dues(self) -> tuple[str, ...]:
        """The columns that say when a row is due."""
        return _distinct(queue.due for queue in self.lifecycle.queues)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """The columns that count attempts, each with the highest limit in this scope."""
        found: dict[str, int] = {}
        for queue in self.lifecycle.queues:
            limit = self.limit(queue)
            if queue.attempts is not None and limit is not None:
                found[queue.attempts.column] = max(limit, found.get(queue.attempts.column, 0))
        return found

    def counts_on(self, column: str) -> bool:
        """True if a queue allows more attempts of this column than are explored."""
        limits = [q.attempts.limit for q in self.lifecycle.queues if q.attempts and q.attempts.column == column]
        return any(limit is None or limit > self.counts[column] for limit in limits)

    def limit(self, queue: Queue) -> int | None:
        """The number of attempts that `queue` allows, at most the scope's; None: no limit."""
        if queue.attempts is None or queue.attempts.limit is None:
            return None
        return min(queue.attempts.limit, self.scope.attempts)

    @cached_property
    def key_ages(self) -> tuple[str, ...]:
        """The columns that say since when a key may have been sent."""
        return _distinct(call.key_first_used for call in self.calls)

    @cached_property
    def receipts(self) -> tuple[str, ...]:
        """The columns that replies and events fill and a status or property asks for, unless modelled otherwise."""
        told = [
            *(column for call in self.lifecycle.calls for column, _ in call.records),
            *(column for event in self.lifecycle.events for column, _ in event.carries),
        ]
        taken = {*self.dues, *self.counts, *self.key_ages, *self.amounts, *self.facts, *self.keeps}
        wanted = {column for status in self.lifecycle.statuses for column in status.requires} | self._read
        return tuple(column for column in dict.fromkeys(told) if column not in taken and column in wanted)

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """The columns with the amount of a call that an event carries."""
        carried = {column for event in self.lifecycle.events for column, _ in event.carries}
        return _distinct(call.amount for call in self.calls if call.amount in carried)

    @cached_property
    def loose(self) -> tuple[str, ...]:
        """The columns of `amounts` that the application may write at any time, since `same_status` lists them."""
        allowed = self.lifecycle.same_status or ()
        return tuple(column for column in self.amounts if column in allowed) if self.scope.world.amounts else ()

    @cached_property
    def moving(self) -> frozenset[str]:
        """The columns of `amounts` that may change while a request of the old amount is out, where there are parts."""
        if not self.scope.world.amounts:
            return frozenset()
        found = set(self.loose)
        for call in self.calls:
            if call.amount in self.amounts and self.makes_effects_once(call) and self._changes(call, call.amount):
                found.add(call.amount)
        return frozenset(found)

    def _changes(self, call: Call, column: str) -> bool:
        """True if an event or an `on_entry` writes the column once a request of the call may be out."""
        held = statuses_of_call(self.lifecycle, call.name)
        near = held.union(*(self.reach[name] for name in held))
        carrying = {event.name for event in self.lifecycle.events if column in dict(event.carries)}
        onward = [move for move in self.lifecycle.transitions if move.source in near]
        return (
            any(move.event in carrying for move in onward)
            or any(column in dict(self.lifecycle.status[move.target].on_entry) for move in onward)
            or any(
                near & set(statuses_answering(event, EarlyEvent.KEEP))
                for event in self.keeps.values()
                if event.name in carrying
            )
        )

    @cached_property
    def keeps(self) -> Mapping[str, Event]:
        """The columns that keep an early event, each with the event."""
        return {event.keep_in: event for event in self.lifecycle.events if event.keep_in is not None and keeps(event)}

    @cached_property
    def crowded(self) -> Mapping[str, Event]:
        """The columns of `keeps` whose event may come once more, with other values, while one is kept."""
        return {
            column: event
            for column, event in self.keeps.items()
            if event.carries and event.delivery is Delivery.AT_LEAST_ONCE and event.while_kept is None
        }

    @cached_property
    def domains(self) -> Domains:
        """The classes of rows that conditions tell apart, and the columns whose values cannot be followed."""
        table = self.lifecycle.table
        declared = table.column if table else {}
        entered = {column for status in self.lifecycle.statuses for column, _ in status.on_entry}
        changing = frozenset({*self.filled, *(self.lifecycle.same_status or ()), *entered})
        return domains(self._conditions, declared, Usage(self._fixed, self._written, changing))

    @cached_property
    def facts(self) -> Mapping[str, FactGroup]:
        """The other columns that conditions read, each with its group."""
        return {column: group for group in self.domains.groups for column in group.columns}

    @cached_property
    def filled(self) -> frozenset[str]:
        """The columns that events and replies fill."""
        return self._told.union(column for event in self.lifecycle.events for column, _ in event.carries)

    @cached_property
    def _conditions(self) -> tuple[Condition, ...]:
        found = [move.when for move in self.lifecycle.transitions if move.when is not None]
        found += [
            picture.where
            for prop in self.lifecycle.properties
            for picture in (prop.picture, prop.then)
            if picture is not None and picture.where is not None
        ]
        return tuple(found)

    @cached_property
    def _read(self) -> frozenset[str]:
        return frozenset(name for condition in self._conditions for name in columns(condition))

    @cached_property
    def _settings(self) -> tuple[tuple[str, Setting], ...]:
        """What defaults and `on_entry` write, by column."""
        table = self.lifecycle.table
        defaults = [(column.name, column.default) for column in (table.columns if table else ())]
        return (*defaults, *(pair for status in self.lifecycle.statuses for pair in status.on_entry))

    @cached_property
    def _written(self) -> Mapping[str, frozenset[SqlValue]]:
        """By column, the constants that defaults and `on_entry` write."""
        written: dict[str, set[SqlValue]] = {}
        for column, setting in self._settings:
            if setting is not None and not isinstance(setting, Now):
                written.setdefault(column, set()).add(setting)
        return {column: frozenset(values) for column, values in written.items()}

    @cached_property
    def _fixed(self) -> frozenset[str]:
        """The columns that the world models with values of its own.

        A receipt is one of them as long as conditions, and checks of what they read, ask only whether it is null.
        """
        table = self.lifecycle.table
        checks = [column.check for column in (table.columns if table else ()) if column.check is not None]
        asked = (*self._conditions, *(check for check in checks if set(columns(check)) <= self._read))
        receipts = {name for name in self._told if not any(asks_more_than_null(c, name) for c in asked)}
        own = {*self.dues, *self.counts, *self.key_ages, *self.amounts, *self.keeps}
        return frozenset({*own, *receipts, *self._clocked})

    @cached_property
    def _clocked(self) -> frozenset[str]:
        """The columns that are compared with another one, and into which the present time is written."""
        compared = {
            name
            for condition in self._conditions
            for atom in atoms(condition)
            if len(columns(atom)) > 1
            for name in columns(atom)
        }
        return frozenset(column for column, setting in self._settings if is_now(setting) and column in compared)

    def models(self, column: str) -> bool:
        """True if the world knows whether `column` is null, but has no values of it."""
        return column in {*self.dues, *self.key_ages, *self.amounts, *self.receipts, *self.keeps}

    @cached_property
    def _told(self) -> frozenset[str]:
        return frozenset(column for call in self.lifecycle.calls for column, _ in call.records)

    @cached_property
    def pictured(self) -> frozenset[str]:
        """The columns that the spec's own properties read."""
        return frozenset(
            name
            for prop in self.lifecycle.properties
            for picture in (prop.picture, prop.then)
            if picture is not None and picture.where is not None
            for name in columns(picture.where)
        )

    @cached_property
    def unsettling(self) -> Mapping[str, frozenset[str]]:
        """By call that some status leaves open: the statuses in which its outcome must be known.

        `pointsman.world.settling` says which these are.
        """
        found = {call.name: unsettling(self.lifecycle, call) for call in self.calls}
        return {name: statuses for name, statuses in found.items() if statuses}

    @cached_property
    def left_open(self) -> frozenset[str]:
        """The calls whose outcome some transition leaves open, as the spec says."""
        return frozenset(name for move in self.lifecycle.transitions for name in move.leaves_open)

    # --- calls and their keys --------------------------------------------------------

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls that a queue makes."""
        made = {queue.call for queue in self.lifecycle.queues}
        return tuple(call for call in self.lifecycle.calls if call.name in made)

    @cached_property
    def leg_calls(self) -> tuple[Call, ...]:
        """The calls that are made in this world."""
        leg = self.scope.world.leg
        return tuple(call for call in self.calls if leg in {None, call.name})

    def other_leg(self, status: str) -> bool:
        """True if rows in `status` wait for a call that this world does not make."""
        calls = {queue.call for queue in self.lifecycle.queues_of[status] if queue.call is not None}
        return bool(calls) and self.scope.world.leg is not None and self.scope.world.leg not in calls

    def makes_effects_once(self, call: Call) -> bool:
        """True if the provider answers a second request for the effect with "already done"."""
        return call.repeat is Repeat.ALREADY_DONE

    def renewable(self, call: Call) -> bool:
        """True if the key contains its generation column, so that raising the generation makes another key."""
        return call.key is not None and call.key_generation is not None and call.key_generation in call.key.columns

    def heard(self, call: Call, nature: Nature) -> tuple[ReplyClass, ...]:
        """The outcomes that the spec of `call` gives to a reply of this nature."""
        return heard(call, nature)

    def stores(self, call: Call, nature: Nature) -> bool:
        """True if the provider stores a reply of this nature under the key."""
        return call.key is not None and any(one.stored for one in self.heard(call, nature))

    # --- premises about time ------------------------------------------------------------

    @property
    def locks(self) -> bool:
        """True if a claim is a row lock."""
        return self.lifecycle.claims is not None and self.lifecycle.claims.by is ClaimBy.LOCK

    def lease_covers(self, call: Call) -> bool:
        """True if a request ends before another claim: the lease outlasts `longest_pause` plus `settles_within`."""
        if "settles-within" in self.without or call.settles_within is None:
            return False
        if self.locks:
            return True  # after an unknown outcome the row is due no sooner than the request has settled
        claims = self.lifecycle.claims
        if claims is None or claims.lease is None or claims.longest_pause is None:
            return False
        return claims.lease > claims.longest_pause + call.settles_within

    def key_outlives(self, call: Call) -> bool:
        """True if the provider remembers a key that is young enough to send until its request has ended."""
        if {"key-lifetime", "settles-within"} & self.without or call.key_lifetime is None:
            return False
        pause = self.lifecycle.claims.longest_pause if self.lifecycle.claims else None
        needed = (pause or timedelta()) + (call.settles_within or timedelta())
        return call.settles_within is not None and call.key_lifetime > needed

    @property
    def fenced(self) -> bool:
        """True if a write under a claim compares the claim."""
        claims = self.lifecycle.claims
        return self.locks or (claims is not None and claims.fence is not None)

    @property
    def leased(self) -> bool:
        """True if a claim puts off the row's due time by a lease."""
        claims = self.lifecycle.claims
        return claims is not None and claims.lease is not None

    # --- what is not assumed -----------------------------------------------------------

    def may(self, wrong: str) -> bool:
        """True if the world has the commands of the wrong implementation, or of the failing premise, `wrong`."""
        return wrong in self.without

    @cached_property
    def sends_stale(self) -> bool:
        """True if a worker may send under a claim that it has lost."""
        unleased = not (self.leased or self.locks)
        return bool(self.without & {"sends_after_a_pause", "claims_by_reading", "longest-pause"}) or unleased

    @cached_property
    def acts_stale(self) -> bool:
        """True if a worker that has lost its claim can still send or write."""
        return self.sends_stale or bool(self.without & {"writes_blind", "compares_status_only"}) or not self.fenced

    @property
    def strays(self) -> bool:
        """True if a command may change the status along no transition."""
        return bool(self.without & {"skips_guard", "late_webhook_reopens", "writes_blind", "coerces_unknown_status"})

    @property
    def generations(self) -> int:
        """The number of key generations in the model: 3 where a worker may send an old key, else 1."""
        return 3 if self.sends_stale and any(map(self.renewable, self.calls)) else 1

    # --- who is there ---------------------------------------------------------------------

    @cached_property
    def teams(self) -> tuple[Team, ...]:
        """A team for each queue that makes a call, then one for each admin who may give up on its rows."""
        found: list[Team] = []
        token = 1
        for queue, call in self._calling:
            size = self.scope.workers
            actor = queue.worker or f"worker of {queue.name}"
            found.append(Team(queue.name, actor, queue, call, tuple(range(token, token + size))))
            token += size
        for queue, call in self._calling:
            for actor in self._admins(queue, call):
                found.append(Team(f"{actor}_{queue.name}", actor, queue, call, (token,), by_hand=True))
                token += 1
        return tuple(found)

    @cached_property
    def _calling(self) -> tuple[tuple[Queue, Call], ...]:
        named = {call.name: call for call in self.leg_calls}
        return tuple((queue, named[queue.call]) for queue in self.lifecycle.queues if queue.call in named)

    def _admins(self, queue: Queue, call: Call) -> tuple[str, ...]:
        moves = self.given_up_by_hand(queue, call)
        return _distinct(actor for move in moves for actor in move.by if self.is_kind(actor, ActorKind.ADMIN))

    def given_up_by_hand(self, queue: Queue, call: Call) -> tuple[Transition, ...]:
        """The transitions out of `queue` that an admin may take and that need the effect of `call` not to be done."""
        return tuple(
            move
            for status in queue.statuses
            for move in self.lifecycle.moves[status]
            if dict(move.needs).get(call.name) is EffectState.NOT_DONE
            and any(self.is_kind(actor, ActorKind.ADMIN) for actor in move.by)
        )

    def is_kind(self, actor: str, *kinds: ActorKind) -> bool:
        """True if `actor` is declared and of one of `kinds`."""
        return actor in self.lifecycle.actor and self.lifecycle.actor[actor].kind in kinds

    @cached_property
    def hooks(self) -> tuple[tuple[Call, Webhook], ...]:
        """Each webhook of a call that this world makes, with the call."""
        return tuple((call, hook) for call in self.leg_calls for hook in call.webhooks)

    def moves(self, status: str, event: str | None, actor: str | None = None) -> tuple[Transition, ...]:
        """The transitions from `status` by `event` that `actor` may take; for None, those of all actors."""
        return transitions_by(self.lifecycle, status, event, actor)

    def gives_up(self, move: Transition) -> bool:
        """True if `move` needs a call's effect not to be done, and no queue of its target makes the call."""
        made = {queue.call for queue in self.lifecycle.queues_of[move.target]}
        return any(effect is EffectState.NOT_DONE and call not in made for call, effect in move.needs)

    def resends(self) -> bool:
        """True if the spec settles an unknown outcome by sending again under the same key."""
        settle = self.lifecycle.settle
        return settle is not None and settle.first is SettleBy.RESEND_SAME_KEY

    def looks_up(self, call: Call) -> bool:
        """True if the spec settles outcomes of `call` by a look-up."""
        settle = self.lifecycle.settle
        ways = {settle.first, settle.otherwise} if settle is not None else set()
        return call.look_up is not None and SettleBy.LOOK_UP in ways


def identifier(text: str) -> str:
    """`text` as part of a variable's or command's name: other characters than letters, digits and `_` become `_`."""
    return _ODD.sub("_", text)


def is_now(setting: Setting) -> bool:
    """True if a write of `setting` puts the present time into the column."""
    return isinstance(setting, Now)


def _closure(step: Mapping[str, set[str]], start: set[str]) -> set[str]:
    found, frontier = set(start), set(start)
    while frontier:
        frontier = {target for name in frontier for target in step[name]} - found
        found |= frontier
    return found


def _distinct(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name is not None))


def asks_more_than_null(condition: Condition, name: str) -> bool:
    """True if `condition` tests the column `name` by more than `is null` and `is not null`."""
    return any(name in columns(atom) for atom in atoms(condition) if not isinstance(atom, IsNull))


def asks_beyond(condition: Condition, name: str, most: int) -> bool:
    """True if `condition` compares the column `name` with another column, or with a number that is not 0 to `most`."""
    tests = [atom for atom in atoms(condition) if name in columns(atom)]
    numbers = [value for atom in tests for value in constants(atom)]
    return any(len(columns(atom)) > 1 for atom in tests) or any(value not in range(most + 1) for value in numbers)
