"""The driver for an unmodified process that knows nothing of us.

It talks to a real PostgreSQL through a proxy and to the provider over HTTP, and gives itself
its turns. Between steps it is held at its next statement; in a step it is let go until it
is idle. What it does is seen from outside only: by the audit, at the proxy and at the provider.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from pointsman.errors import PointsmanError
from pointsman.lifecycle import Lifecycle, Queue
from pointsman.sql.schema import table_of
from pointsman_conformance import plan
from pointsman_conformance.driver import About, Answer, Capability, DriverError, Played
from pointsman_conformance.drivers.copy import Bounds, Copy
from pointsman_conformance.drivers.environment import USUAL, Address, Told, environment
from pointsman_conformance.drivers.keeper import Keeper, KeeperError, Process
from pointsman_conformance.drivers.patience import Patience
from pointsman_conformance.drivers.posting import Posting
from pointsman_conformance.drivers.statements import Reader
from pointsman_conformance.history import Answered, Columns, History, Mark, Started, Turn
from pointsman_conformance.plan import Fault, Point, Step
from pointsman_conformance.provider.ledger import HookEvent
from pointsman_conformance.provider.options import Options
from pointsman_conformance.provider.provider import TOKEN, Ticket
from pointsman_conformance.provider.server import serve
from pointsman_conformance.stage.stage import NOTHING, Stage, on_stage
from pointsman_conformance.stage.table import BEYOND_LABELS

WEBHOOK_SECRET = "whsec_pointsman"  # noqa: S105 - made up; whoever is tested is told it
SETUP_TIMEOUT = 120.0
LONGEST_LOG = 2_000
"""Characters of a process's log that a message shows."""

TICK = 0.01
"""Seconds between two looks at a process that says nothing."""

MOST_SPARES = 2
"""How many processes stand by for the next case."""

IN_VAIN = 3
"""Rounds in which nobody does anything with a due row before the rest of them is left out."""


@dataclass(frozen=True)
class Command:
    """How a process is started, in `folder`, and what it is told by its environment.

    `ready` is a regular expression over a line that it prints; without, it is ready when it asks for rows.
    `setup` is run once, on the database itself; it may make the table, whose rows `row_sql` then makes, as
    `stage.table.on_postgres` says. Webhooks are posted to `webhook_path`.
    """

    words: tuple[str, ...]
    folder: str = "/"
    templates: Mapping[str, str] = field(default_factory=lambda: USUAL)
    ready: str | None = None
    setup: tuple[str, ...] = ()
    webhook_path: str = "/webhooks/stripe"
    row_sql: str | None = None


