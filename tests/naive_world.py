"""The world of a small lifecycle, by hand from the words of `docs/world.md`: the yardstick for the world's builder.

Nothing here reads a `System`, and nothing is reduced. A state is tuples of plain
words; `World.steps` says what can happen in one. It knows lifecycles with one
due column, one column of attempts, one of a key's age, one generation and one of
kept events, and actors or neither actors nor queues: the family that
`tests/random_lifecycles.py` draws from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import product
from typing import NamedTuple, TypeVar

import networkx as nx

from pointsman.spec.condition import Atom, Compare, Condition, IsNull, atoms, columns, constants, evaluate
from pointsman.spec.lifecycle import (
    ActorKind,
    Call,
    CallResult,
    ClaimBy,
    Delivery,
    EarlyEvent,
    EffectState,
    Event,
    Lifecycle,
    Match,
    NextStep,
    Now,
    Outcome,
    Picture,
    Property,
    PropertyKind,
    Queue,
    Repeat,
    SettleBy,
    Silence,
    Status,
    Transition,
)
from tests.naive_classes import ANY, MOST_CLASSES, MOST_TOGETHER, Class, Conditions, Group, Value, asks_for_null_alone

LATER, DUE, NEVER = "later", "due", "never"
UNUSED, IN_USE, OLD = "unused", "in use", "too old"
NULL, PART, WHOLE = 0, 1, 2
"""Of an amount that is asked for, and of what is done of it: nothing, a part, the whole."""
NOTHING, ACCEPTED, REFUSED, FOR_NOW, ERROR = "nothing", "accepted", "refused", "refused for now", "an error"
IDLE, CLAIMED, ALREADY, MISUSED, NOT_TRIED, KEY_IN_USE, NO_ANSWER, FOUND, ABSENT = (
    "idle", "claimed", "already done", "misused", "not tried", "key in use", "no answer", "found", "absent",
)  # fmt: skip
ELSEWHERE = "elsewhere"
UNDECLARED = Status("an undeclared status", resting=True)
ATTEMPT, SETTLE = "attempt", "settle"
AN_OLD_KEY = "an old key"
WORDS = {str(step) for step in NextStep}
T = TypeVar("T")


class Row(NamedTuple):
    """One row, the provider's records of it, and the fields that only properties read."""

    status: str = ""
    due: str = NEVER
    attempts: int = 0
    key: str = UNUSED
    receipts: frozenset[str] = frozenset()
    asked: tuple[int, ...] = ()
    """By column of an amount that an event carries, the amount."""
    kept: bool = False
    holder: int = 0
    generation: int = 0
    made: tuple[int, ...] = ()
    done: tuple[int, ...] = ()
    stored: tuple[tuple[str, ...], ...] = ()
    flying: int = -1
    flying_key: int | str = 0
    flying_asked: int = NULL
    tries: int = 0
    denied: frozenset[int] = frozenset()
    owed: bool = False
    dropped: bool = False
    came: frozenset[str] = frozenset()
    uncaused: bool = False
    told: bool = False
    hearsay: bool = False
    unheard: frozenset[int] = frozenset()
    left_open: frozenset[int] = frozenset()
    classes: tuple[Class, ...] = ()
    """By group of columns that conditions read, the class of the row."""


class Worker(NamedTuple):
    """One worker, or an admin at work."""

    hand: str = IDLE
    mode: str = ATTEMPT
    row: int = 0
    read: str = ""
    key: int = 0


class State(NamedTuple):
    """All rows and all workers."""

    rows: tuple[Row, ...]
    workers: tuple[Worker, ...]


class Move(NamedTuple):
    """One step: the state after it, its fair group, whether it is a fault, and the transitions that it takes."""

    what: str
    to: State
    fair: str | None = None
    fault: bool = False
    takes: int | None = None


@dataclass(frozen=True)
class Member:
    """The identity of a worker: its queue and its token. Tokens count from 1."""

    token: int
    queue: Queue
    call: int
    actor: str
    by_hand: bool


class Heard(NamedTuple):
    """The result that a caller has in hand after a reply, and the outcome that the spec gives the reply."""

    hand: str
    outcome: Outcome


class Result(NamedTuple):
    """A result of a request: the row after it, the sender's result in hand; whether it is a fault, or a refusal."""

    what: str
    row: Row
    heard: Heard
    fault: bool
    definite: bool


