"""The driver for implementations behind an adapter that speaks the protocol, over a pipe or over HTTP.

The table is a real PostgreSQL, which the implementation reaches through a proxy, and the provider is an HTTP
server of the kit. So faults strike at every statement and every request, as with the driver `black_box`. An
implementation that keeps its rows itself (capability `observes`) reports its writes instead; then faults strike
only at requests.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from pointsman.spec.lifecycle import ActorKind, Lifecycle
from pointsman_conformance.core import plan
from pointsman_conformance.core.driver import Ack, Capability, DriverError, ImplementationInfo, Played
from pointsman_conformance.core.history import (
    KIT,
    Answered,
    Columns,
    Crashed,
    Delivered,
    History,
    Mark,
    Started,
    Turn,
    Value,
    Write,
)
from pointsman_conformance.core.plan import AT_A_REQUEST, Fault, FaultKind, Step
from pointsman_conformance.core.wire import Json
from pointsman_conformance.drivers.adapter_copy import BreakableTransport, Speaker
from pointsman_conformance.drivers.copy import Body, PassedPoints, ProcessCopy
from pointsman_conformance.drivers.crew import WEBHOOK_SECRET
from pointsman_conformance.drivers.environment import DatabaseAddress
from pointsman_conformance.drivers.statements import StatementReader
from pointsman_conformance.protocol.session import DEADLINE, Hello, LostError, Said
from pointsman_conformance.provider.ledger import HookEvent
from pointsman_conformance.provider.options import ProviderOptions
from pointsman_conformance.provider.provider import TOKEN, Ticket
from pointsman_conformance.provider.server import serve
from pointsman_conformance.reference.rules import rules_of
from pointsman_conformance.testbed.chronicle import Writer
from pointsman_conformance.testbed.event_fields import filled
from pointsman_conformance.testbed.failing import as_driver_error
from pointsman_conformance.testbed.row_values import row_with_effects
from pointsman_conformance.testbed.settling import arriving, next_due
from pointsman_conformance.testbed.testbed import NOTHING, Testbed, on_stage

NEVER = 1_000_000_000
"""The `nth` of a fault that must not strike: no run passes that many points."""

PATIENCE = 5.0
"""Seconds that the kit waits until the death of a process is recorded."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How copies of an implementation are reached.

    `open` takes the number of a copy and gives a transport to it, with its process if the kit started one. `kills`:
    the kit can kill the process. `copies`: several copies can run at once.
    """

    open: Callable[[int], tuple[BreakableTransport, Body | None]]
    kills: bool
    copies: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """The message `cmd` to the copy number `copy`, which plays `actor` for it, with the faults that may strike."""

    cmd: str
    actor: str
    faults: tuple[Fault, ...] = ()
    copy: int = 1


@dataclass(frozen=True, slots=True)
class _AskedFor:
    """The row that the kit asks an implementation to make: its key, and the stored value of its status."""

    row: str
    status: Value


class Spoken:
    """Implements `driver.Driver` for an implementation that speaks the protocol."""

    def __init__(  # noqa: PLR0913 - what is said once, by name
        self,
        lifecycle: Lifecycle,
        dsn: str,
        reach: Reach,
        *,
        roles: Iterable[str] | None = None,
        deadline: float = DEADLINE,
        enforced: bool = False,
        options: ProviderOptions = ProviderOptions(),  # noqa: B008 - frozen
        schema_sql: str | None = None,
    ) -> None:
        """Make a test bed in the empty database of `dsn`, start a first copy and read its hello. Raises DriverError."""
        self.lifecycle = lifecycle
        self._reach, self._deadline, self._options = reach, deadline, options
        DatabaseAddress.of(dsn)  # refuses a DSN that an adapter cannot be told, before anything is made
        self._rules = rules_of(lifecycle)
        self._speakers: dict[int, Speaker] = {}
        self._spare: tuple[BreakableTransport, Body | None] | None = None
        self._told: dict[str, Columns] = {}
        self._born = self._moves = 0
        self._subject: set[str] = set()
        self._who_of: dict[str, tuple[str, str | None]] = {}
        with contextlib.ExitStack() as stack:
            self._stage = stack.enter_context(
                on_stage(lifecycle, dsn, enforced=enforced, schema_sql=schema_sql, options=options)
            )
            self._address = DatabaseAddress.of(self._stage.table.roles.worker_dsn)
            self._reader = StatementReader(self._stage.table.table.name)
            self._server = stack.enter_context(serve(self._stage.provider, self._who_of, self._meet))
            stack.callback(self._end_all)
            try:
                hello = self._start(1)
            except LostError as lost:
                raise DriverError(f"The implementation cannot be started: {lost}") from None
            self._says = hello.capabilities
            self._about = self._who_it_is(hello, roles)
            self._closing = stack.pop_all()

    # --- the driver -------------------------------------------------------------------

    @property
    def about(self) -> ImplementationInfo:
        """The implementation under test, as its hello describes it."""
        return self._about

    @property
    def stage(self) -> Testbed:
        """The test bed that the implementation runs on."""
        return self._stage

    def reached(self) -> bool:
        """True if a copy has had a connection to the kit's database."""
        return any(speaker.copy.backends for speaker in self._speakers.values())

    @as_driver_error()
    def begin(self, case: str) -> None:
        """Start a run with an empty table. Living copies stay and get `reset`. Raises DriverError."""
        for number, speaker in tuple(self._speakers.items()):
            heard = speaker.tell("reset", case=case or "case")
            if not isinstance(heard, Said) or heard.answer is not Ack.APPLIED:
                self._drop(number, record=False)
            speaker.known = False
        self._stage.begin()
        for speaker in self._speakers.values():
            speaker.copy.forget()
        self._told.clear()
        self._subject.clear()

    @as_driver_error()
    def play(self, step: Step) -> Played:
        """Do `step`. A step that is impossible now does nothing. Raises DriverError where the test bed failed."""
        played = self._play(step)
        if not self.observes:  # else the rows are elsewhere
            self._stage.look_for_tampering()
        return played

    def _play(self, step: Step) -> Played:  # noqa: C901, PLR0911 - one arm per step
        match step:
            case plan.Create():
                return self._create(step)
            case plan.Happen():
                return self._happen(step)
            case plan.Work():
                return self._work(step)
            case plan.Advance():
                return self._advance(step.seconds)
            case plan.DeliverWebhooks():
                return self._hook(step)
            case plan.Dashboard():
                return self._dashboard(step)
            case plan.SetUnknownStatus():
                return NOTHING if self.observes else self._stage.estrange(step)
            case plan.Move():
                return self._move(step)
            case plan.Crash():
                return self._crash(step)
            case plan.Settle():
                return self._settle(step)

    @as_driver_error()
    def rows(self) -> Mapping[str, Columns]:
        """The rows as they are now, by their labels in the plan."""
        if not self.observes:
            return self._stage.table.rows()
        table = self._stage.table
        return {label: self._told[table.key(label)] for label in table.labels() if table.key(label) in self._told}

    def now(self) -> float:
        """The time of the run, in seconds since its start."""
        return self._stage.clock.now()

    def key(self, row: str) -> str:
        """The primary key, as text, of the row with the label `row`."""
        return self._stage.table.key(row)

    @as_driver_error()
    def history(self) -> History:
        """The records since `begin`."""
        return self._stage.chronicle.history(self._about.roles, frozenset(self._subject))

    def close(self) -> None:
        """End all copies, the provider and the test bed. May be called twice."""
        self._closing.close()

    # --- who it is --------------------------------------------------------------------

    @property
    def observes(self) -> bool:
        """True if the implementation keeps its rows itself and reports its writes."""
        return "observes" in self._says

    def _who_it_is(self, hello: Hello, roles: Iterable[str] | None) -> ImplementationInfo:
        actors = {actor.name for actor in self.lifecycle.actors}
        if actors and hello.roles - actors:
            strangers = ", ".join(sorted(hello.roles - actors))
            raise DriverError(f"It says that it plays {strangers}; the spec's actors are {', '.join(sorted(actors))}.")
        played = hello.roles if roles is None else hello.roles & frozenset(roles)
        if not played:
            asked = "none of the spec's actors" if roles is None else f"none of {', '.join(sorted(roles))}"
            raise DriverError(f"It plays {asked}, so there is nothing to test.")
        self._see_that_it_can(hello, played, actors)
        return ImplementationInfo(
            name=hello.name,
            roles=played,
            version=hello.version,
            language=hello.language,
            homepage=hello.homepage,
            capabilities=self._capabilities(hello),
        )

    def _see_that_it_can(self, hello: Hello, played: frozenset[str], actors: set[str]) -> None:
        """Raise DriverError where a played role lacks the capability by which the kit would drive it."""
        for actor in self.lifecycle.actors:
            needed = {ActorKind.HANDLER: "events", ActorKind.WEBHOOK: "hooks"}.get(actor.kind)
            if actor.name in played and needed is not None and needed not in hello.capabilities:
                raise DriverError(f"It plays {actor.name}, but does not say that it takes {needed}.")
        if "observes" in hello.capabilities and actors - played:
            missing = ", ".join(sorted(actors - played))
            raise DriverError(f"It keeps its rows itself, so the kit cannot play {missing}: it must play every actor.")

    def _capabilities(self, hello: Hello) -> frozenset[Capability]:
        kills, own_rows = self._reach.kills, "observes" in hello.capabilities
        can = {
            Capability.EVENTS: "events" in hello.capabilities,
            Capability.MOVES: "moves" in hello.capabilities,
            Capability.CRASHES: kills and not own_rows,
            Capability.PAUSES: kills and not own_rows,
            Capability.CUTS: not own_rows,
            Capability.COPIES: self._reach.copies and not own_rows,
            Capability.SLOW_ANSWERS: bool(self._options.slow_answer),
        }
        return frozenset(capability for capability, has in can.items() if has)

    # --- what the kit does itself -----------------------------------------------------

    def _create(self, step: plan.Create) -> Played:
        if not self.observes:
            return self._stage.create(step)
        status, key = self.lifecycle.status.get(step.status), self.key(step.row)
        if status is None or key in self._told:
            return NOTHING
        known = self._rules.table.column
        given = {name: value for name, value in step.columns.items() if name in known}
        row = row_with_effects(
            self.lifecycle, key, status, given, now=self.now(),
            made=lambda call, amount, row: self._stage.provider.put(call, key, amount, columns=row),
        )  # fmt: skip
        self._stage.provider.found_elsewhere(row)
        row.pop(self._rules.table.status_column, None)
        asked = _AskedFor(key, status.value)
        return self._simply("create", asked, row=key, status=status.value, columns=_json(row))

    def _advance(self, seconds: float) -> Played:
        if not self.observes:
            return self._stage.advance(seconds)
        if seconds <= 0:
            return NOTHING
        self._stage.clock.pass_by(timedelta(seconds=seconds))
        self._stage.provider.tick()
        return self._simply("advance", seconds=seconds)

    def _simply(self, cmd: str, asked: _AskedFor | None = None, **fields: Json) -> Played:
        """Send `cmd` to an implementation that keeps its rows itself, and record what it wrote then.

        The row that the kit `asked` for is the kit's own.
        """
        try:
            speaker = self._speaker(1)
        except LostError as lost:
            return Played(trouble=str(lost))
        heard = speaker.tell(cmd, **fields)
        if isinstance(heard, LostError):
            return self._lost(1, heard, PassedPoints())
        trouble = self._observe(1, None, asked)
        return trouble or Played(answer=heard.answer, message=heard.message)

    def _dashboard(self, step: plan.Dashboard) -> Played:
        if not self.observes:
            return self._stage.dashboard(step)
        key = self.key(step.row)
        return self._stage.by_hand(step, key, self._told.get(key))

    def _crash(self, step: plan.Crash) -> Played:
        if step.actor not in self._about.roles:
            self._stage.forget(step.actor, step.copy)
            return NOTHING
        speaker = self._speakers.get(step.copy)
        if speaker is None or speaker.busy or not speaker.known:
            return NOTHING
        if self._reach.kills and not self.observes:
            speaker.copy.die()
            self._drop(step.copy)
        elif "crashes" in self._says:
            heard = speaker.tell("crash")
            if isinstance(heard, LostError):
                return self._lost(step.copy, heard, PassedPoints())
            self._stage.record(Crashed(at=self.now(), who=speaker.copy.who))
            speaker.known = False
        return NOTHING

    # --- what it asks of the implementation -------------------------------------------

    def _happen(self, step: plan.Happen) -> Played:
        key = self.key(step.row)
        row = self._told.get(key) if self.observes else self._stage.table.read(key)
        if row is None or step.actor not in self.lifecycle.actor:
            return NOTHING
        told = self._stage.tell(step, row)
        if isinstance(told, HookEvent):
            return self._deliver(told, step.actor, step.faults)
        if not told:
            return NOTHING
        fields = filled(self._rules, self._stage.provider, key, row, step, self.now())
        if step.actor not in self._about.roles:
            return self._stage.happen(replace(step, fields=fields), self._pause)
        if "events" not in self._says:
            return NOTHING
        return self._ask(
            _Asked("event", step.actor, step.faults),
            lambda who: Delivered(
                at=self.now(), who=who, id=step.id, to=step.actor, row=key, event=step.event, fields=fields
            ),
            id=step.id,
            row=key,
            event=step.event,
            actor=step.actor,
            fields=dict(fields),
        )

    def _work(self, step: plan.Work) -> Played:
        if step.actor not in self._about.roles:
            return self._stage.work(step, self._pause)
        copy = step.copy if Capability.COPIES in self._about.capabilities else 1
        return self._ask(
            _Asked("work", step.actor, step.faults, copy),
            lambda who: Turn(at=self.now(), who=who, actor=step.actor),
            actor=step.actor,
        )

    def _move(self, step: plan.Move) -> Played:
        status, key = self.lifecycle.status.get(step.status), self.key(step.row)
        if status is None or step.actor not in self.lifecycle.actor:
            return NOTHING
        if step.actor not in self._about.roles:
            return self._stage.move(step, self._pause)
        if "moves" not in self._says:
            return NOTHING
        self._moves += 1
        return self._ask(
            _Asked("move", step.actor),
            lambda who: Delivered(
                at=self.now(),
                who=who,
                id=f"move_{self._moves}",
                to=step.actor,
                row=key,
                fields={"status": step.status},
            ),
            row=key,
            status=status.value,
            actor=step.actor,
        )

    def _hook(self, step: plan.DeliverWebhooks) -> Played:
        actor = self._stage.webhook_actor
        if actor is None:
            return NOTHING
        last, faults = NOTHING, step.faults
        points: list[plan.Point] = []
        fired: list[int] = []
        for event in tuple(self._stage.hooks(step)):
            last = self._deliver(event, actor, faults)
            points += last.points
            fired += last.fired
            # A fault that has struck does not strike again at the next webhook.
            faults = tuple(
                replace(fault, nth=NEVER) if number in fired else _later(fault, last)
                for number, fault in enumerate(faults)
            )
        return replace(last, points=tuple(points), fired=tuple(fired))

    def _deliver(self, event: HookEvent, actor: str, faults: tuple[Fault, ...]) -> Played:
        if actor not in self._about.roles:
            return self._stage.hook(event, actor, faults, self._pause)
        # The process compares the signature's time with its own clock, which is the real one.
        body, headers = self._stage.provider.webhook(event, WEBHOOK_SECRET, time.time())
        told: dict[str, Json] = dict(headers)
        return self._ask(
            _Asked("hook", actor, faults),
            lambda who: self._stage.delivery(event, actor, who),
            headers=told,
            body=body.decode(),
        )

    def _ask(self, asked: _Asked, first: Callable[[str], Turn | Delivered], **fields: Json) -> Played:
        """Send the message to its copy and wait for the answer. `first` makes the record that precedes what it does."""
        number, actor = asked.copy, asked.actor
        try:
            speaker = self._speaker(number)
        except LostError as lost:
            return Played(trouble=str(lost))
        if speaker.busy:
            return NOTHING
        copy, bounds = speaker.copy, PassedPoints(self._possible(asked.faults))
        self._stage.chronicle.take_in()
        self._now_plays(copy, actor)
        self._who_of[copy.token] = (copy.who, actor)
        record = first(copy.who)
        self._stage.record(record)
        heard = speaker.say(asked.cmd, bounds, self._pause, **fields)
        self._stage.chronicle.take_in()
        failed = copy.failed or self._server.trouble
        if failed is not None:
            raise DriverError(f"The test bed failed: {failed}") from failed
        if isinstance(heard, LostError):
            return self._lost(number, heard, bounds)
        if (trouble := self._observe(number, actor)) is not None:
            return trouble
        row = record.row if isinstance(record, Delivered) else None
        self._stage.record(
            Answered(at=self.now(), who=copy.who, to=actor, answer=heard.answer.value, message=heard.message, row=row)
        )
        return Played(tuple(bounds.points), tuple(bounds.fired), heard.answer, heard.message, copy.refused)

    def _now_plays(self, copy: ProcessCopy, actor: str) -> None:
        """Attribute the copy's writes to this actor from now on."""
        copy.actor = actor
        for backend in tuple(copy.backends):
            self._stage.chronicle.know(backend, Writer(copy.who, actor))

    def _lost(self, number: int, lost: LostError, bounds: PassedPoints) -> Played:
        """Drop a copy that answers no more, because the kit killed it or because it ended by itself."""
        copy = self._speakers[number].copy
        copy.found_dead(str(lost))
        with copy.changed:
            copy.changed.wait_for(lambda: copy.dead, PATIENCE)  # the thread that killed it may not have recorded it yet
        self._drop(number)
        trouble = str(lost) if copy.died_by_itself else None
        return Played(tuple(bounds.points), tuple(bounds.fired), trouble=trouble)

    def _observe(self, number: int, actor: str | None, asked: _AskedFor | None = None) -> Played | None:
        """Record the writes that the implementation reports. Gives the trouble if it does not report them."""
        if not self.observes:
            return None
        speaker = self._speakers[number]
        heard = speaker.tell("observe")
        if isinstance(heard, LostError):
            return self._lost(number, heard, PassedPoints())
        if heard.answer is not Ack.APPLIED:
            return Played(trouble=f"It answered observe with {heard.answer}: {heard.message or 'without a reason'}")
        for told in heard.writes:
            at = self.now() if told.at is None else told.at
            status = (told.new or {}).get(self._rules.table.status_column)
            made_for_us = told.old is None and asked == _AskedFor(told.row, status)
            who = KIT if made_for_us else speaker.copy.who
            self._stage.record(
                Write(at=at, who=who, row=told.row, old=told.old, new=told.new, actor=told.actor or actor)
            )
            if told.new is None:
                self._told.pop(told.row, None)
            else:
                self._told[told.row] = told.new
        return None

    def _possible(self, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
        """`faults` in their order, with `nth` set to `NEVER` where the implementation lacks the capability."""
        can = {
            FaultKind.CRASH: Capability.CRASHES,
            FaultKind.PAUSE: Capability.PAUSES,
            **dict.fromkeys(plan.CUTS, Capability.CUTS),
        }
        return tuple(
            fault
            if fault.kind in AT_A_REQUEST or can[fault.kind] in self._about.capabilities
            else replace(fault, nth=NEVER)
            for fault in faults
        )

    def _pause(self, fault: Fault) -> None:
        for step in fault.during:
            self.play(step)

    # --- to the end -------------------------------------------------------------------

    def _settle(self, step: plan.Settle) -> Played:
        if any(speaker.busy for speaker in self._speakers.values()):
            return NOTHING  # a copy stands still: faults are not over
        self._stage.record(Mark(at=self.now(), name="healthy"))
        trouble = None
        for _ in range(step.rounds):
            self._arrive(step.arrivals)
            for actor in self.lifecycle.actors:
                if self._rules.queues(actor.name) or self._rules.sweeps(actor.name):
                    trouble = self._work(plan.Work(actor.name)).trouble or trouble
            wait = self._until_due()
            if wait is None and not step.arrivals and not self._stage.provider.executing:
                break
            self._advance(60.0 if wait is None else wait)
        self._stage.record(Mark(at=self.now(), name="end"))
        return Played(trouble=trouble)

    def _arrive(self, arrivals: int) -> None:
        for step in arriving(self.lifecycle, self._about.roles, arrivals, lambda: len(self._stage.table.labels())):
            self._create(step)

    def _until_due(self) -> float | None:
        """Seconds until the next row is due that has to leave its status; None if there is no such row."""
        found = next_due(self._rules, self.rows().values(), self.now())
        return None if found is None else max(0.001, found - self.now() + 0.001)

    # --- copies -----------------------------------------------------------------------

    def _speaker(self, number: int) -> Speaker:
        """The copy `number`, started if it does not run. Raises LostError."""
        if number not in self._speakers:
            self._start(number)
        speaker = self._speakers[number]
        if not speaker.known:
            speaker.known = True
            roles = self._about.roles
            self._subject.add(speaker.copy.who)
            actor = next(iter(roles)) if len(roles) == 1 else None
            self._stage.record(Started(at=self.now(), who=speaker.copy.who, actor=actor))
        return speaker

    def _start(self, number: int) -> Hello:
        who, token = f"copy.{number}", f"{TOKEN}copy_{number}"
        line, body = self._line(number)
        copy = ProcessCopy(self._stage, None, (self._address.host, self._address.port), self._reader, token)
        copy.be(who)
        speaker = Speaker(copy, line, body, self._deadline)
        self._who_of[token] = (who, None)
        self._speakers[number] = speaker
        copy.open(PassedPoints())
        try:
            hello = speaker.session.start(
                spec={"name": self.lifecycle.name, "sha256": _digest(self.lifecycle)},
                database=self._address.at(copy.proxy.port).url,
                provider={"url": self._server.url, "key": token},
                webhook_secret=WEBHOOK_SECRET,
            )
        except LostError:
            self._drop(number, record=False)
            raise
        copy.shut()
        return hello

    def _line(self, number: int) -> tuple[BreakableTransport, Body | None]:
        """A transport to a new process. After the first death a spare process is started ahead, to save time."""
        spare, self._spare = self._spare, None
        if spare is not None and spare[1] is not None and not spare[1].alive:
            spare[0].close(kindly=False)
            spare = None
        line = self._reach.open(number) if spare is None else spare
        if self._born and self._reach.kills:
            self._spare = self._reach.open(number)
        self._born += 1
        return line

    def _drop(self, number: int, *, record: bool = True) -> None:
        """Kill the copy if it lives, and wait until its connections are gone."""
        speaker = self._speakers.pop(number)
        speaker.session.kill()
        speaker.copy.die(record=record and speaker.known)
        self._stage.table.wait_gone(frozenset(speaker.copy.backends))
        speaker.copy.close()
        self._stage.chronicle.take_in()

    def _end_all(self) -> None:
        for speaker in self._speakers.values():
            speaker.close()
        self._speakers.clear()
        if self._spare is not None:
            self._spare[0].close(kindly=False)
            self._spare = None

    def _meet(self, ticket: Ticket, point: plan.Point) -> Fault | None:
        """The fault that strikes a request at `point`; the copy is known by the secret in the request."""
        for speaker in tuple(self._speakers.values()):
            if speaker.copy.who == ticket.who:
                return speaker.copy.request(ticket, point)
        return None


def _digest(lifecycle: Lifecycle) -> str:
    return lifecycle.source.digest or hashlib.sha256(b"").hexdigest()


def _json(row: Mapping[str, Value]) -> dict[str, Json]:
    return dict(row)


def _later(fault: Fault, played: Played) -> Fault:
    """The fault for the rest of the step: `nth` less the points that were passed. Faults of requests do not change."""
    if fault.kind in AT_A_REQUEST:
        return fault
    return replace(fault, nth=fault.nth - played.points.count(fault.point))
