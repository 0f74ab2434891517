"""Everything around an implementation: the table, the provider, the clock, and the actors that the kit plays.

Drivers use it to test an implementation on a real PostgreSQL. For the actors that the implementation does not play, the
kit runs the reference implementation, on a connection of its own and with direct calls of the provider.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from random import Random

from pointsman.database import Database, DatabaseError, Timeouts, connect
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import ActorKind, Lifecycle
from pointsman_conformance.core.driver import Ack, DriverError, Played, TamperedError
from pointsman_conformance.core.history import KIT, Answered, Columns, Delivered, Record, Turn, Write
from pointsman_conformance.core.plan import (
    Create,
    Dashboard,
    DeliverWebhooks,
    Fault,
    Happen,
    Move,
    SetUnknownStatus,
    Work,
)
from pointsman_conformance.provider.ledger import HookEvent
from pointsman_conformance.provider.options import ProviderOptions
from pointsman_conformance.provider.provider import Provider
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.on_postgres import OnPostgres
from pointsman_conformance.reference.operation import TurnSteps as Doing
from pointsman_conformance.reference.rules import rules_of
from pointsman_conformance.testbed.chronicle import Writer
from pointsman_conformance.testbed.dashboard import made_by_hand
from pointsman_conformance.testbed.event_fields import filled
from pointsman_conformance.testbed.failing import as_driver_error
from pointsman_conformance.testbed.table import PATIENCE, TestbedTable, on_postgres
from pointsman_conformance.testbed.turn_faults import Acting, DiedError
from pointsman_conformance.testbed.webhook_events import webhook_of

TOKEN = "sk_test_kit"  # noqa: S105 - the kit's own, at its own provider
"""The kit's secret at the provider."""

NOTHING = Played()
"""The result of a step that was impossible, and did nothing."""

Pause = Callable[[Fault], None]
"""Plays the steps that happen while a copy stands still."""