@dataclass(frozen=True)
class World:
    """The world of a lifecycle with so many rows, workers for each queue, and attempts."""

    lifecycle: Lifecycle
    rows: int = 1
    workers: int = 1
    attempts: int = 1
    arrivals: bool = False
    foreign: bool = False
    """A row may begin in a status that the spec does not know."""
    leg: str | None = None
    """Rows begin where this call's leg begins, and no other call is made."""
    parts: bool = False
    """Events and the dashboard ask for parts of amounts too."""
    without: frozenset[str] = frozenset()
    """The premises that are dropped."""

    # --- what the spec says ----------------------------------------------------------

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls that a queue makes."""
        made = {queue.call for queue in self.lifecycle.queues}
        return tuple(call for call in self.lifecycle.calls if call.name in made)

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The position of each call."""
        return {call.name: at for at, call in enumerate(self.calls)}

    @cached_property
    def crew(self) -> tuple[Member, ...]:
        """The workers of each queue with a call, then one for each admin that may give up on the queue's rows."""
        queues = [(q, self.number[q.call]) for q in self.lifecycle.queues if q.call is not None and self.makes(q.call)]
        found = [(q, c, q.worker or "", False) for q, c in queues for _ in range(self.workers)]
        for queue, call in queues:
            admins = [a for move in self.given_up_by_hand(queue) for a in move.by if self.kind(a) is ActorKind.ADMIN]
            found += [(queue, call, admin, True) for admin in dict.fromkeys(admins)]
        return tuple(Member(at, *rest) for at, rest in enumerate(found, 1))

    def given_up_by_hand(self, queue: Queue) -> list[Transition]:
        """The transitions by which an admin may give up on a row of the queue."""
        return [
            move
            for move in self.lifecycle.transitions
            if move.source in queue.statuses
            and (queue.call, EffectState.NOT_DONE) in move.needs
            and any(self.kind(actor) is ActorKind.ADMIN for actor in move.by)
        ]

    def kind(self, actor: str) -> ActorKind:
        """The kind of the actor."""
        return self.lifecycle.actor[actor].kind

    @cached_property
    def limits(self) -> dict[str, int]:
        """The limit of each queue that has one, as far as it is explored."""
        return {
            queue.name: min(queue.attempts.limit, self.attempts)
            for queue in self.lifecycle.queues
            if queue.attempts is not None and queue.attempts.limit is not None
        }

    @cached_property
    def most(self) -> int:
        """The highest limit."""
        return max(self.limits.values(), default=0)

    @cached_property
    def has_due(self) -> bool:
        """True if some queue has a due column."""
        return any(queue.due is not None for queue in self.lifecycle.queues)

    @cached_property
    def polled(self) -> set[str]:
        """The statuses whose rows a queue with a due column holds."""
        return {s for queue in self.lifecycle.queues if queue.due is not None for s in queue.statuses}

    @cached_property
    def ageing(self) -> list[int]:
        """The calls whose key's age is told by a column."""
        return [at for at, call in enumerate(self.calls) if call.key_first_used is not None]

    @cached_property
    def receipts(self) -> set[str]:
        """The receipts that the world follows as null or set."""
        asked = {column for status in self.lifecycle.statuses for column in status.requires}
        asked |= {c for said in self.conditions.read for c in columns(said)}
        return {
            column
            for column in (self.conditions.filled & asked) - set(self.amounts)
            if asks_for_null_alone(column, (*self.conditions.read, *self.conditions.checks))
        }

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """The columns with the amount of a call that a queue makes, which an event carries."""
        carried = {column for event in self.lifecycle.events for column, _ in event.carries}
        return tuple(dict.fromkeys(c.amount for c in self.calls if c.amount is not None and c.amount in carried))

    # --- conditions ------------------------------------------------------------------

    @cached_property
    def conditions(self) -> Conditions:
        """What the spec's conditions read."""
        return Conditions(self.lifecycle, self.is_known, self.is_followed)

    @cached_property
    def groups(self) -> list[Group]:
        """The groups of columns whose classes the world tells apart."""
        return self.conditions.groups

    @cached_property
    def is_followed_throughout(self) -> bool:
        """True if no group has too many classes, or none. Other worlds are not written here."""
        sizes = [len(group.samples) for group in self.groups]
        return all(0 < size <= MOST_CLASSES for size in sizes) and math.prod(sizes) <= MOST_TOGETHER

    def is_known(self, column: str) -> bool:
        """True if the world has a column of its own for it, with or without conditions."""
        kept = self.kept is not None and column == self.kept.keep_in
        single = {self.due_column, self.count_column, self.age_column}
        return kept or column in single or column in self.receipts or column in self.amounts

    def is_followed(self, condition: Condition) -> bool:
        """True if the world can tell whether the condition is true."""
        return all(map(self._is_followed, atoms(condition)))

    def _is_followed(self, test: Atom) -> bool:
        names = set(columns(test))
        if isinstance(test, IsNull):
            return True
        if names & {self.due_column, self.age_column, *self.amounts}:
            return False
        if self.count_column in names:
            return len(names) == 1 and all(int(value) <= self.attempts for value in constants(test))
        return not (isinstance(test, Compare) and len(names) > 1 and names & self.clocked)

    @cached_property
    def clocked(self) -> set[str]:
        """The columns into which the present time is written."""
        table = self.lifecycle.table
        found = {column.name for column in table.columns if isinstance(column.default, Now)} if table else set()
        return found | {c for s in self.lifecycle.statuses for c, value in s.on_entry if isinstance(value, Now)}

    def values(self, row: Row) -> dict[str, Value]:
        """Values of the row's columns, as far as conditions can ask."""
        found: dict[str, Value] = dict.fromkeys(self.receipts)
        found |= dict.fromkeys(row.receipts, "set")
        if self.has_due and self.due_column is not None:
            found[self.due_column] = None if row.due == NEVER else "set"
        if self.count_column is not None:
            found[self.count_column] = row.attempts
        if self.age_column is not None:
            found[self.age_column] = None if row.key == UNUSED else "set"
        found |= {name: "set" if much else None for name, much in zip(self.amounts, row.asked, strict=True)}
        if self.kept is not None and self.kept.keep_in is not None:
            found[self.kept.keep_in] = "set" if row.kept else None
        for group, mine in zip(self.groups, row.classes, strict=True):
            found |= group.samples[mine]
        return found

    def is_so(self, row: Row, condition: Condition | None) -> bool:
        """True if there is no condition, or it is true of the row."""
        return condition is None or evaluate(condition, self.values(row)) is True

    def in_classes(self, row: Row, values: Mapping[str, Value]) -> Iterator[Row]:
        """The row in every class that it may be in after a write of the values."""
        each = []
        for group, old in zip(self.groups, row.classes, strict=True):
            mine = {name: value for name, value in values.items() if name in group.names}
            each.append(group.written(old, mine) if mine else [old])
        for classes in product(*each):
            yield row._replace(classes=classes)

    def filled(self, row: Row, names: Iterable[str]) -> Iterator[Row]:
        """The row after these columns are filled from outside: in every class, with every receipt and amount."""
        names = list(names)
        row = row._replace(receipts=row.receipts | (self.receipts & set(names)))
        much = (PART, WHOLE) if self.parts else (WHOLE,)
        each = (much if name in names else (old,) for name, old in zip(self.amounts, row.asked, strict=True))
        for asked in product(*each):
            yield from self.in_classes(row._replace(asked=asked), dict.fromkeys(names, ANY))

    def carried(self, event: str | None) -> list[str]:
        """The columns that the event fills."""
        found = self.lifecycle.event.get(event or "")
        return [column for column, _ in found.carries] if found is not None else []

    @cached_property
    def kept(self) -> Event | None:
        """The event that some status keeps."""
        keep = [e for e in self.lifecycle.events if EarlyEvent.KEEP in dict(e.otherwise).values()]
        return keep[0] if keep else None

    @cached_property
    def leased(self) -> bool:
        """True if a claim moves the due time by a lease."""
        return self.lifecycle.claims is not None and self.lifecycle.claims.lease is not None and not self.locks

    @cached_property
    def locks(self) -> bool:
        """True if a claim is a lock, under which no other actor writes the row."""
        return self.lifecycle.claims is not None and self.lifecycle.claims.by is ClaimBy.LOCK

    @cached_property
    def sends_late(self) -> bool:
        """True if a worker sends though its claim is lost."""
        return "longest-pause" in self.without or not (self.leased or self.locks)

    @cached_property
    def fenced(self) -> bool:
        """True if a record compares the fence of the claim."""
        return self.locks or (self.lifecycle.claims is not None and self.lifecycle.claims.fence is not None)

    @cached_property
    def generations(self) -> int:
        """The number of key generations that the world distinguishes."""
        return 3 if self.sends_late and any(self.renewable(call) for call in self.calls) else 1

    @staticmethod
    def renewable(call: Call) -> bool:
        """True if a higher generation makes another key."""
        return call.key is not None and call.key_generation in call.key.columns

    @cached_property
    def resends(self) -> bool:
        """True if settling sends the same key again while the provider remembers it."""
        return self.lifecycle.settle is not None and self.lifecycle.settle.first is SettleBy.RESEND_SAME_KEY

    @cached_property
    def settles_by_look_up(self) -> bool:
        """True if the spec settles by looking up, first or otherwise."""
        settle = self.lifecycle.settle
        return settle is not None and SettleBy.LOOK_UP in (settle.first, settle.otherwise)

    @property
    def pause(self) -> timedelta | None:
        """The longest pause."""
        return self.lifecycle.claims.longest_pause if self.lifecycle.claims else None

    def lease_covers(self, call: Call) -> bool:
        """True if a request of the call is over before its row is due again."""
        claims = self.lifecycle.claims
        if "settles-within" in self.without or claims is None or call.settles_within is None:
            return False
        if self.locks:
            return True
        if claims.lease is None or self.pause is None:
            return False
        return claims.lease > self.pause + call.settles_within

    def key_outlives(self, call: Call) -> bool:
        """True if a key that is sent before it is too old is remembered until its request is over."""
        dropped = {"settles-within", "key-lifetime"} & self.without
        if dropped or call.key_lifetime is None or call.settles_within is None:
            return False
        return call.key_lifetime > (self.pause or timedelta()) + call.settles_within

    @cached_property
    def told_matters(self) -> bool:
        """True if a refusal may stay stored under the key after it was recorded."""
        return any(call.key is not None and not self.renewable(call) for call in self.calls)

    @cached_property
    def hearsay_matters(self) -> bool:
        """True if the spec takes a reply that is no refusal for a refusal."""
        return any(
            outcome is Outcome.REFUSED
            for call in self.calls
            for kind in ("made", "already", "for_now", "misused", "error", "throttled", "busy", "silent")
            for outcome, _, _ in self.judged(call, kind)
        )

    # --- replies ------------------------------------------------------------------------

    def judged(self, call: Call, kind: str) -> list[tuple[Outcome, bool, bool]]:
        """The spec's outcomes of the replies of one kind: the outcome, whether it is stored, whether a reply came."""
        return list(dict.fromkeys(_verdict(call, reply) for reply in _replies(call, kind)))

    def heard(self, call: Call, kind: str) -> list[Heard]:
        """The results that the caller may have in hand after a reply of one kind."""
        found = [Heard(_hand(outcome, came, kind), outcome) for outcome, _, came in self.judged(call, kind)]
        return list(dict.fromkeys(found))

    def stores(self, call: Call, kind: str) -> bool:
        """True if the provider stores such an answer under the key."""
        return call.key is not None and any(stored for _, stored, _ in self.judged(call, kind))

    # --- the state ------------------------------------------------------------------------

    @property
    def start(self) -> State:
        """The initial state: no row exists, and every worker is idle."""
        none = tuple((NOTHING,) * self.generations if call.key else () for call in self.calls)
        amounts = (NULL,) * len(self.amounts)
        row = Row(made=(0,) * len(self.calls), done=(NULL,) * len(self.calls), asked=amounts, stored=none)
        return State((row,) * self.rows, (Worker(),) * len(self.crew))

    def is_done(self, row: Row, call: int) -> bool:
        """True if the ledger shows the effect, as much of it as is asked for."""
        if not self.once(call):
            return row.made[call] > 0
        return row.done[call] > 0 and row.done[call] >= self.asked(row, call)

    def asked(self, row: Row, call: int) -> int:
        """The amount that the row asks of the call."""
        column = self.calls[call].amount
        return row.asked[self.amounts.index(column)] if column in self.amounts else WHOLE

    def sent_for(self, row: Row, call: int) -> int:
        """The amount that a request sent now is for. One without an amount is for the whole."""
        return PART if self.asked(row, call) == PART else WHOLE

    def once(self, call: int) -> bool:
        """True if a second effect is answered with "already done"."""
        return self.calls[call].repeat is Repeat.ALREADY_DONE

    def room(self, row: Row, call: int, much: int) -> bool:
        """True if the provider would make the effect, of so much."""
        return not self.once(call) or row.done[call] == NULL or (row.done[call] == PART and much == PART)

    def with_effect(self, row: Row, call: int, much: int) -> Row:
        """The row after one more effect of ours, of so much, of which the row has not heard."""
        after = min(WHOLE, row.done[call] + much)
        done = _put(row.done, call, after) if self.once(call) else row.done
        unheard = row.unheard | {call} if self.too_late[call] else row.unheard
        return row._replace(made=_put(row.made, call, min(2, row.made[call] + 1)), done=done, unheard=unheard)

    def has_effect(self, row: Row, call: int) -> bool:
        """True if there is an effect at the provider, by us or by others, or a part of one."""
        return row.done[call] > 0 if self.once(call) else row.made[call] > 0

    def hears(self, row: Row, calls: Iterable[int]) -> Row:
        """The row knows what became of these calls."""
        return row._replace(unheard=row.unheard - set(calls))

    @cached_property
    def too_late(self) -> Sequence[frozenset[str]]:
        """By call: the statuses from which a row can come to a last status without finding out about the call."""
        return [self._too_late(call) for call in self.calls]

    def _too_late(self, call: Call) -> frozenset[str]:
        ways: nx.DiGraph[str] = nx.DiGraph()
        ways.add_nodes_from(self.lifecycle.status)
        settling = {name for queue in self.lifecycle.queues if queue.call == call.name for name in queue.statuses}
        settling |= {s.name for s in self.lifecycle.statuses if any(name == call.name for name, _ in s.means)}
        last = set(self.lifecycle.status)
        for move in self.lifecycle.transitions:
            if move.source != move.target:
                last.discard(move.source)
                knows = any(name == call.name for name, _ in move.needs) or call.name in move.leaves_open
                if not knows and move.source not in settling and move.target not in settling:
                    ways.add_edge(move.source, move.target)
        return frozenset().union(*({name} | nx.ancestors(ways, name) for name in last - settling))

    def remembering(self, row: Row, call: int, generation: int | str, kind: str, answer: str) -> Row:
        """The answer is stored under the key of a generation, if such answers are, and the key is known."""
        if not isinstance(generation, int) or not self.stores(self.calls[call], kind):
            return row
        return row._replace(stored=_put(row.stored, call, _put(row.stored[call], generation, answer)))

    # --- entering a status ----------------------------------------------------------------

    def entered(self, row: Row, status: Status) -> Iterator[Row]:
        """The row after the `on_entry` of the status is written; none if a check refuses it."""
        yield from self.written(row._replace(status=status.name), status.on_entry)

    def written(self, row: Row, settings: Iterable[tuple[str, object]]) -> Iterator[Row]:
        """The row with these settings written to its columns."""
        for column, setting in settings:
            given = setting is not None
            if self.has_due and column == self.due_column:
                row = row._replace(due=DUE if given else NEVER)
            elif column == self.count_column and isinstance(setting, int):
                row = row._replace(attempts=min(setting, self.most))
            elif column == self.age_column:
                row = row._replace(key=IN_USE if given else UNUSED)
            elif self.kept is not None and column == self.kept.keep_in:
                row = row._replace(kept=given)
            elif column in self.receipts:
                row = row._replace(receipts=row.receipts | {column} if given else row.receipts - {column})
            elif column in self.amounts:
                row = row._replace(asked=_put(row.asked, self.amounts.index(column), WHOLE if given else NULL))
        values = {column: ANY if isinstance(setting, Now) else setting for column, setting in settings}
        yield from self.in_classes(row, values)

    @cached_property
    def due_column(self) -> str | None:
        """The due column."""
        return next((queue.due for queue in self.lifecycle.queues if queue.due is not None), None)

    @cached_property
    def count_column(self) -> str | None:
        """The column of attempts, where there is a limit."""
        return next((q.attempts.column for q in self.lifecycle.queues if q.attempts and q.name in self.limits), None)

    @cached_property
    def age_column(self) -> str | None:
        """The column of a key's age."""
        return next((self.calls[at].key_first_used for at in self.ageing), None)

    def born(self, row: Row, status: Status) -> Iterator[Row]:
        """The rows as they may be inserted in the status."""
        table = self.lifecycle.table
        defaults = {column.name: column.default for column in table.columns} if table else {}
        entry = dict(status.on_entry)
        fixed = {name: value for name, value in defaults.items() if name in self.conditions.filled} | entry
        given = {n for n, v in fixed.items() if isinstance(v, Now) or (v is None and self.must_be(n, status))}
        given |= set(status.requires) - fixed.keys()
        each = [
            group.starts(
                {name: fixed[name] for name in group.names if name in fixed.keys() - given},
                [name for name in group.names if name in given],
            )
            for group in self.groups
        ]
        known = {name: value for name, value in defaults.items() if self.is_known(name)}
        found: dict[Row, None] = {}
        for classes in product(*each):
            for plain in self.written(row._replace(classes=classes), known.items()):
                for after in self.entered(plain, status):
                    found[self._told(after, status)] = None
        yield from found

    def makes(self, call: str) -> bool:
        """True if workers make the call."""
        return self.leg in (None, call)

    @cached_property
    def elsewhere(self) -> set[str]:
        """The statuses that wait for a call that this world does not make."""
        queues = [queue for queue in self.lifecycle.queues if queue.call is not None and not self.makes(queue.call)]
        return {name for queue in queues for name in queue.statuses}

    @cached_property
    def beginnings(self) -> set[str]:
        """The statuses in which rows are inserted."""
        initial = {status.name for status in self.lifecycle.statuses if status.initial}
        mine = {name for queue in self.lifecycle.queues if queue.call == self.leg for name in queue.statuses}
        if self.leg is None or initial & mine:
            return initial & mine if self.leg is not None else initial
        ways = [move for move in self.lifecycle.transitions if move.target in mine and move.source not in mine]
        return {move.target if move.source in self.elsewhere else move.source for move in ways} or initial

    def must_be(self, name: str, status: Status) -> bool:
        """True if the column cannot be null in the status."""
        table = self.lifecycle.table
        return name in status.requires or (table is not None and not table.column[name].nullable)

    def is_nullable(self, name: str) -> bool:
        """True if the column may be null."""
        table = self.lifecycle.table
        return table is not None and table.column[name].nullable

    def _told(self, row: Row, status: Status) -> Row:
        """The row of a status that says something of receipts and effects."""
        row = row._replace(receipts=row.receipts | {name for name in self.receipts if self.must_be(name, status)})
        if self.has_due and self.due_column in status.requires:
            row = row._replace(due=DUE)
        needed = (WHOLE if name in status.requires else old for name, old in zip(self.amounts, row.asked, strict=True))
        row = row._replace(asked=tuple(needed))
        for at, call in enumerate(self.calls):
            told = bool(call.records) and all(column in status.requires for column, _ in call.records)
            if told or (call.name, EffectState.DONE) in status.means:
                row = self.with_effect(row, at, WHOLE)
        return row._replace(unheard=frozenset())

    def moved(self, row: Row, number: int, fills: Iterable[str] = (), *, claimed: bool = False) -> Iterator[Row]:
        """The transition of that number taken for `row`: by the holder of its claim, or by an actor without one.

        Every value of the columns that are filled leads to a row of its own.
        """
        move = self.lifecycle.transitions[number]
        if row.status != move.source:
            return
        for filled in self.filled(row, list(fills)):
            if self.is_so(filled, move.when):
                for entered in self.entered(filled, self.lifecycle.status[move.target]):
                    yield self._followed(entered, move, claimed=claimed)

    def _followed(self, row: Row, move: Transition, *, claimed: bool) -> Row:
        """What a transition means for the fields that only properties read, and for the claim."""
        before, after = self.held_by(move.source), self.held_by(move.target)
        if self.limits and after is not None and after is not before:
            row = row._replace(tries=0)
        denied = {self.number[c] for c, effect in move.needs if effect is EffectState.NOT_DONE and c in self.number}
        known = {name for name, _ in (*move.needs, *self.lifecycle.status[move.target].means)}
        row = self.hears(row._replace(denied=row.denied | denied), {self.number[c] for c in known if c in self.number})
        made_here = {queue.call for queue in self.lifecycle.queues if move.target in queue.statuses}
        here = {at for call, at in self.number.items() if call in made_here}
        leaves = {self.number[c] for c in move.leaves_open if c in self.number}
        row = row._replace(left_open=(row.left_open - here) | leaves)
        if self.kept is not None and (move.event == self.kept.name or self.is_moot(move.target)):
            row = row._replace(owed=False)
        if claimed or not self.may_come_back(row.holder, move.target):
            row = row._replace(holder=0)
        return row

    def declared(self, row: Row) -> Status:
        """The status of a row that exists."""
        return self.lifecycle.status.get(row.status, UNDECLARED)

    def held_by(self, status: str) -> Queue | None:
        """The queue that holds a status's rows."""
        return next((queue for queue in self.lifecycle.queues if status in queue.statuses), None)

    def is_moot(self, status: str) -> bool:
        """True if a kept event can have no effect any more."""
        assert self.kept is not None
        answer = dict(self.kept.otherwise).get(status)
        return self.lifecycle.status[status].terminal or answer in (EarlyEvent.IGNORE, EarlyEvent.REFUSE)

    @cached_property
    def ways(self) -> Mapping[str, set[str]]:
        """By status, the statuses that can be reached from it in one step or more."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_edges_from(move.pair for move in self.lifecycle.transitions)
        graph.add_nodes_from(self.lifecycle.status)
        return {
            name: {after for first in graph.successors(name) for after in nx.descendants(graph, first) | {first}}
            for name in graph
        }

    def may_come_back(self, holder: int, status: str) -> bool:
        """True if the holder's queue holds the status, or a status that can be reached from it."""
        if holder == 0:
            return True
        return any(s == status or s in self.ways[status] for s in self.crew[holder - 1].queue.statuses)

    # --- steps --------------------------------------------------------------------

    def steps(self, state: State) -> Iterator[Move]:
        """Every step out of `state`."""
        for at, row in enumerate(state.rows):
            for what, after, fair, fault, takes in self._to_a_row(row, at):
                yield Move(what, _with_row(state, at, after), fair, fault, takes)
            yield from self._time(state, at, row)
            for member in self.crew:
                yield from self._round(state, at, row, member)

    def _to_a_row(self, row: Row, at: int) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        if row.status == "":
            if self.foreign:
                strange = row._replace(
                    status=UNDECLARED.name, classes=tuple(next(iter(g.samples)) for g in self.groups)
                )
                yield "starts undeclared", strange, None, False, None
            for status in self.lifecycle.statuses:
                if status.name in self.beginnings:
                    for born in self.born(row, status):
                        yield f"starts {status.name}", born, None, False, None
            return
        if not (self.locks and row.holder):  # no other actor writes a row that is locked
            yield from self._same_status(row)
            yield from self._from_outside(row, at)
            yield from self._keeping(row, at)
            yield from self._webhooks(row)
            yield from self._desk(row, at)
        yield from self._dashboard(row)
        yield from self._keys(row)
        yield from self._requests(row, at)
        yield from self._unassumed(row)

    def _unassumed(self, row: Row) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        """What a provider and an application do that the premises exclude."""
        for at in range(len(self.calls)) if "effects-are-not-undone" in self.without else ():
            if row.made[at] or row.done[at]:
                undone = row._replace(made=_put(row.made, at, 0), done=_put(row.done, at, NULL))
                yield "effect undone", undone, None, True, None
        stays = row.status in self.lifecycle.status and (self.declared(row).terminal or self.declared(row).resting)
        if "inserted-once" in self.without and stays and row.flying < 0:
            fresh = self.start.rows[0]
            for status in self.lifecycle.statuses:
                for born in self.born(fresh, status) if status.name in self.beginnings else ():
                    again = born._replace(made=row.made, done=row.done)
                    yield f"inserted again in {status.name}", again, None, True, None

    def _same_status(self, row: Row) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        """The application writes a column that may change without a move."""
        if row.status != UNDECLARED.name:
            for name, after in (*self._other_amounts(row), *self._other_classes(row)):
                yield f"writes {name}", after, None, False, None

    def _other_amounts(self, row: Row) -> Iterator[tuple[str, Row]]:
        for at, name in enumerate(self.amounts if self.parts else ()):
            if name in (self.lifecycle.same_status or ()):
                for much in (*([NULL] if self.is_nullable(name) else []), PART, WHOLE):
                    if much != row.asked[at]:
                        yield name, row._replace(asked=_put(row.asked, at, much))

    def _other_classes(self, row: Row) -> Iterator[tuple[str, Row]]:
        for at, group in enumerate(self.groups):
            for column in group.columns:
                if column.name in (self.lifecycle.same_status or ()):
                    values = [ANY, *([None] if column.nullable else [])]
                    for found in (c for v in values for c in group.written(row.classes[at], {column.name: v})):
                        if found != row.classes[at]:
                            yield column.name, row._replace(classes=_put(row.classes, at, found))

    # --- from outside ------------------------------------------------------------------------

    def _from_outside(self, row: Row, at: int) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        for number, move in enumerate(self.lifecycle.transitions):
            if move.source != row.status or move.target in self.elsewhere:
                continue
            event = self.lifecycle.event.get(move.event or "")
            once = event is not None and event.delivery is not Delivery.AT_LEAST_ONCE
            if once and event is not None and event.name in row.came:
                continue
            for actor in self.outsiders(move):
                hook = actor != "" and self.kind(actor) is ActorKind.WEBHOOK
                if hook and not self.is_true(row, move):
                    continue
                free = not self.lifecycle.actors
                fair = f"moves {at}" if free and self.leads_on(move) else None
                round_again = (free or hook) and self.goes_round(move)
                for moved in self.moved(row, number, self.carried(move.event)):
                    after = self.hears(moved, self.about(move))
                    if once and event is not None:
                        after = after._replace(came=row.came | {event.name})
                    yield f"{actor} {move.event} {move.pair}", after, fair, round_again, number

    def outsiders(self, move: Transition) -> list[str]:
        """The actors that take a transition without a claim and without a reply; "" is the unnamed actor."""
        if not move.by or (not self.lifecycle.actors and not self.lifecycle.queues):
            return [""] if self.takes_unnamed(move) else []
        needs_absence = any(effect is EffectState.NOT_DONE for _, effect in move.needs)
        settled = any(m.by_hand and move.source in m.queue.statuses for m in self.crew)
        says_done = self.is_replied(move) and any(
            effect is EffectState.DONE and call in self.number
            for call, effect in self.lifecycle.status[move.target].means
        )
        found = []
        for actor in move.by:
            match self.kind(actor):
                case ActorKind.HANDLER:
                    found.append(actor)
                case ActorKind.ADMIN if not (needs_absence and settled) and not says_done:
                    found.append(actor)
                case ActorKind.WEBHOOK if self.is_declared(move):
                    found.append(actor)
        return found

    def takes_unnamed(self, move: Transition) -> bool:
        """True if the unnamed actor takes the transition, which names no actor."""
        if not self.lifecycle.actors and not self.lifecycle.queues:
            return True
        decides = any(actor.kind in (ActorKind.HANDLER, ActorKind.ADMIN) for actor in self.lifecycle.actors)
        return not self.is_replied(move) and (decides or move.event is None or self.is_declared(move))

    def is_declared(self, move: Transition) -> bool:
        """True if the transition's event is declared, and no call's webhook brings it."""
        return move.event in self.lifecycle.event and move.event not in self.hooked

    @cached_property
    def hooked(self) -> set[str]:
        """The events that a call's webhook brings."""
        hooks = [hook for call in self.lifecycle.calls for hook in call.webhooks]
        return {hook.event for hook in hooks} | {event for hook in hooks for _, event in hook.otherwise}

    def is_replied(self, move: Transition) -> bool:
        """True if the transition's event is a queue's answer to a reply."""
        return any(move.source in q.statuses and move.event in dict(q.then).values() for q in self.lifecycle.queues)

    def is_true(self, row: Row, move: Transition, besides: str = "") -> bool:
        """True if every call that the new status means done is done, the call `besides` excepted."""
        if "reports-are-true" in self.without:
            return True
        means = self.lifecycle.status[move.target].means
        asked = [c for c, effect in means if effect is EffectState.DONE and c in self.number and c != besides]
        return all(self.is_done(row, self.number[c]) for c in asked) and all(
            self.has_effect(row, at) for at in self.about(move)
        )

    def about(self, move: Transition) -> list[int]:
        """The calls whose receipt the transition's event brings."""
        event = self.lifecycle.event.get(move.event or "")
        carried = {column for column, _ in event.carries} if event is not None else set()
        return [at for at, call in enumerate(self.calls) if any(column in carried for column, _ in call.records)]

    def is_a_workers(self, move: Transition) -> bool:
        """True if a queue's worker takes the transition; in a spec without actors, the unnamed actor too."""
        polling = [queue for queue in self.lifecycle.queues if move.source in queue.statuses]
        mine = [queue for queue in polling if not move.by or queue.worker in move.by]
        unnamed = not self.lifecycle.actors and self.takes_unnamed(move)
        return unnamed or any(
            q.call is None or (self.makes(q.call) and move.event in dict(q.then).values()) for q in mine
        )

    @cached_property
    def distance(self) -> Mapping[str, float]:
        """By status, the number of workers' transitions to the nearest status where a row may stay."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.lifecycle.status)
        taken = [move for move in self.lifecycle.transitions if self.is_a_workers(move)]
        graph.add_edges_from((move.target, move.source) for move in taken)
        ends = {s.name for s in self.lifecycle.statuses if s.terminal or s.resting} | self.elsewhere
        near: dict[str, float] = nx.multi_source_dijkstra_path_length(graph, ends) if ends else {}
        return {name: near.get(name, math.inf) for name in self.lifecycle.status}

    def goes_round(self, move: Transition) -> bool:
        """True if the row may come back to where the transition left, and is no nearer to an end after it."""
        back = move.source == move.target or move.source in self.ways[move.target]
        return back and self.distance[move.target] >= self.distance[move.source]

    def leads_on(self, move: Transition) -> bool:
        """True if the transition leads towards an end and does not go round; from an end, only to another end."""
        before, after = self.distance[move.source], self.distance[move.target]
        return after < math.inf and not self.goes_round(move) and (before > 0 or after == 0)

    def _keeping(self, row: Row, at: int) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        if self.kept is None:
            return
        every = [(n, m) for n, m in enumerate(self.lifecycle.transitions) if m.event == self.kept.name]
        moves = [(n, m) for n, m in every if m.target not in self.elsewhere]
        if not moves:
            return
        once, came = self.kept.delivery is not Delivery.AT_LEAST_ONCE, self.kept.name in row.came
        if dict(self.kept.otherwise).get(row.status) is EarlyEvent.KEEP and not row.kept and not (once and came):
            early = row._replace(kept=True, owed=True, came=row.came | {self.kept.name} if once else row.came)
            for filled in self.filled(early, self.carried(self.kept.name)):
                yield "keeps", self.hears(filled, self.about(every[0][1])), None, False, None
        keeps_here = dict(self.kept.otherwise).get(row.status) is EarlyEvent.KEEP
        if keeps_here and row.kept and self.kept.carries and not once and self.kept.while_kept is None:
            for _ in self.filled(row, self.carried(self.kept.name)):
                yield "drops another", row._replace(dropped=True), None, False, None
        fair = None if "kept-events-apply" in self.without else f"kept {at}"
        for number, _ in moves if row.kept else ():
            for after in self.moved(row, number):
                yield "applies kept", after, fair, False, number

    def _webhooks(self, row: Row) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        for at, call in enumerate(self.calls):
            for hook in call.webhooks:
                told = row.done[at] == WHOLE if hook.when is not None and self.once(at) else self.has_effect(row, at)
                astray = not (told or self.mistakes(row, call, hook.type))
                if astray and "webhooks-reach-their-call" not in self.without:
                    continue
                event = dict(hook.otherwise).get(row.status, hook.event)
                for number, move in enumerate(self.lifecycle.transitions):
                    hears = not move.by or any(self.kind(actor) is ActorKind.WEBHOOK for actor in move.by)
                    if move.event != event or not hears or move.target in self.elsewhere:
                        continue
                    if not self.is_true(row, move, call.name):
                        continue
                    receipts = [column for column, _ in call.records] if event == hook.event else []
                    for after in self.moved(row, number, [*receipts, *self.carried(event)]):
                        heard = self.hears(after, {at, *self.about(move)})
                        yield f"{hook.type} {move.pair}", heard, None, astray, number

    def mistakes(self, row: Row, call: Call, kind: str) -> bool:
        """True if the news of another call, of which the row has no receipt, is taken for news of this one."""
        return any(
            row.made[at] > 0
            and other.name != call.name
            and self.marked_alike(call, other)
            and any(hook.type == kind for hook in other.webhooks)
            and not any(column in row.receipts for column, _ in other.records)
            for at, other in enumerate(self.calls)
        )

    @staticmethod
    def marked_alike(call: Call, other: Call) -> bool:
        """True if the other's effect carries each mark of this call."""
        sent = {name: template.text for name, template in other.marks}
        return call.provider == other.provider and all(sent.get(name) == mark.text for name, mark in call.marks)

    def finds_others(self, row: Row, call: Call) -> bool:
        """True if a look-up of the call finds what another call made, in the same list with the same marks."""
        assert call.look_up is not None
        asked = call.look_up.request.text
        if call.key is not None and call.key.text in asked:
            return False
        created = asked.split("?")[0].replace("GET ", "POST ")
        return any(
            row.made[at] > 0
            and other.name != call.name
            and other.request.text == created
            and self.marked_alike(call, other)
            for at, other in enumerate(self.calls)
        )

    def _dashboard(self, row: Row) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        if self.arrivals or self.foreign:
            return
        for at, call in enumerate(self.calls):
            if not self.once(at) or row.done[at] == WHOLE or not self.makes(call.name):
                continue
            held = {s for queue in self.lifecycle.queues if queue.call == call.name for s in queue.statuses}
            before = {m.source for m in self.lifecycle.transitions if m.target in held} - held
            means = {(c, e) for name in before for c, e in self.lifecycle.status[name].means}
            if all(self.is_done(row, self.number[c]) for c, e in means if e is EffectState.DONE and c in self.number):
                for much in (PART, WHOLE) if self.parts else (WHOLE,):
                    if row.done[at] + much <= WHOLE:
                        by_hand = row._replace(done=_put(row.done, at, row.done[at] + much))
                        yield f"dashboard {call.name}", by_hand, None, True, None

    def _desk(self, row: Row, at: int) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        for queue in self.lifecycle.queues:
            if queue.call is not None or row.status not in queue.statuses or (queue.due is not None and row.due != DUE):
                continue
            for number, move in enumerate(self.lifecycle.transitions):
                if (not move.by or queue.worker in move.by) and self.is_true(row, move):
                    ends = "reports-come-to-an-end" not in self.without
                    fair = f"reports {at}" if self.leads_on(move) and ends else None
                    for after in self.moved(row, number, self.carried(move.event)):
                        heard = self.hears(after, self.about(move))
                        yield f"{queue.worker} {move.pair}", heard, fair, self.goes_round(move), number
            if queue.due is not None:
                yield "looks again later", row._replace(due=LATER, holder=0), None, True, None

    # --- what happens by itself --------------------------------------------------------------

    def _time(self, state: State, at: int, row: Row) -> Iterator[Move]:
        if row.due != LATER or row.status not in self.polled:
            return
        if row.flying >= 0 and self.lease_covers(self.calls[row.flying]):
            return
        holder = self.crew[row.holder - 1] if row.holder else None
        held = holder is not None and not holder.by_hand
        if held and holder is not None:
            worker = state.workers[holder.token - 1]
            held = worker.row == at and worker.hand not in (IDLE, ELSEWHERE) and self.as_read(row, holder, worker)
        if held and self.locks:
            return
        fair = None if held or "time-passes" in self.without else f"due {at}"
        yield Move("due", _with_row(state, at, row._replace(due=DUE)), fair, held)

    def _keys(self, row: Row) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        mine = [at for at in self.ageing if self.calls[at].key is not None]
        if self.ageing and row.key == IN_USE:
            protected = row.flying in mine and self.key_outlives(self.calls[row.flying])
            if not (protected and row.flying_key == row.generation):
                stored = row.stored
                for at in mine:
                    stored = _put(stored, at, _put(stored[at], row.generation, NOTHING))
                yield "key expires", row._replace(key=OLD, stored=stored), None, True, None
        for at, call in enumerate(self.calls):
            for generation, answer in enumerate(row.stored[at]):
                told = call.key_first_used is not None and not self.locks and "key-lifetime" not in self.without
                known = told and generation == row.generation
                if answer != NOTHING and not known:
                    stored = _put(row.stored, at, _put(row.stored[at], generation, NOTHING))
                    yield "key forgotten", row._replace(stored=stored), None, True, None

    def _requests(self, row: Row, at: int) -> Iterator[tuple[str, Row, str | None, bool, int | None]]:
        if row.flying < 0:
            return
        number, call, key = row.flying, self.calls[row.flying], row.flying_key
        gone, much = row._replace(flying=-1, flying_key=0, flying_asked=NULL), row.flying_asked
        fair = None if "requests-end" in self.without else f"requests {at}"
        if self.room(row, number, much):
            made = self.remembering(self.with_effect(gone, number, much), number, key, "made", ACCEPTED)
            yield "late made", made, fair, False, None
        else:
            yield "late already", gone, fair, False, None
        for kind, answer in (("refused", REFUSED), ("for_now", FOR_NOW)):
            if self.judged(call, kind) and self.room(row, number, much):
                yield f"late {kind}", self.remembering(gone, number, key, kind, answer), None, True, None
        yield "late lost", gone, None, True, None

    # --- a worker's round ------------------------------------------------------------------------

    def _round(self, state: State, at: int, row: Row, member: Member) -> Iterator[Move]:
        worker = state.workers[member.token - 1]
        yield from self._claims(state, at, row, member)
        if worker.hand not in (IDLE, ELSEWHERE) and worker.row == at:
            yield from self._sends(state, at, row, member, worker)
            yield from self._looks_up(state, at, row, member, worker)
            yield from self._records(state, at, row, member, worker)
            gone = row._replace(holder=0) if row.holder == member.token else row
            yield Move("crashes", self._both(state, at, gone, member, Worker()), fault=True)

    @staticmethod
    def _both(state: State, at: int, row: Row, member: Member, worker: Worker) -> State:
        return State(_put(state.rows, at, row), _put(state.workers, member.token - 1, worker))

    def used_up(self, row: Row, queue: Queue) -> bool:
        """True if no attempts are left."""
        return queue.name in self.limits and row.attempts >= self.limits[queue.name]

    def tried_enough(self, row: Row, queue: Queue) -> bool:
        """True if as many attempts as the queue allows were really made."""
        return queue.name in self.limits and row.tries >= self.limits[queue.name]

    def age(self, row: Row, call: Call) -> str:
        """How old the key is; without a column for it a request may always be out."""
        return row.key if call.key_first_used is not None else IN_USE

    def is_free(self, state: State, member: Member, worker: Worker) -> bool:
        """True if the worker may claim: it is idle, or can do nothing more with its claim."""
        if worker.hand in (IDLE, ELSEWHERE) or self.locks:
            return worker.hand == IDLE
        row = state.rows[worker.row]
        if row.holder != member.token or not self.as_read(row, member, worker):
            return True
        return self.leased and member.queue.due is not None and worker.hand == CLAIMED and row.due == DUE

    def _claims(self, state: State, at: int, row: Row, member: Member) -> Iterator[Move]:
        worker, queue, call = state.workers[member.token - 1], member.queue, self.calls[member.call]
        free, mine = self.is_free(state, member, worker), row.status in queue.statuses
        due = queue.due is None or row.due == DUE
        locked = self.locks and row.holder not in (0, member.token)
        if self.arrivals and not member.by_hand:
            oldest_first = queue.due is not None and queue.order[:1] == (queue.due,)
            if at == 0 and worker.hand == ELSEWHERE:
                yield Move("is back", self._both(state, at, row, member, Worker()), self.own(member))
            if free and not (oldest_first and mine and due and not locked):
                left = row._replace(holder=0) if row.holder == member.token else row
                yield Move("takes another", self._both(state, at, left, member, Worker(ELSEWHERE)))
        early = not due and "one-clock" in self.without
        if not (free and mine and (due or early)) or locked:
            return
        used_up = self.used_up(row, queue)
        if used_up and not member.by_hand and self.event(queue, CallResult.EXHAUSTED) is not None:
            yield from self._gives_up_blind(state, at, row, member, None if early else self.own(member))
            return
        settle = member.by_hand or used_up or self.age(row, call) == OLD
        read = row.status if len(queue.statuses) > 1 else ""
        now = Worker(CLAIMED, SETTLE if settle else ATTEMPT, at, read, row.generation)
        taken = self._taken(row, member, settle=settle)
        if early and not self.locks:
            taken = taken._replace(tries=row.tries)
        claimed = self._both(state, at, taken, member, now)
        rows = tuple(
            other._replace(holder=0) if there != at and other.holder == member.token else other
            for there, other in enumerate(claimed.rows)
        )
        fair = None if member.by_hand or early or "due-rows-are-claimed" in self.without else f"claims {at}"
        yield Move("claims", claimed._replace(rows=rows), fair, member.by_hand)

    def own(self, member: Member) -> str | None:
        """The fair group of the worker's own steps. An admin may walk away, but not from a lock."""
        walks_away = member.by_hand and not self.locks
        return None if walks_away or "worker-goes-on" in self.without else f"steps {member.token}"

    def _taken(self, row: Row, member: Member, *, settle: bool) -> Row:
        """The row after a claim."""
        queue = member.queue
        taken = row._replace(holder=member.token, denied=row.denied - {member.call}, hearsay=False)
        if self.leased and queue.due is not None:
            taken = taken._replace(due=LATER)
        return taken if settle or self.locks else self._capped(self._counted(taken, member))

    def _capped(self, row: Row) -> Row:
        """The row with one try more than the most that are allowed, if it has still more."""
        return row._replace(tries=min(row.tries, self.most + 1))

    def _counted(self, row: Row, member: Member) -> Row:
        """The row with one attempt more, whose key is in use."""
        queue = member.queue
        if queue.name in self.limits:
            row = row._replace(tries=row.tries + 1, attempts=min(row.attempts + 1, self.limits[queue.name]))
        ages = self.calls[member.call].key_first_used is not None
        return row._replace(key=IN_USE) if ages and row.key == UNUSED else row

    def _gives_up_blind(self, state: State, at: int, row: Row, member: Member, fair: str | None) -> Iterator[Move]:
        """The steps of a queue whose `exhausted` is an event: it gives up without settling."""
        for number in self._ways_on(member, CallResult.EXHAUSTED):
            enough = self.tried_enough(row, member.queue)
            causeless = self.gives_up(self.lifecycle.transitions[number]) and not enough
            for after in self.moved(row, number, claimed=True):
                gone = after._replace(uncaused=after.uncaused or causeless)
                yield Move("gives up", self._both(state, at, gone, member, Worker()), fair, takes=number)

    def holds(self, row: Row, member: Member, worker: Worker) -> bool:
        """True if the claim is the present one, and the status is as it was read."""
        return row.holder == member.token and self.as_read(row, member, worker)

    @staticmethod
    def as_read(row: Row, member: Member, worker: Worker) -> bool:
        """True if the status is as it was read."""
        return row.status == (worker.read or member.queue.statuses[0])

    def lease_runs(self, row: Row, queue: Queue) -> bool:
        """True if the row is not due again."""
        return queue.due is None or not self.leased or row.due != DUE

    def _sends(self, state: State, at: int, row: Row, member: Member, worker: Worker) -> Iterator[Move]:
        if worker.hand != CLAIMED:
            return
        call, age = self.calls[member.call], self.age(row, self.calls[member.call])
        still = self.holds(row, member, worker) and self.lease_runs(row, member.queue)
        if worker.mode == ATTEMPT:
            right, late = age != OLD, True
        else:
            right, late = self.resends and call.key is not None and age == IN_USE, self.resends
        if still and right:
            yield from self._results(state, at, row, member, worker, self.own(member))
        if self.sends_late and not still and late:
            yield from self._results(state, at, row, member, worker, None)

    def _results(
        self, state: State, at: int, row: Row, member: Member, worker: Worker, fair: str | None
    ) -> Iterator[Move]:
        for result in self.results(row, member.call, worker.key):
            after = result.row
            if self.hearsay_matters and result.heard.hand == REFUSED:
                after = after._replace(hearsay=not result.definite)
            replayed = result.what in ("refused again", "for_now again")
            if replayed and row.told and worker.mode == ATTEMPT and member.queue.name in self.limits:
                after = after._replace(tries=max(0, after.tries - 1))
            now = worker._replace(hand=result.heard.hand)
            to = self._both(state, at, after, member, now)
            yield Move(f"sends, {result.what}", to, None if result.fault else fair, result.fault)

    def results(self, row: Row, number: int, key: int) -> Iterator[Result]:
        """Every result of a request, as in the table of `docs/world.md`."""
        call = self.calls[number]
        stored = row.stored[number][key] if call.key is not None else NOTHING
        ends = "not-tried-ends" not in self.without
        busy = call.key is not None and row.flying == number and row.flying_key == key
        yield from self._each(call, "lost", "silent", row, fault=True)
        if any(h.outcome is not Outcome.UNKNOWN for h in self.heard(call, "throttled")):
            yield from self._each(call, "throttled", "throttled", row, fault=ends)
        if busy:
            yield from self._each(call, "in use", "busy", row)
        elif stored == NOTHING:
            yield from self._fresh(row, number, key)
        else:
            kind = {REFUSED: "refused", FOR_NOW: "for_now", ACCEPTED: "made", ERROR: "error"}[stored]
            yield from self._each(call, f"{kind} again", kind, row, definite=kind == "refused")
            yield from self._each(call, "misused", "misused", row, fault=True)

    def _each(
        self, call: Call, what: str, kind: str, after: Row, *, fault: bool = False, definite: bool = False
    ) -> Iterator[Result]:
        for heard in self.heard(call, kind):
            yield Result(what, after, heard, fault, definite)

    def _fresh(self, row: Row, number: int, key: int) -> Iterator[Result]:
        """The results if nothing is stored under the key, and no request with it is still executing."""
        call, much = self.calls[number], self.sent_for(row, number)
        broken = self.remembering(row, number, key, "error", ERROR)
        misleads = "answers-mean-what-they-say" in self.without
        yield from self._each(call, "error", "error", broken, fault=True)
        if row.flying < 0:
            under = key if call.key is not None else 0
            over = much if self.once(number) else NULL
            flight = row._replace(flying=number, flying_key=under, flying_asked=over)
            yield from self._each(call, "late", "silent", flight, fault=True)
            if "reply-ends-request" in self.without:
                told = self.remembering(flight, number, key, "error", ERROR)
                yield from self._each(call, "late, error", "error", told, fault=True)
        if misleads:
            nothing = self.remembering(row, number, key, "made", ACCEPTED)
            yield from self._each(call, "accepted only", "made", nothing, fault=True)
        if not self.room(row, number, much):
            if row.done[number] == WHOLE:
                yield from self._each(call, "already", "already", row)
            else:
                kind = "refused" if self.heard(call, "refused") else "error"
                after = self.remembering(row, number, key, "refused", REFUSED)
                yield from self._each(call, "too much", kind, after, definite=True)
            return
        effect = self.with_effect(row, number, much)
        if misleads:
            hidden = self.remembering(effect, number, key, "refused", REFUSED)
            yield from self._each(call, "made, refused", "refused", hidden, fault=True)
        made = self.remembering(effect, number, key, "made", ACCEPTED)
        yield from self._each(call, "made", "made", made)
        yield from self._each(call, "made, lost", "silent", made, fault=True)
        broken = self.remembering(made, number, key, "error", ERROR)
        yield from self._each(call, "made, error", "error", broken, fault=True)
        refused = self.remembering(row, number, key, "refused", REFUSED)
        yield from self._each(call, "refused", "refused", refused, fault=True, definite=True)
        for_now = self.remembering(row, number, key, "for_now", FOR_NOW)
        yield from self._each(call, "for_now", "for_now", for_now, fault=True)

    def _looks_up(self, state: State, at: int, row: Row, member: Member, worker: Worker) -> Iterator[Move]:
        call = self.calls[member.call]
        if call.look_up is None or not self.holds(row, member, worker):
            return
        runs, age = self.lease_runs(row, member.queue), self.age(row, call)
        by_key = self.resends and call.key is not None
        asks = worker.hand in (ERROR, ALREADY, MISUSED) or (
            worker.hand in _REPLY and self.asks_first(member.queue, worker.hand)
        )
        if worker.hand == CLAIMED and runs and self.settles_by_look_up:
            asks = age == OLD or (worker.mode == SETTLE and not by_key and age == IN_USE)
        if not asks:
            return
        shown = row.made[member.call] > 0 or row.done[member.call] == WHOLE or self.finds_others(row, call)
        found = Move("finds", self._both(state, at, row, member, worker._replace(hand=FOUND)), self.own(member))
        absent = Move("misses", self._both(state, at, row, member, worker._replace(hand=ABSENT)), self.own(member))
        enough = shown or self.is_done(row, member.call)
        if enough:
            yield found
        if not shown:  # a part by others may be less than the part that is asked for
            yield absent
        if shown and "look-up-sees-effects" in self.without:
            yield absent._replace(fair=None)
        if not enough and "look-ups-are-true" in self.without:
            yield found._replace(fair=None, fault=True)
        yield Move("looks in vain", self._both(state, at, row, member, worker._replace(hand=NO_ANSWER)), fault=True)

    def asks_first(self, queue: Queue, hand: str) -> bool:
        """True if the queue looks a refusal up before it records it."""
        answer = dict(queue.then).get(_REPLY[hand])
        call = self.calls[self.number[queue.call or ""]]
        return answer in (NextStep.LOOK_UP, NextStep.SETTLE) and call.look_up is not None

    # --- records ------------------------------------------------------------------------------

    def _records(self, state: State, at: int, row: Row, member: Member, worker: Worker) -> Iterator[Move]:
        """The writes of a worker whose claim is the present one, or that does not compare it."""
        mine = self.holds(row, member, worker)
        if not mine and (self.fenced or not self.as_read(row, member, worker)):
            return
        fair = self.own(member) if mine else None
        if self.locks and worker.mode == ATTEMPT:
            row = self._counted(row, member)
        for what, after, takes in self._recorded(row, member, worker):
            let_go = self._capped(after._replace(holder=0) if after.holder == member.token else after)
            yield Move(what, self._both(state, at, let_go, member, Worker()), fair, takes=takes)

    def _recorded(self, row: Row, member: Member, worker: Worker) -> Iterator[tuple[str, Row, int | None]]:
        queue, call = member.queue, self.calls[member.call]
        match worker.hand:
            case "accepted" | "found":
                yield from self._done(row, member, worker)
            case "already done":
                yield from self._already_done(row, member)
            case "refused" | "refused for now" if not self.asks_first(queue, worker.hand):
                yield from self._refused(row, member, worker)
            case "absent":
                yield from self._absent(row, member, worker)
            case "claimed":
                unused = call.key_first_used is not None and row.key == UNUSED
                if worker.mode == SETTLE and unused and self.lease_runs(row, queue):
                    yield from self._absent(row, member, worker)
            case _:
                yield from self._not_known(row, member, worker)

    def _done(self, row: Row, member: Member, worker: Worker) -> Iterator[tuple[str, Row, int | None]]:
        reply = CallResult.SETTLED_DONE if worker.hand == FOUND or member.by_hand else CallResult.ACCEPTED
        receipts = [column for column, _ in self.calls[member.call].records]
        when = DUE if member.by_hand else LATER
        heard = self.hears(row, {member.call})
        yield from self._moves_or_stays(heard, row, member, reply, receipts=receipts, when=when, cause=False)

    def _already_done(self, row: Row, member: Member) -> Iterator[tuple[str, Row, int | None]]:
        call = self.calls[member.call]
        answered = self.event(member.queue, CallResult.ALREADY_DONE) is not None
        if call.look_up is None or (answered and not call.records):
            reply = CallResult.ALREADY_DONE if answered else CallResult.SETTLED_DONE
            yield from self._moves_or_stays(self.hears(row, {member.call}), row, member, reply, cause=False)

    def _not_known(self, row: Row, member: Member, worker: Worker) -> Iterator[tuple[str, Row, int | None]]:
        call = self.calls[member.call]
        match worker.hand:
            case "no answer":
                yield from self._waits(row, member, worker, CallResult.UNKNOWN, NextStep.AGAIN)
            case "an error" if call.look_up is None:
                yield from self._waits(row, member, worker, CallResult.UNKNOWN, NextStep.AGAIN)
            case "misused" if call.look_up is None:
                yield from self._waits(row, member, worker, CallResult.MISUSED, NextStep.AGAIN)
            case "not tried" if not self.asks_first(member.queue, worker.hand):
                yield from self._waits(row, member, worker, CallResult.NOT_TRIED, NextStep.WAIT)
            case "key in use":
                yield "stays", self._later(self._given_back(row, member, worker), member), None

    @staticmethod
    def event(queue: Queue, reply: CallResult) -> str | None:
        """The event that follows a reply."""
        answer = dict(queue.then).get(reply)
        return None if answer in WORDS else answer

    def _ways_on(self, member: Member, reply: CallResult) -> list[int]:
        """The transitions that a worker takes after a reply."""
        event = self.event(member.queue, reply)
        return [
            number
            for number, move in enumerate(self.lifecycle.transitions)
            if event is not None
            and move.event == event
            and move.source in member.queue.statuses
            and (not move.by or member.actor in move.by)
        ]

    def _moves_or_stays(
        self,
        row: Row,
        stays: Row,
        member: Member,
        reply: CallResult,
        *,
        cause: bool,
        receipts: Iterable[str] = (),
        when: str = LATER,
    ) -> Iterator[tuple[str, Row, int | None]]:
        """The row after every transition that follows the reply; without one, the row with its status kept."""
        ways = self._ways_on(member, reply)
        for number in ways:
            for after in self.moved(row, number, receipts, claimed=True):
                gives_up = self.gives_up(self.lifecycle.transitions[number])
                yield "moves", after._replace(uncaused=after.uncaused or (gives_up and not cause)), number
        here = [self.lifecycle.transitions[n] for n in ways if self.lifecycle.transitions[n].source == row.status]
        left = any(not any(self.is_so(filled, move.when) for move in here) for filled in self.filled(row, receipts))
        if not here or left:
            yield "stays", self._later(stays, member, when), None

    def gives_up(self, move: Transition) -> bool:
        """True if the transition ends the attempts at a call."""
        after = {queue.call for queue in self.lifecycle.queues if move.target in queue.statuses}
        return any(effect is EffectState.NOT_DONE and call not in after for call, effect in move.needs)

    def _later(self, row: Row, member: Member, when: str = LATER) -> Row:
        return row._replace(due=when) if member.queue.due is not None else row

    def _given_back(self, row: Row, member: Member, worker: Worker) -> Row:
        if worker.mode != ATTEMPT or member.queue.name not in self.limits:
            return row
        untried = worker.hand == KEY_IN_USE or (worker.hand == NOT_TRIED and "not-tried-ends" not in self.without)
        return row._replace(tries=max(0, row.tries - untried), attempts=max(0, row.attempts - 1))

    def _renewed(self, row: Row, call: Call) -> Row:
        """The row with its key renewed. The last generation that the world distinguishes is followed by itself."""
        if call.key_first_used is not None:
            row = row._replace(key=UNUSED)
        if not self.renewable(call):
            return row
        row = row._replace(told=False)
        last = self.generations - 1
        if row.generation < last:
            return row._replace(generation=row.generation + 1)
        stored = tuple(
            _put(old, last, NOTHING) if each.key is not None and each.key_generation == call.key_generation else old
            for each, old in zip(self.calls, row.stored, strict=True)
        )
        out = row.flying >= 0 and row.flying_key == last
        same = out and self.calls[row.flying].key_generation == call.key_generation
        return row._replace(stored=stored, flying_key=AN_OLD_KEY if same else row.flying_key)

    def _refused(self, row: Row, member: Member, worker: Worker) -> Iterator[tuple[str, Row, int | None]]:
        definite = worker.hand == REFUSED
        call = self.calls[member.call]
        if member.by_hand and definite:
            yield from self._by_hand(row, member)
            return
        spent = self._renewed(row, call)
        if definite and self.told_matters and not self.renewable(call):
            spent = spent._replace(told=True)
        cause = not row.hearsay if definite else self.tried_enough(row, member.queue)
        reply = _REPLY[worker.hand]
        waits = dict(member.queue.then).get(reply) == NextStep.WAIT
        stays = self._given_back(spent, member, worker) if waits else spent
        yield from self._moves_or_stays(spent, stays, member, reply, cause=cause)

    def _absent(self, row: Row, member: Member, worker: Worker) -> Iterator[tuple[str, Row, int | None]]:
        if member.by_hand:
            yield from self._by_hand(row, member)
            return
        renewed = self._renewed(row, self.calls[member.call])
        if self.used_up(row, member.queue):
            enough = self.tried_enough(row, member.queue)
            yield from self._moves_or_stays(renewed, renewed, member, CallResult.SETTLED_ABSENT, cause=enough)
        else:
            yield "renews", self._later(renewed, member, DUE if worker.mode == SETTLE else LATER), None

    def _by_hand(self, row: Row, member: Member) -> Iterator[tuple[str, Row, int | None]]:
        for move in self.given_up_by_hand(member.queue):
            number = self.lifecycle.transitions.index(move)
            for after in self.moved(row, number, claimed=True):
                yield "gives up by hand", after, number

    def _waits(
        self, row: Row, member: Member, worker: Worker, reply: CallResult, unless: NextStep
    ) -> Iterator[tuple[str, Row, int | None]]:  # fmt: skip
        """The row that waits after an unknown or a not tried request."""
        back = dict(member.queue.then).get(reply, unless) == NextStep.WAIT
        stays = self._given_back(row, member, worker) if back else row
        yield from self._moves_or_stays(row, stays, member, reply, cause=False)

    # --- properties ------------------------------------------------------------------------------

    def broken(self, state: State) -> set[str]:
        """The safety properties that a state breaks."""
        return {prop for row in state.rows for prop in self._broken(row)}

    def _broken(self, row: Row) -> Iterator[str]:
        if 2 in row.made:
            yield "each-effect-at-most-once"
        if any(row.made[at] for at in row.denied) or not self._status_is_true(row):
            yield "status-tells-the-truth"
        if any(row.status in late and self._is_unsettled(row, at) for at, late in enumerate(self.too_late)):
            yield "settled-before-leaving"
        if row.status and any(self._is_null(row, c) for c in self.declared(row).requires):
            yield "receipts-are-kept"
        lost = self.kept is not None and row.owed and not row.kept and not (row.status and self.is_moot(row.status))
        if lost or row.dropped:
            yield "request-is-not-lost"
        if row.uncaused:
            yield "given-up-with-cause"
        if any(
            row.status in queue.statuses and queue.call and row.tries > self.limits.get(queue.name, row.tries)
            for queue in self.lifecycle.queues
        ):
            yield "attempts-are-bounded"
        yield from self._own_broken(row)

    def _own_broken(self, row: Row) -> Iterator[str]:
        for prop in self.lifecycle.properties:
            here = self.looks_like(row, prop.picture)
            wrong = {PropertyKind.NEVER: here, PropertyKind.ALWAYS: row.status in self.lifecycle.status and not here}
            if wrong.get(prop.kind, False):
                yield prop.name

    def _is_unsettled(self, row: Row, call: int) -> bool:
        may_come = row.flying == call and self.room(row, call, row.flying_asked)
        return (may_come or call in row.unheard) and call not in row.left_open

    def _status_is_true(self, row: Row) -> bool:
        means = self.declared(row).means if row.status else ()
        return all(
            self.is_done(row, self.number[call]) if effect is EffectState.DONE else not row.made[self.number[call]]
            for call, effect in means
            if call in self.number
        )

    def _is_null(self, row: Row, column: str) -> bool:
        return self.values(row).get(column, "set") is None

    def looks_like(self, row: Row, picture: Picture) -> bool:
        """True if the row exists and fits the picture."""
        if row.status in ("", UNDECLARED.name) or (picture.statuses and row.status not in picture.statuses):
            return False
        if not self.is_so(row, picture.where):
            return False
        return all(
            (call in self.number and self.is_done(row, self.number[call])) == (effect is EffectState.DONE)
            for call, effect in picture.effects
        )

    def unresolved(self, row: Row) -> bool:
        """True if the row must still move on."""
        if row.status == "":
            return False
        status = self.declared(row)
        applies = self.kept is not None and any(
            m.event == self.kept.name and m.source == row.status for m in self.lifecycle.transitions
        )
        return not (status.terminal or status.resting or row.status in self.elsewhere) or (row.kept and applies)


