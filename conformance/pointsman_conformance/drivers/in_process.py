"""The driver for implementations that are Python in this process, on a table in memory with a clock of its own.

Nothing here takes real time, and a run depends on the plan alone. It plays the reference implementation, the wrong
implementations, and a user's own that is written against `reference.operation`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from random import Random

from pointsman.spec.fitting import family
from pointsman.spec.lifecycle import ActorKind, Call, Lifecycle, Webhook
from pointsman_conformance.core import plan
from pointsman_conformance.core.driver import Capability, DriverError, ImplementationInfo, Played
from pointsman_conformance.core.history import (
    KIT,
    Answered,
    Columns,
    Crashed,
    Delivered,
    History,
    Mark,
    Record,
    Started,
    Write,
)
from pointsman_conformance.core.history import Turn as TurnRecord
from pointsman_conformance.core.plan import Step
from pointsman_conformance.drivers.turns import Conversation, CopyActions, CopyMaker, Ended, InProcessCopy, Passage
from pointsman_conformance.provider.ledger import HookEvent
from pointsman_conformance.provider.provider import TOKEN, Provider
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.memory import MemoryTable
from pointsman_conformance.reference.operation import TurnSteps
from pointsman_conformance.reference.rules import rules_of
from pointsman_conformance.testbed.dashboard import made_by_hand
from pointsman_conformance.testbed.event_fields import filled
from pointsman_conformance.testbed.row_values import BEYOND_LABELS, row_with_effects
from pointsman_conformance.testbed.settling import arriving, next_due
from pointsman_conformance.testbed.webhook_events import webhook_of

ANYBODY = "anybody"
"""The actor of a spec that names no actors."""


class InProcess:
    """Plays plans on a table in memory, a provider and a clock. Implements `driver.Driver`.

    `make` makes copies of the implementation under test, which plays `roles` (None: all actors). The reference
    implementation plays the others. `name` is what reports call the implementation under test.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        make: CopyMaker = ReferenceImplementation,
        roles: Iterable[str] | None = None,
        *,
        name: str = "the book",
        seed: int = 0,
    ) -> None:
        self.lifecycle = lifecycle
        self._rules = rules_of(lifecycle)
        self._make, self._seed = make, seed
        everybody = [actor.name for actor in lifecycle.actors] or [ANYBODY]
        self._about = ImplementationInfo(
            name, frozenset(everybody if roles is None else roles), capabilities=frozenset(Capability)
        )
        self._time = 0.0
        self._records: list[Record] = []
        self._table = MemoryTable(self._rules, self.now, self._told)
        self._provider = Provider(lifecycle, now=self.now, record=self._records.append, row_of=self._row_of)
        self._talk = Conversation(self._table, self._provider, self.now, self._records.append, self.play)
        self._numbered, self._key_type = self._kind_of_key()
        self._workers = [name for name in everybody if self._rules.queues(name) or self._rules.sweeps(name)]
        self._fresh()

    def _fresh(self) -> None:
        self._time = 0.0
        self._records.clear()
        self._table.clear()
        self._provider.reset()
        self._copies: dict[tuple[str, int], InProcessCopy] = {}
        self._born: dict[tuple[str, int], int] = {}
        self._inbox: dict[bool, set[str]] = {True: set(), False: set()}
        self._labels: dict[str, str] = {}
        self._subject: set[str] = set()
        self._told_of: dict[str, HookEvent] = {}
        self._number = 0

    # --- the driver -------------------------------------------------------------------

    @property
    def about(self) -> ImplementationInfo:
        """The implementation under test."""
        return self._about

    def begin(self, case: str) -> None:
        """Start a run with an empty table. Nothing depends on the name `case`."""
        del case
        self._fresh()

    def play(self, step: Step) -> Played:
        """Do `step`. A step that is impossible now does nothing."""
        match step:
            case plan.Happen():
                return self._happen(step)
            case plan.Work():
                return self._work(step)
            case plan.Move():
                return self._move(step)
            case plan.DeliverWebhooks():
                return self._hook(step)
        self._act(step)
        return Played()

    def rows(self) -> Mapping[str, Columns]:
        """The rows as they are now, by their labels in the plan."""
        stored = self._table.rows
        return {label: stored[key] for label, key in self._labels.items() if key in stored}

    def now(self) -> float:
        """The time of the run, in seconds since its start."""
        return self._time

    def key(self, row: str) -> str:
        """The primary key, as text, of the row with the label `row`."""
        if row not in self._labels:
            self._labels[row] = self._new_key(row)
        return self._labels[row]

    def history(self) -> History:
        """The records since `begin`."""
        return History(tuple(self._records), self._about.roles, frozenset(self._subject))

    def close(self) -> None:
        """Do nothing: the driver holds no resources."""

    # --- what the kit does itself -----------------------------------------------------

    def _act(self, step: Step) -> None:
        match step:
            case plan.Create():
                self._create(step)
            case plan.Advance():
                self._pass(step.seconds)
            case plan.Dashboard():
                self._dashboard(step)
            case plan.SetUnknownStatus():
                self._estrange(step)
            case plan.Crash():
                self._crash(step)
            case plan.Settle():
                self._settle(step)

    def _create(self, step: plan.Create) -> None:
        status = self.lifecycle.status.get(step.status)
        key = self.key(step.row)
        if status is None or key in self._table.rows:
            return
        known = self._rules.table.column
        given = {name: value for name, value in step.columns.items() if name in known}
        row = row_with_effects(
            self.lifecycle, key, status, given, now=self._time,
            made=lambda call, amount, row: self._provider.put(call, key, amount, columns=row),
        )  # fmt: skip
        self._provider.found_elsewhere(row)
        self._table.put(key, row)

    def _dashboard(self, step: plan.Dashboard) -> None:
        key, call = self.key(step.row), self.lifecycle.call.get(step.call)
        row = self._table.rows.get(key)
        if row is not None and call is not None:
            made_by_hand(self._provider, call, key, row, part=step.part)

    def _estrange(self, step: plan.SetUnknownStatus) -> None:
        key = self.key(step.row)
        if key in self._table.rows and step.value not in self._rules.lifecycle.by_value:
            self._table.put(key, {self._rules.table.status_column: step.value})

    def _crash(self, step: plan.Crash) -> None:
        copy = self._copies.get((step.actor, step.copy))
        if copy is not None and not copy.busy:
            self._bury(copy)

    # --- what it asks of the implementation -------------------------------------------

    def _happen(self, step: plan.Happen) -> Played:
        key = self.key(step.row)
        row = self._table.rows.get(key)
        if row is None or not self._is_there(step.actor):
            return Played()
        hook = webhook_of(self._rules, row, step)
        if hook is not None:
            return self._tell(key, step, *hook)
        fields = filled(self._rules, self._provider, key, row, step, self._time)
        return self._deliver(
            Passage(step.faults),
            Delivered(at=self._time, id=step.id, to=step.actor, row=key, event=step.event, fields=fields),
            lambda mind: mind.happen(step.actor, key, step.event, fields, step.id),
        )

    def _tell(self, key: str, step: plan.Happen, call: Call, hook: Webhook) -> Played:
        """Deliver a webhook about the row's object at the provider, if there is one. A known `step.id` repeats it."""
        event = self._told_of.get(step.id) or self._provider.tell(call.name, key, hook.type)
        if event is None:
            return Played()
        self._told_of[step.id] = event
        return self._bring(step.actor, event, Passage(step.faults))

    def _move(self, step: plan.Move) -> Played:
        key = self.key(step.row)
        if key not in self._table.rows or not self._is_there(step.actor):
            return Played()
        self._number += 1
        return self._deliver(
            Passage(),
            Delivered(at=self._time, id=f"move_{self._number}", to=step.actor, row=key, fields={"status": step.status}),
            lambda mind: mind.move_to(step.actor, key, step.status),
        )

    def _hook(self, step: plan.DeliverWebhooks) -> Played:
        actor = next((each.name for each in self.lifecycle.actors if each.kind is ActorKind.WEBHOOK), None)
        key = self.key(step.row) if step.row is not None else None
        events = [event for event in self._provider.hooks if key in {None, event.row}]
        if actor is None or not events:
            return Played()
        passage, last = Passage(step.faults), Played()
        for event in events[::-1] if step.reverse else events:
            for _ in range(step.times):
                last = self._bring(actor, event, passage)
        return last

    def _bring(self, actor: str, event: HookEvent, passage: Passage) -> Played:
        """Deliver a webhook once."""
        return self._deliver(
            passage,
            Delivered(at=self._time, id=event.id, to=actor, row=event.row or "", hook=event.type, fields=event.object),
            lambda mind: mind.hook(actor, event.type, event.object, event.id),
        )

    def _deliver(self, passage: Passage, delivered: Delivered, turn: Callable[[CopyActions], TurnSteps]) -> Played:
        copy = self._copy(delivered.to, 1)
        if copy is None:
            return passage.played()
        self._records.append(replace(delivered, who=copy.who))
        return self._answered(copy, passage, self._talk.run(copy, turn, passage), delivered.row)

    def _work(self, step: plan.Work) -> Played:
        passage = Passage(step.faults)
        copy = self._copy(step.actor, step.copy) if self._is_there(step.actor) else None
        if copy is None:
            return passage.played()
        self._records.append(TurnRecord(at=self._time, who=copy.who, actor=step.actor))
        return self._answered(copy, passage, self._talk.run(copy, lambda mind: mind.work(step.actor), passage), None)

    def _answered(self, copy: InProcessCopy, passage: Passage, ended: Ended, row: str | None) -> Played:
        if ended.answer is None:
            self._bury(copy, killed=ended.killed, why=ended.trouble or "")
        else:
            self._records.append(
                Answered(
                    at=self._time, who=copy.who, to=copy.actor, answer=ended.answer, message=ended.message, row=row
                )
            )
        return passage.played(ended.answer, ended.message, ended.trouble)

    # --- to the end -------------------------------------------------------------------

    def _settle(self, step: plan.Settle) -> None:
        if self._talk.depth:  # a copy stands still: faults are not over
            return
        self._mark("healthy")
        for _ in range(step.rounds):
            self._arrive(step.arrivals)
            for actor in self._workers:
                self._work(plan.Work(actor))
            wait = self._until_due()
            if wait is None and not step.arrivals and not self._provider.executing:
                break
            self._pass(wait if wait is not None else 60.0)
        self._mark("end")

    def _mark(self, name: str) -> None:
        self._records.append(Mark(at=self._time, name=name))

    def _arrive(self, arrivals: int) -> None:
        for step in arriving(self.lifecycle, self._about.roles, arrivals, lambda: len(self._labels)):
            self._create(step)

    def _until_due(self) -> float | None:
        """Seconds until the next row is due that has to leave its status; None if there is no such row."""
        found = next_due(self._rules, self._table.rows.values(), self._time)
        return None if found is None else max(0.0, found - self._time)

    # --- copies -----------------------------------------------------------------------

    def _is_there(self, actor: str) -> bool:
        return actor in self.lifecycle.actor or not self.lifecycle.actors

    def _copy(self, actor: str, number: int) -> InProcessCopy | None:
        """The copy `number` of `actor`, made if it does not live; None while it stands still."""
        place = (actor, number)
        copy = self._copies.get(place)
        if copy is None:
            copy = self._copies[place] = self._bear(actor, number)
        return None if copy.busy else copy

    def _bear(self, actor: str, number: int) -> InProcessCopy:
        subject = actor in self._about.roles or not self.lifecycle.actors
        name = f"{actor}.{number}"
        born = self._born[(actor, number)] = self._born.get((actor, number), 0) + 1
        token, random = f"{TOKEN}{name}", Random(f"{self._seed} {name} {born}")  # noqa: S311 - jitter, no secret
        make: CopyMaker = self._make if subject else ReferenceImplementation
        try:
            mind = make(self.lifecycle, actor, token, random, self._inbox[subject])
        except Exception as problem:
            raise DriverError(f"{self._about.name} cannot be started: {type(problem).__name__}: {problem}") from problem
        if subject:
            self._subject.add(name)
            self._records.append(Started(at=self._time, who=name, actor=actor))
        return InProcessCopy(name if subject else KIT, actor, token, mind, subject)

    def _bury(self, copy: InProcessCopy, *, killed: bool = True, why: str = "") -> None:
        self._copies = {place: each for place, each in self._copies.items() if each is not copy}
        self._table.release(copy)
        if copy.subject:
            self._records.append(Crashed(at=self._time, who=copy.who, killed=killed, why=why))

    # --- the test bed --------------------------------------------------------------------

    def _told(self, key: str, old: Columns | None, new: Columns | None) -> None:
        self._number += 1
        by = self._talk.writer
        self._records.append(
            Write(
                at=self._time,
                who=by.who if by is not None else KIT,
                row=key,
                old=old,
                new=new,
                actor=by.actor if by is not None else None,
                transaction=str(self._number),
            )
        )

    def _pass(self, seconds: float) -> None:
        self._time += max(0.0, seconds)
        self._provider.tick()

    def _row_of(self, column: str, value: str) -> str | None:
        return next((key for key, row in self._table.rows.items() if str(row.get(column)) == value), None)

    def _kind_of_key(self) -> tuple[bool, str]:
        column = self._rules.table.column.get(self._rules.table.primary_key)
        return (True, "bigint") if column is None else (family(column.type) == "whole", column.type)

    def _new_key(self, label: str) -> str:
        if self._numbered:
            return label if label.isdecimal() else str(BEYOND_LABELS + len(self._labels))
        return str(uuid.uuid5(uuid.NAMESPACE_OID, label)) if self._key_type == "uuid" else label


def by_the_book(lifecycle: Lifecycle, roles: Iterable[str] | None = None) -> InProcess:
    """The reference implementation on a table in memory, tested in `roles` (None: all actors)."""
    return InProcess(lifecycle, ReferenceImplementation, roles)