class Testbed:
    """The test bed, for one run after the other. One thread uses it; records may come from any thread."""

    def __init__(self, lifecycle: Lifecycle, table: TestbedTable, players: Database, options: ProviderOptions) -> None:
        self.lifecycle, self.table = lifecycle, table
        self.chronicle, self.clock = table.chronicle, table.clock
        self.provider = Provider(
            lifecycle, now=self.clock.now, record=self.record, options=options, row_of=self._row_with
        )
        self.rules = rules_of(lifecycle)
        self._players = players
        table.ours(players)
        self._backend = int(str(players.ask("SELECT pg_backend_pid()")[0][0]))
        self._books: dict[tuple[str, int], ReferenceImplementation] = {}
        self._inbox: set[str] = set()
        self._told_of: dict[str, HookEvent] = {}
        self._latest: dict[str, Columns] = {}
        self._listeners: list[Callable[[Record], None]] = [self._keep_latest]
        self.chronicle.heard = self._tell

    # --- a run -----------------------------------------------------------------

    def begin(self, *, distinct: bool = False) -> None:
        """Start a run with an empty table; no copy may be at work. `distinct` as for `TestbedTable.reset`."""
        self.table.reset(distinct=distinct)
        self.provider.reset()
        self._books.clear()
        self._inbox.clear()
        self._told_of.clear()
        self._latest.clear()

    def record(self, record: Record) -> None:
        """Add a record to the history, after everything that was committed before."""
        self.chronicle.record(record)

    def listen(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with every record. It must not wait for another thread."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[Record], None]) -> None:
        """Stop calling `listener`."""
        self._listeners = [each for each in self._listeners if each != listener]

    def _tell(self, record: Record) -> None:
        for listener in self._listeners:
            listener(record)

    def _keep_latest(self, record: Record) -> None:
        if isinstance(record, Write):
            if record.new is None:
                self._latest.pop(record.row, None)
            else:
                self._latest[record.row] = record.new

    def _row_with(self, column: str, value: str) -> str | None:
        """The key of the row that has `value` in `column`, by the latest writes in the history."""
        return next((row for row, columns in list(self._latest.items()) if str(columns.get(column)) == value), None)

    def look_for_tampering(self) -> None:
        """Compare the table with what the audit saw.

        Raises:
            TamperedError: they differ.
        """
        found = self.table.tampering(self._latest)
        if found:
            raise TamperedError(f"A write was hidden from the audit: {found}.")

    # --- what the kit does to rows and to the provider -----------------------------

    def create(self, step: Create) -> Played:
        """Make a row, with the effects that its status means."""
        status = self.lifecycle.status.get(step.status)
        if status is None:
            return NOTHING
        key = self.table.key(step.row)
        fitting = {name: value for name, value in step.columns.items() if name in self.table.shape.names}
        made = self.table.create(
            step.row, status, fitting, lambda call, amount, row: self.provider.put(call, key, amount, columns=row)
        )
        if made is None:
            return NOTHING
        self.provider.found_elsewhere(made)
        return Played(answer=Ack.APPLIED)

    def advance(self, seconds: float) -> Played:
        """Let time pass, in the database and at the provider."""
        if seconds <= 0:
            return NOTHING
        if not self.table.advance(seconds):
            return Played(message="time stood still: another session holds a lock on a row")
        self.provider.tick()
        return Played(answer=Ack.APPLIED)

    def estrange(self, step: SetUnknownStatus) -> Played:
        """Set the row's status to a value that the spec does not know."""
        known = step.value in self.rules.lifecycle.by_value
        done = not known and self.table.estrange(self.table.key(step.row), step.value)
        return Played(answer=Ack.APPLIED) if done else NOTHING

    def dashboard(self, step: Dashboard) -> Played:
        """Make an effect by hand, as a person does at the provider's dashboard."""
        key = self.table.key(step.row)
        return self.by_hand(step, key, self.table.read(key))

    def by_hand(self, step: Dashboard, key: str, row: Columns | None) -> Played:
        """Make the step's effect for `row`, whose key is `key`. Nothing is made if the row is None."""
        call = self.lifecycle.call.get(step.call)
        if row is None or call is None:
            return NOTHING
        made = made_by_hand(self.provider, call, key, row, part=step.part)
        return Played(answer=Ack.APPLIED) if made else NOTHING

    # --- the actors that the kit plays ------------------------------------------------

    def tell(self, step: Happen, row: Columns) -> HookEvent | bool:
        """The webhook by which the provider reports the step's event; a known `step.id` gives the same webhook.

        True where the event does not come from the provider, False where the provider has no object to report.
        """
        told = webhook_of(self.rules, row, step)
        if told is None:
            return True
        call, hook = told
        event = self._told_of.get(step.id) or self.provider.tell(call.name, self.table.key(step.row), hook.type)
        if event is None:
            return False
        self._told_of[step.id] = event
        return event

    def happen(self, step: Happen, pause: Pause) -> Played:
        """Send an event to an actor that the kit plays."""
        key = self.table.key(step.row)
        row = self.table.read(key)
        if row is None or not self.is_there(step.actor):
            return NOTHING
        told = self.tell(step, row)
        if isinstance(told, HookEvent):
            return self.hook(told, step.actor, step.faults, pause)
        if not told:
            return NOTHING
        now = self.clock.now()
        fields = filled(self.rules, self.provider, key, row, step, now)
        self.record(Delivered(at=now, id=step.id, to=step.actor, row=key, event=step.event, fields=fields))
        turn = self._book(step.actor, 1).happen(step.actor, key, step.event, fields, step.id)
        return self._answered(step.actor, self._play(step.actor, turn, step.faults, pause), key)

    def work(self, step: Work, pause: Pause) -> Played:
        """Give a worker that the kit plays a turn."""
        if not self.is_there(step.actor):
            return NOTHING
        self.record(Turn(at=self.clock.now(), actor=step.actor))
        played = self._play(step.actor, self._book(step.actor, step.copy).work(step.actor), step.faults, pause)
        return self._answered(step.actor, played, None)

    def move(self, step: Move, pause: Pause) -> Played:
        """Ask an actor that the kit plays to move the row to a status."""
        if not self.is_there(step.actor):
            return NOTHING
        key = self.table.key(step.row)
        turn = self._book(step.actor, 1).move_to(step.actor, key, step.status)
        return self._answered(step.actor, self._play(step.actor, turn, (), pause), key)

    def hook(self, event: HookEvent, actor: str, faults: tuple[Fault, ...], pause: Pause) -> Played:
        """Deliver a webhook to an actor that the kit plays."""
        self.record(self.delivery(event, actor, KIT))
        turn = self._book(actor, 1).hook(actor, event.type, event.object, event.id)
        return self._answered(actor, self._play(actor, turn, faults, pause), event.row)

    def is_there(self, actor: str) -> bool:
        """True if the spec has this actor, or names no actors."""
        return actor in self.lifecycle.actor or not self.lifecycle.actors

    def forget(self, actor: str, copy: int) -> None:
        """Kill a copy that the kit plays: its memory is lost."""
        self._books.pop((actor, copy), None)

    def delivery(self, event: HookEvent, actor: str, who: str) -> Delivered:
        """The record of a webhook that is delivered to the copy `who`."""
        return Delivered(
            at=self.clock.now(),
            who=who,
            id=event.id,
            to=actor,
            row=event.row or "",
            hook=event.type,
            fields=event.object,
        )

    def hooks(self, step: DeliverWebhooks) -> Iterator[HookEvent]:
        """The webhooks that `step` delivers, in order, repeated as it asks."""
        key = self.table.key(step.row) if step.row is not None else None
        events = [event for event in self.provider.hooks if key is None or event.row == key]
        for event in reversed(events) if step.reverse else events:
            for _ in range(max(1, step.times)):
                yield event

    @property
    def webhook_actor(self) -> str | None:
        """The actor that webhooks are delivered to; None if the spec has none."""
        return next((actor.name for actor in self.lifecycle.actors if actor.kind is ActorKind.WEBHOOK), None)

    # --- parts ---------------------------------------------------------------------

    def _book(self, actor: str, copy: int) -> ReferenceImplementation:
        key = (actor, copy)
        if key not in self._books:
            # Seeded by actor and copy, so that a plan has one outcome.
            chance = Random(f"{actor} {copy}")  # noqa: S311 - jitter
            self._books[key] = ReferenceImplementation(self.lifecycle, actor, TOKEN, chance, self._inbox)
        return self._books[key]

    def _play(self, actor: str, turn: Doing, faults: tuple[Fault, ...], pause: Pause) -> Played:
        acting = Acting(faults, pause)
        self.chronicle.take_in()
        self.chronicle.know(self._backend, Writer(KIT, actor))
        ask = acting.asking(self.provider, KIT, actor)
        player = OnPostgres(self.lifecycle, self._players, self.table.shape, ask, meet=acting.meet)
        answer: Ack | None = None
        message = ""
        try:
            answer = _answer(player.run(turn))
        except DiedError:
            if acting.crashed:
                self.forget(actor, 1)
        except DatabaseError as problem:
            if not problem.timed_out:
                raise DriverError(f"A statement of the kit's own {actor} failed: {problem}") from problem
            message = f"the kit's own {actor} timed out: another session holds a lock on the row"
        finally:
            self.chronicle.take_in()
        return Played(points=tuple(acting.points), fired=tuple(acting.fired), answer=answer, message=message)

    def _answered(self, actor: str, played: Played, row: str | None) -> Played:
        if played.answer is not None:
            self.record(Answered(at=self.clock.now(), to=actor, answer=played.answer.value, row=row))
        return played


@contextlib.contextmanager
def on_stage(  # noqa: PLR0913 - the arguments of `on_postgres`
    lifecycle: Lifecycle,
    dsn: str,
    *,
    enforced: bool = False,
    setup: Callable[[str], None] | None = None,
    schema_sql: str | None = None,
    row_sql: str | None = None,
    options: ProviderOptions = ProviderOptions(),  # noqa: B008 - frozen
) -> Iterator[Testbed]:
    """A test bed in the database of `dsn`; the arguments are those of `on_postgres`. Raises DriverError."""
    with on_postgres(lifecycle, dsn, enforced=enforced, setup=setup, schema_sql=schema_sql, row_sql=row_sql) as table:
        try:
            with connect(table.roles.player_dsn) as players, as_driver_error():
                players.limit_session(Timeouts(lock=PATIENCE))
                yield Testbed(lifecycle, table, players, options)
        except UsageError as problem:
            raise DriverError(str(problem)) from problem


def _answer(word: str) -> Ack:
    try:
        return Ack(word)
    except ValueError:
        return Ack.ERRORED