_REPLY = {
    REFUSED: CallResult.REFUSED,
    FOR_NOW: CallResult.REFUSED_FOR_NOW,
    NOT_TRIED: CallResult.NOT_TRIED,
    NO_ANSWER: CallResult.UNKNOWN,
}


def _put(items: tuple[T, ...], at: int, value: T) -> tuple[T, ...]:
    return (*items[:at], value, *items[at + 1 :])


def _with_row(state: State, at: int, row: Row) -> State:
    return state._replace(rows=_put(state.rows, at, row))


# --- replies ---------------------------------------------------------------------------------


class _Answer(NamedTuple):
    """A reply: an HTTP answer, or a silence."""

    http: int = 0
    code: str | None = None
    type: str | None = None
    message: str | None = None
    silence: Silence | None = None


def _replies(call: Call, kind: str) -> list[_Answer]:
    """The replies of one kind that the world makes up."""
    fixed = {
        "silent": [_Answer(silence=Silence.TIMEOUT), _Answer(silence=Silence.CONNECTION)],
        "error": [_Answer(500)],
        "throttled": [_Answer(429), _Answer(401), _Answer(403)],
        "busy": [_Answer(409)],
    }
    if kind in fixed:
        return fixed[kind]
    outcome, default = {
        "made": (Outcome.ACCEPTED, [_Answer(200)]),
        "already": (Outcome.ALREADY_DONE, [_Answer(400)]),
        "misused": (Outcome.MISUSED, []),
        "refused": (Outcome.REFUSED, []),
        "for_now": (Outcome.REFUSED_FOR_NOW, []),
    }[kind]
    described = [
        match
        for rule in call.outcomes
        if rule.outcome is outcome
        for match in rule.matches
        if match.silence is None and not (match.http and min(low for low, _ in match.http) >= 500)
    ]
    return [_form(match) for match in described] or default