class BlackBox:
    """Plays plans to processes. Implements `driver.Driver`; a context manager.

    `dsn` names an empty database of the kit's own, by a URL. `roles` are the actors that one process of `command`
    plays, all by itself. `enforced` makes the table with its trigger and its CHECKs. Raises DriverError.

    Most of the time goes into the start of processes. So one that has nothing begun when a case ends is
    taken for a copy of a later one, where rows have other keys than it has seen; not with `fresh`.
    """

    def __init__(  # noqa: PLR0913 - what is said once, by name
        self,
        lifecycle: Lifecycle,
        command: Command,
        roles: Iterable[str],
        dsn: str,
        *,
        name: str = "a process",
        enforced: bool = False,
        fresh: bool = False,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        options: Options = Options(),  # noqa: B008 - frozen
    ) -> None:
        self.lifecycle, self.command, self.patience = lifecycle, command, patience
        able = {Capability.CRASHES, Capability.PAUSES, Capability.CUTS, Capability.COPIES}
        self._about = About(name, frozenset(roles), capabilities=frozenset(able))
        self._address = Address.of(dsn)
        self._copies: dict[int, Copy] = {}
        self._by_token: dict[str, Copy] = {}
        self._who_of: dict[str, tuple[str, str | None]] = {}
        self._webhook_ports: dict[str, int] = {}
        self._processes: dict[str, Process] = {}
        self._born = 0
        self._fresh = fresh
        self._spares: list[Copy] = []
        self._subject: set[str] = set()
        self._depth = 0
        self._reader = Reader(table_of(lifecycle).name)
        with contextlib.ExitStack() as stack:
            self._keeper = Keeper()
            stack.callback(self._keeper.close)
            self._set_up()
            self.stage: Stage = stack.enter_context(
                on_stage(lifecycle, dsn, enforced=enforced, row_sql=command.row_sql, options=options)
            )
            self._server = serve(self.stage.provider, self._who_of, self._meet)
            stack.callback(self._server.close)
            stack.callback(self._end_all)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- the driver ----------------------------------------------------------------

    @property
    def about(self) -> About:
        """Who is tested."""
        return self._about

    def begin(self, case: str) -> None:
        """A fresh stage. Processes of the case before are killed, or stand by."""
        del case
        for number, copy in list(self._copies.items()):
            if self._fresh or len(self._spares) >= MOST_SPARES or not copy.comes_to_rest(self.patience.rest):
                self._bury(number, record=False)
            else:
                self._spares.insert(0, self._copies.pop(number))
                copy.be(f"spare {number}")
                self._who_of[copy.token] = (copy.who, copy.actor)
        self.stage.begin(distinct=not self._fresh)
        self._subject.clear()
        self._depth = 0

    def play(self, step: Step) -> Played:
        """Do `step`. Raises DriverError where the stage failed."""
        try:
            return self._play(step)
        except KeeperError as problem:
            raise DriverError(f"The processes are out of reach: {problem}") from problem

    def rows(self) -> Mapping[str, Columns]:
        """The rows as they are now, by the plan's names."""
        return self.stage.table.rows()

    def now(self) -> float:
        """The run's clock."""
        return self.stage.clock.now()

    def key(self, row: str) -> str:
        """The primary key, as text, of the plan's `row`."""
        return self.stage.table.key(row)

    def history(self) -> History:
        """What has happened since `begin`."""
        return self.stage.chronicle.history(self._about.roles, frozenset(self._subject))

    def log(self, number: int = 1) -> str:
        """The end of what the copy has printed."""
        copy = self._copies.get(number)
        return self._processes[copy.token].said() if copy is not None else ""

    def close(self) -> None:
        """Kill every process, and close everything. May be called twice."""
        self._stack.close()

    # --- steps ---------------------------------------------------------------------

    def _play(self, step: Step) -> Played:  # noqa: C901, PLR0911 - one arm per step
        match step:
            case plan.Create():
                return self.stage.create(step)
            case plan.Happen():
                return NOTHING if self._is_ours(step.actor) else self.stage.happen(step, self._kit_stands)
            case plan.Work():
                return self._work(step) if self._is_ours(step.actor) else self.stage.work(step, self._kit_stands)
            case plan.Advance():
                return self._advance(step.seconds)
            case plan.Hook():
                return self._hook(step)
            case plan.Dashboard():
                return self.stage.dashboard(step)
            case plan.Estrange():
                return self.stage.estrange(step)
            case plan.Move():
                return NOTHING if self._is_ours(step.actor) else self.stage.move(step, self._kit_stands)
            case plan.Crash():
                return self._crash(step)
            case plan.Settle():
                return self._settle(step)

    def _is_ours(self, actor: str) -> bool:
        """Whether the implementation plays the actor."""
        return actor in self._about.roles

    def _work(self, step: plan.Work) -> Played:
        copy = self._copy(step.copy)
        if copy is None:
            return NOTHING
        self.stage.record(Turn(at=self.now(), who=copy.who, actor=step.actor))
        return self._turn({step.copy: copy}, Bounds(step.faults))

    def _advance(self, seconds: float) -> Played:
        """Time passes. A copy that we hold in the middle of something must not find that it paused for hours.

        It was not done when the kit lost its patience; a death is a fault that it has to survive, a long pause
        between its last look and its request is none.
        """
        for number, copy in list(self._copies.items()):
            if copy.in_the_middle:
                self._bury(number)
        return self.stage.advance(seconds)

    def _crash(self, step: plan.Crash) -> Played:
        if not self._is_ours(step.actor):
            self.stage.forget(step.actor, step.copy)
        elif step.copy in self._copies:
            self._bury(step.copy)
        return NOTHING

    def _hook(self, step: plan.Hook) -> Played:
        actor = self.stage.webhook_actor
        last, bounds = NOTHING, Bounds(step.faults)
        for event in self.stage.hooks(step) if actor is not None else ():
            if not self._is_ours(actor or ""):
                last = self.stage.hook(event, actor or "", step.faults, self._kit_stands)
            else:
                last = self._post(event, actor or "", bounds)
        return last

    def _post(self, event: HookEvent, actor: str, bounds: Bounds) -> Played:
        copy = self._copy(1)
        if copy is None:
            return NOTHING
        port = self._webhook_ports[copy.token]
        body, headers = self.stage.provider.webhook(event, WEBHOOK_SECRET, time.time())
        self.stage.record(self.stage.delivery(event, actor, copy.who))
        posting = Posting(port, self.command.webhook_path, body, headers, self.patience.delivery)
        played = self._turn({1: copy}, bounds, posting)
        if not copy.alive:
            return played
        answer = posting.answer
        self.stage.record(
            Answered(at=self.now(), who=copy.who, to=actor, answer=answer.value, message=posting.words, row=event.row)
        )
        return Played(played.points, played.fired, answer, posting.words, played.trouble)

    # --- to the end ------------------------------------------------------------------

    def _settle(self, step: plan.Settle) -> Played:
        if self._depth:  # somebody stands still: faults are not over
            return NOTHING
        self.stage.record(Mark(at=self.now(), name="healthy"))
        trouble, vain, deadline = None, 0, time.monotonic() + self.patience.settle
        for _ in range(step.rounds):
            if time.monotonic() > deadline:
                break
            self._arrive(step.arrivals)
            played = self._round(step.arrivals)
            trouble = trouble or played.trouble
            wait = self._until_due()
            vain = vain + 1 if wait == 0 and played.answer is None else 0
            if (wait is None and not step.arrivals and not self.stage.provider.executing) or vain >= IN_VAIN:
                break
            self._advance(wait if wait is not None else 60.0)
        self.stage.record(Mark(at=self.now(), name="end"))
        late = time.monotonic() > deadline
        return Played(message="it did not come to an end" if late else "", trouble=trouble)

    def _round(self, arrivals: int) -> Played:
        """A turn for everybody. It has an answer if something came of it.

        Where rows keep arriving, a copy may have about as many as arrive: it never has an empty queue.
        """
        acted, trouble = False, None
        if any(self._has_work(actor) for actor in self._about.roles):
            copies = {number: copy for number in sorted({1, *self._copies}) if (copy := self._copy(number)) is not None}
            for copy in copies.values():
                for actor in sorted(self._about.roles):
                    self.stage.record(Turn(at=self.now(), who=copy.who, actor=actor))
            played = self._turn(copies, Bounds(most=arrivals or None))
            acted, trouble = played.answer is Answer.APPLIED, played.trouble
        for name in [actor.name for actor in self.lifecycle.actors]:
            if not self._is_ours(name) and self._has_work(name):
                acted |= self.stage.work(plan.Work(name), self._kit_stands).answer is Answer.APPLIED
        return Played(answer=Answer.APPLIED if acted else None, trouble=trouble)

    def _has_work(self, actor: str) -> bool:
        """Whether the actor is one that works by itself: it has a queue, or applies kept events."""
        kept = {event.name for event in self.lifecycle.events if event.keep_in is not None}
        applies = any(actor in each.by and each.event in kept for each in self.lifecycle.transitions)
        return applies or any(queue.worker == actor for queue in self.lifecycle.queues)

    def _arrive(self, arrivals: int) -> None:
        for queue in self.lifecycle.queues if arrivals else ():
            if queue.worker is not None and self._is_ours(queue.worker) and queue.call is not None:
                for _ in range(arrivals):
                    label = str(BEYOND_LABELS + len(self.stage.table.labels()))
                    self.stage.create(plan.Create(label, queue.statuses[0]))

    def _until_due(self) -> float | None:
        """Seconds until the next row is due that cannot stay as it is; None: there is none."""
        found = [
            when
            for row, queue in self._queued()
            if isinstance(when := row.get(queue.due or ""), int | float) and not isinstance(when, bool)
        ]
        return max(0.0, min(found) - self.now()) if found else None

    def _queued(self) -> Iterable[tuple[Columns, Queue]]:
        """Every row that is in a queue and cannot stay as it is, with the queue."""
        for row in self.stage.table.stored().values():
            status = self.stage.status_of(row)
            if status is None or status.terminal or status.resting:
                continue
            for queue in self.lifecycle.queues:
                if status.name in queue.statuses:
                    yield row, queue

    # --- turns -----------------------------------------------------------------------

    def _turn(self, copies: Mapping[int, Copy], bounds: Bounds, posting: Posting | None = None) -> Played:
        """Let copies go on until they are idle. Faults strike the first of them."""
        first, *others = copies.values()
        greedy = _greedy(len(self.stage.table.labels()))
        bounds.most = bounds.most or greedy
        first.open(bounds)
        for other in others:
            other.open(Bounds(most=bounds.most))
        if posting is not None:
            posting.start()
        try:
            message = self._watch_again(tuple(copies.values()), posting)
        finally:
            for copy in copies.values():
                copy.shut()
            if posting is not None:
                posting.join()
        trouble = self._troubles(copies)
        acted = bounds.useful > 0 or any(copy.bounds.useful for copy in others)
        return Played(
            points=tuple(bounds.points[: bounds.useful]),
            fired=tuple(bounds.fired),
            answer=Answer.APPLIED if acted else Answer.SKIPPED,
            message=message,
            trouble=trouble,
        )

    def _watch_again(self, copies: tuple[Copy, ...], posting: Posting | None) -> str:
        """Watch, close the gates, and open them again if something was under way after all."""
        deadline = time.monotonic() + self.patience.turn
        while True:
            message = self._watch(copies, posting, deadline)
            before = [copy.activity.effects for copy in copies]
            for copy in copies:
                copy.shut()
            self._let_end(copies)
            same = before == [copy.activity.effects for copy in copies]
            if message or same or time.monotonic() > deadline or not any(copy.alive for copy in copies):
                return message or self._greed(copies)
            for copy in copies:
                if not copy.sated:
                    copy.reopen()

    def _greed(self, copies: tuple[Copy, ...]) -> str:
        """Words about a copy that would have claimed for ever."""
        rows = len(self.stage.table.labels())
        most = max((copy.bounds.claims for copy in copies), default=0)
        return f"it claimed {most} times, with {rows} rows" if most >= _greedy(rows) else ""

    def _let_end(self, copies: tuple[Copy, ...]) -> None:
        """What is under way at a closed gate comes to its end."""
        deadline = time.monotonic() + self.patience.claimed
        while any(copy.alive and copy.busy for copy in copies) and time.monotonic() < deadline:
            for copy in copies:
                self._attend(copy)
            time.sleep(TICK / 5)

    def _watch(self, copies: tuple[Copy, ...], posting: Posting | None, deadline: float) -> str:
        """Wait until all are idle or dead. Words where they were stopped."""
        while True:
            for copy in copies:
                self._attend(copy)
            alive = [copy for copy in copies if copy.alive]
            if not alive:
                return ""
            if time.monotonic() > deadline:
                return "it did not come to an end"
            if (posting is None or posting.done) and self._all_idle(alive):
                return ""
            with alive[0].changed:
                alive[0].changed.wait(TICK)

    def _all_idle(self, copies: list[Copy]) -> bool:
        now = time.monotonic()
        over = self.patience.is_over
        copies = [copy for copy in copies if copy.busy or not copy.sated]
        if not all(over(copy.activity, now, busy=copy.busy, due=False) for copy in copies):
            return False  # asked first, because it asks nobody
        due = self._is_something_due()
        return all(over(copy.activity, now, busy=copy.busy, due=due) for copy in copies)

    def _is_something_due(self) -> bool:
        now = self.now()
        for row, queue in self._queued():
            if queue.worker is None or not self._is_ours(queue.worker):
                continue
            when = row.get(queue.due) if queue.due is not None else None
            if queue.due is None or (isinstance(when, int | float) and when <= now):
                return True
        return False

    def _attend(self, copy: Copy) -> None:
        """See to a copy that stands still or has died; raise what went wrong in our own threads."""
        if copy.failed is not None:
            raise DriverError(f"The stage failed while a process was at work: {copy.failed}")
        if self._server.trouble is not None:
            raise DriverError(f"The provider failed: {self._server.trouble!r}")
        if copy.paused is not None:
            self._stands(copy.paused.during)
            copy.resume()
        if copy.process is not None and not copy.process.alive and not copy.dead:
            copy.found_dead(self._obituary(copy))

    def _troubles(self, copies: Mapping[int, Copy]) -> str | None:
        """Bury the dead. What a death says that was not ours."""
        found: str | None = None
        for number, copy in copies.items():
            self._attend(copy)
            if copy.alive:
                continue
            if copy.died_by_itself:
                found = self._obituary(copy)
            if self._copies.get(number) is copy:  # it may be buried by now, and another one be there
                self._bury(number)
        return found

    def _stands(self, during: tuple[Step, ...]) -> None:
        """Play what happens while somebody stands still."""
        self._depth += 1
        try:
            for step in during:
                self.play(step)
        finally:
            self._depth -= 1

    def _kit_stands(self, fault: Fault) -> None:
        """The same for an actor of the kit's."""
        self._stands(fault.during)

    # --- processes ---------------------------------------------------------------------

    def _copy(self, number: int) -> Copy | None:
        """The copy, started if it is not there; None while it stands still."""
        copy = self._copies.get(number)
        if copy is not None and copy.paused is not None:
            return None
        if copy is not None and not copy.alive:
            self._attend(copy)
            self._bury(number)
            copy = None
        if copy is None:
            copy = self._bear(number)
        return copy

    def _bear(self, number: int) -> Copy:
        copy = self._standing_by()
        try:
            self._await_ready(copy)
        except BaseException:
            self._put_away(copy)
            raise
        name = next(iter(self._about.roles)) if len(self._about.roles) == 1 else "copy"
        who = f"{name}.{number}"
        copy.be(who)
        self._who_of[copy.token] = (who, copy.actor)
        self._copies[number] = copy
        self._subject.add(who)
        self.stage.record(Started(at=self.now(), who=who, actor=copy.actor))
        if not self._spares:
            self._spares.append(self._launch())
        return copy

    def _standing_by(self) -> Copy:
        """A process that was started before, or a new one."""
        while self._spares:
            spare = self._spares.pop(0)
            if spare.alive:
                return spare
            self._put_away(spare)  # it may have had a bad start, while others were at work
        return self._launch()

    def _launch(self) -> Copy:
        self._born += 1
        actor = next(iter(self._about.roles)) if len(self._about.roles) == 1 else None
        token = f"{TOKEN}pointsman_{self._born}"
        server = (self._address.host, self._address.port)
        copy = Copy(self.stage, actor, server, self._reader, token)
        self._by_token[token] = copy
        self._who_of[token] = (f"spare {self._born}", actor)
        port = self._webhook_ports[token] = _free_port()
        told = Told(self._address.at(copy.proxy.port), self._server.url, token, WEBHOOK_SECRET, port)
        try:
            process = self._keeper.start(
                self.command.words,
                environment(self.command.templates, told),
                folder=self.command.folder,
                ready=self.command.ready,
            )
        except (KeeperError, DriverError) as problem:
            self._put_away(copy)
            raise DriverError(str(problem)) from problem
        copy.process = self._processes[token] = process
        return copy

    def _await_ready(self, copy: Copy) -> None:
        deadline = time.monotonic() + self.patience.start
        while not self._is_ready(copy):
            if not self._processes[copy.token].alive:
                raise DriverError(f"The process ended before it was ready: {self._obituary(copy)}")
            if time.monotonic() > deadline:
                said = self._processes[copy.token].said()[-LONGEST_LOG:]
                raise DriverError(f"The process was not ready within {self.patience.start:g} s.{_quoted(said)}")
            with copy.changed:
                copy.changed.wait(TICK)

    def _is_ready(self, copy: Copy) -> bool:
        if self.command.ready is not None:
            return self._processes[copy.token].ready.is_set()
        if copy.at_the_gate:
            return True
        works = any(queue.worker is not None and self._is_ours(queue.worker) for queue in self.lifecycle.queues)
        return not works and _listens(self._webhook_ports[copy.token])

    def _bury(self, number: int, *, record: bool = True) -> None:
        copy = self._copies.pop(number)
        copy.die(record=record)
        self.stage.table.wait_gone(frozenset(copy.backends))
        self._put_away(copy)

    def _put_away(self, copy: Copy) -> None:
        copy.die(record=False)
        copy.close()
        self._by_token.pop(copy.token, None)
        self._processes.pop(copy.token, None)

    def _end_all(self) -> None:
        for copy in (*self._copies.values(), *self._spares):
            with contextlib.suppress(PointsmanError, KeeperError):
                self._put_away(copy)
        self._copies.clear()
        self._spares.clear()

    def _obituary(self, copy: Copy) -> str:
        process = self._processes[copy.token]
        with contextlib.suppress(KeeperError):
            return f"it ended with {process.code}.{_quoted(process.said()[-LONGEST_LOG:])}"
        return f"it ended with {process.code}"

    def _set_up(self) -> None:
        """Run the setup command on the database itself."""
        if not self.command.setup:
            return
        told = Told(self._address, "http://127.0.0.1:9", f"{TOKEN}setup", WEBHOOK_SECRET, 0)
        try:
            process = self._keeper.start(
                self.command.setup, environment(self.command.templates, told), folder=self.command.folder
            )
        except KeeperError as problem:
            raise DriverError(f"The setup: {problem}") from problem
        process.over.wait(SETUP_TIMEOUT)
        if process.code != 0:
            said = _quoted(process.said()[-LONGEST_LOG:])
            process.kill()
            raise DriverError(f"The setup failed ({process.code}).{said}")

    def _meet(self, ticket: Ticket, point: Point) -> Fault | None:
        copy = self._by_token.get(ticket.request.token)
        return copy.request(ticket, point) if copy is not None else None


def _greedy(rows: int) -> int:
    """How many claims are more than enough for so many rows in one turn."""
    return 10 + 3 * rows


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


def _quoted(said: str) -> str:
    return f" It said last:\n{said.strip()}" if said.strip() else " It said nothing."