def _form(match: Match) -> _Answer:
    numbers = [n for low, high in match.http for n in range(low, high + 1) if n < 500]
    plain = [n for n in numbers if n not in (401, 403, 409, 429)]
    message = match.message.replace("*", "x") if match.message is not None else None
    return _Answer((plain or numbers or [400])[0], match.code, match.type, message)


def _verdict(call: Call, reply: _Answer) -> tuple[Outcome, bool, bool]:
    for rule in call.outcomes:
        if any(_is_like(match, reply) for match in rule.matches):
            return rule.outcome, rule.stored, reply.silence is None
    return Outcome.UNKNOWN, False, reply.silence is None


def _is_like(match: Match, reply: _Answer) -> bool:
    if match.silence is Silence.UNMATCHED:
        return True
    if match.silence is not None or reply.silence is not None:
        return match.silence is reply.silence
    if match.http and not any(low <= reply.http <= high for low, high in match.http):
        return False
    if match.code not in (None, reply.code) or match.type not in (None, reply.type):
        return False
    return match.message is None or fnmatchcase(reply.message or "", match.message)


def _hand(outcome: Outcome, came: bool, kind: str) -> str:
    match outcome:
        case Outcome.UNKNOWN:
            return ERROR if came else NO_ANSWER
        case Outcome.NOT_TRIED if kind == "busy":
            return KEY_IN_USE
        case Outcome.REFUSED_FOR_NOW:
            return FOR_NOW
        case _:
            return str(outcome).replace("_", " ")


# --- exploring ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explored:
    """Every reachable state, with its distance from the start and the steps out of it."""

    world: World
    depth: Mapping[State, int]
    moves: Mapping[State, list[Move]]

    @property
    def transitions(self) -> int:
        """The number of steps over all states."""
        return sum(map(len, self.moves.values()))

    def broken(self) -> dict[str, int]:
        """For each safety property that falls, the number of steps of the shortest run that breaks it."""
        found: dict[str, int] = {}
        for state, depth in self.depth.items():
            props = self.world.broken(state)
            if not self.moves[state] and any(map(self.world.unresolved, state.rows)):
                props.add("no-deadlock")
            for prop in props:
                found.setdefault(prop, depth)
        return found

    def fired(self) -> set[int]:
        """The transitions that happen in some run, by number."""
        return {move.takes for moves in self.moves.values() for move in moves if move.takes is not None}

    def reached(self) -> dict[str, int | None]:
        """For each reachability property, the number of steps of the shortest run to it; None if there is none."""
        wanted = [prop for prop in self.world.lifecycle.properties if prop.kind is PropertyKind.REACHABLE]
        return {prop.name: min(self._showing(prop), default=None) for prop in wanted}

    def _showing(self, prop: Property) -> Iterator[int]:
        for state, depth in self.depth.items():
            if any(self.world.looks_like(row, prop.picture) for row in state.rows):
                yield depth

    def never_answered(self) -> set[str]:
        """The liveness properties that fall."""
        world, rows = self.world, range(self.world.rows)
        found = set()
        if any(self._for_ever({s for s in self.moves if world.unresolved(s.rows[row])}) for row in rows):
            found.add("every-row-is-resolved")
        for prop in world.lifecycle.properties:
            if prop.kind is PropertyKind.LEADS_TO and any(self._unanswered(prop, row) for row in rows):
                found.add(prop.name)
        return found

    def _unanswered(self, prop: Property, row: int) -> bool:
        """True if a run can reach a state that fits `from`, and from there on none that fits `to`."""
        assert prop.then is not None
        waiting = {s for s in self.moves if not self.world.looks_like(s.rows[row], prop.then)}
        asked = [s for s in waiting if self.world.looks_like(s.rows[row], prop.picture)]
        since = set(asked)
        for state in asked:  # it grows while we walk it
            for move in self.moves[state]:
                if move.to in waiting and move.to not in since:
                    since.add(move.to)
                    asked.append(move.to)
        return self._for_ever(since)

    @cached_property
    def groups(self) -> set[str]:
        """The fair groups."""
        return {move.fair for moves in self.moves.values() for move in moves if move.fair is not None}

    def _for_ever(self, pending: set[State]) -> bool:
        """Whether a fair run without faults can stay among these states.

        It can go round in a strongly connected part in which every group has its
        turn, or cannot have one somewhere. Staying in one state is such a part
        without a step.
        """
        calm = {state: [move for move in self.moves[state] if not move.fault] for state in pending}
        graph: nx.DiGraph[State] = nx.DiGraph()
        graph.add_nodes_from(pending)
        graph.add_edges_from((s, m.to) for s in pending for m in calm[s] if m.to in pending)
        return any(
            all(
                any(all(move.fair != group for move in calm[state]) for state in part)
                or any(move.fair == group and move.to in part for state in part for move in calm[state])
                for group in self.groups
            )
            for part in nx.strongly_connected_components(graph)
        )


def explore(world: World) -> Explored:
    """Explore every reachable state, breadth first."""
    depth = {world.start: 0}
    moves: dict[State, list[Move]] = {}
    waiting = [world.start]
    for state in waiting:  # it grows while we walk it
        moves[state] = list(world.steps(state))
        for move in moves[state]:
            if move.to not in depth:
                depth[move.to] = depth[state] + 1
                waiting.append(move.to)
    return Explored(world, depth, moves)
