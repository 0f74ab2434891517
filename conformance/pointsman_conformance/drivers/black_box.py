"""The driver for an unmodified process that knows nothing of the kit.

The process reaches a real PostgreSQL through a proxy and the provider over HTTP, and polls by itself. Between steps
the proxy holds it at its next statement; in a step it runs until it is idle. Its writes are read from the table's
audit, its statements at the proxy, its requests at the provider.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from pointsman.spec.lifecycle import Lifecycle
from pointsman.sql.schema import table_of
from pointsman_conformance.core import plan
from pointsman_conformance.core.driver import Ack, Capability, DriverError, ImplementationInfo, Played
from pointsman_conformance.core.history import Answered, Columns, History, Mark, Turn
from pointsman_conformance.core.plan import Fault, Step
from pointsman_conformance.drivers.copy import PassedPoints, ProcessCopy
from pointsman_conformance.drivers.crew import TICK, WEBHOOK_SECRET, Command, Crew, set_up
from pointsman_conformance.drivers.environment import DatabaseAddress
from pointsman_conformance.drivers.patience import Patience
from pointsman_conformance.drivers.posting import Posting
from pointsman_conformance.drivers.statements import StatementReader
from pointsman_conformance.processes.moved_clock import MovedClock
from pointsman_conformance.processes.supervisor import Supervisor
from pointsman_conformance.provider.ledger import HookEvent
from pointsman_conformance.provider.options import ProviderOptions
from pointsman_conformance.provider.server import serve
from pointsman_conformance.testbed.failing import as_driver_error
from pointsman_conformance.testbed.settling import arriving, next_due, queued
from pointsman_conformance.testbed.testbed import NOTHING, Testbed, on_stage

__all__ = ["BlackBox", "Command"]

IN_VAIN = 3
"""Rounds of `plan.Settle` without any effect, while a row is due, after which the other rounds are left out."""


class BlackBox:
    """Plays plans to processes. Implements `driver.Driver`; a context manager.

    `dsn` is the URL of an empty database of the kit. `roles` are the actors that one process of `command` plays.
    `enforced` makes the table with its trigger and its CHECKs. `moved` is the clock of all processes and of the server,
    where time passes for them too. Raises DriverError.

    Processes take long to start. So a process that has begun nothing when a run ends serves as a copy in a later run,
    whose rows have other keys. With `fresh` every run starts its own processes.
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
        options: ProviderOptions = ProviderOptions(),  # noqa: B008 - frozen
        moved: MovedClock | None = None,
    ) -> None:
        self.lifecycle, self.command, self.patience = lifecycle, command, patience
        able = {Capability.CRASHES, Capability.PAUSES, Capability.CUTS, Capability.COPIES}
        if options.slow_answer:
            able.add(Capability.SLOW_ANSWERS)
        self._about = ImplementationInfo(name, frozenset(roles), capabilities=frozenset(able))
        self._fresh, self._depth = fresh, 0
        DatabaseAddress.of(dsn)  # refuses a DSN that processes cannot be told, before anything is made
        with contextlib.ExitStack() as stack:
            supervisor = Supervisor()
            stack.callback(supervisor.close)
            self.stage: Testbed = stack.enter_context(
                on_stage(
                    lifecycle, dsn, enforced=enforced, setup=partial(set_up, supervisor, command),
                    row_sql=command.row_sql, options=options,
                )
            )  # fmt: skip
            self.stage.table.moved = moved
            database = DatabaseAddress.of(self.stage.table.roles.worker_dsn)
            works = any(queue.worker is not None and self._is_ours(queue.worker) for queue in lifecycle.queues)
            self._crew = Crew(supervisor, command, self._about.roles, patience, listens_only=not works)
            self._server = serve(self.stage.provider, self._crew.who_of, self._crew.meet)
            stack.callback(self._server.close)
            self._crew.join(self.stage, database, self._server.url, StatementReader(table_of(lifecycle).name))
            stack.callback(self._crew.close)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- the driver ----------------------------------------------------------------

    @property
    def about(self) -> ImplementationInfo:
        """The implementation under test."""
        return self._about

    @as_driver_error()
    def begin(self, case: str) -> None:
        """Start a run with an empty table. Processes of the run before are killed, or stand by. Raises DriverError."""
        del case
        self._crew.stand_by(fresh=self._fresh)
        self.stage.begin(distinct=not self._fresh)
        self._crew.subject.clear()
        self._depth = 0

    @as_driver_error()
    def play(self, step: Step) -> Played:
        """Do `step`. Raises DriverError where the test bed failed."""
        played = self._play(step)
        self.stage.look_for_tampering()
        return played

    @as_driver_error()
    def rows(self) -> Mapping[str, Columns]:
        """The rows as they are now, by their labels in the plan."""
        return self.stage.table.rows()

    def now(self) -> float:
        """The time of the run, in seconds since its start."""
        return self.stage.clock.now()

    def key(self, row: str) -> str:
        """The primary key, as text, of the row with the label `row`."""
        return self.stage.table.key(row)

    @as_driver_error()
    def history(self) -> History:
        """The records since `begin`."""
        return self.stage.chronicle.history(self._about.roles, frozenset(self._crew.subject))

    def log(self, number: int = 1) -> str:
        """The end of what the process of the copy `number` has printed."""
        copy = self._crew.copies.get(number)
        return self._crew.said(copy) if copy is not None else ""

    def close(self) -> None:
        """Kill every process, and close the provider and the test bed. May be called twice."""
        self._stack.close()

    # --- steps ---------------------------------------------------------------------

    def _play(self, step: Step) -> Played:  # noqa: C901, PLR0911 - one arm per step
        match step:
            case plan.Create():
                return self.stage.create(step)
            case plan.Happen():
                return self._happen(step)
            case plan.Work():
                return self._work(step) if self._is_ours(step.actor) else self.stage.work(step, self._kit_stands)
            case plan.Advance():
                return self._advance(step.seconds)
            case plan.DeliverWebhooks():
                return self._hook(step)
            case plan.Dashboard():
                return self.stage.dashboard(step)
            case plan.SetUnknownStatus():
                return self.stage.estrange(step)
            case plan.Move():
                return NOTHING if self._is_ours(step.actor) else self.stage.move(step, self._kit_stands)
            case plan.Crash():
                return self._crash(step)
            case plan.Settle():
                return self._settle(step)

    def _is_ours(self, actor: str) -> bool:
        """True if the implementation under test plays the actor."""
        return actor in self._about.roles

    def _work(self, step: plan.Work) -> Played:
        copy = self._copy(step.copy)
        if copy is None:
            return NOTHING
        self.stage.record(Turn(at=self.now(), who=copy.who, actor=step.actor))
        return self._turn({step.copy: copy}, PassedPoints(step.faults))

    def _advance(self, seconds: float) -> Played:
        """Let time pass. A copy that is held with a claim, a request or a transaction open is killed first.

        Such a copy was not done when the kit's patience ended. It has to survive a death; a pause of hours between its
        last look and its request it need not survive (premise longest-pause).
        """
        late = None
        for number, copy in list(self._crew.copies.items()):
            if copy.in_the_middle:
                late = late or copy.on_its_way
                self._crew.bury(number)
        return replace(self.stage.advance(seconds), trouble=late)

    def _crash(self, step: plan.Crash) -> Played:
        if not self._is_ours(step.actor):
            self.stage.forget(step.actor, step.copy)
        elif step.copy in self._crew.copies:
            self._crew.bury(step.copy)
        return NOTHING

    def _happen(self, step: plan.Happen) -> Played:
        """Send an event. To the implementation under test it goes only if it comes as a webhook."""
        if not self._is_ours(step.actor):
            return self.stage.happen(step, self._kit_stands)
        row = self.stage.table.read(self.key(step.row))
        told = self.stage.tell(step, row) if row is not None else None
        return self._post(told, step.actor, PassedPoints(step.faults)) if isinstance(told, HookEvent) else NOTHING

    def _hook(self, step: plan.DeliverWebhooks) -> Played:
        actor = self.stage.webhook_actor
        last, bounds = NOTHING, PassedPoints(step.faults)
        for event in self.stage.hooks(step) if actor is not None else ():
            if not self._is_ours(actor or ""):
                last = self.stage.hook(event, actor or "", step.faults, self._kit_stands)
            else:
                last = self._post(event, actor or "", bounds)
        return last

    def _post(self, event: HookEvent, actor: str, bounds: PassedPoints) -> Played:
        copy = self._copy(1)
        if copy is None:
            return NOTHING
        port = self._crew.port(copy)
        body, headers = self.stage.provider.webhook(event, WEBHOOK_SECRET, self._process_time())
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

    def _process_time(self) -> float:
        """The time that the processes see, in seconds of Unix time."""
        moved = self.stage.table.moved
        return time.time() if moved is None else moved.now().timestamp()

    # --- to the end ------------------------------------------------------------------

    def _settle(self, step: plan.Settle) -> Played:
        if self._depth:  # a copy stands still: faults are not over
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
        """Give every actor with work a turn. The result has an answer if a turn had an effect.

        With `arrivals`, a copy takes at most that many rows per round, since its queue never gets empty.
        """
        acted, trouble = False, None
        if any(self._has_work(actor) for actor in self._about.roles):
            copies = {
                number: copy for number in sorted({1, *self._crew.copies}) if (copy := self._copy(number)) is not None
            }
            for copy in copies.values():
                for actor in sorted(self._about.roles):
                    self.stage.record(Turn(at=self.now(), who=copy.who, actor=actor))
            played = self._turn(copies, PassedPoints(most=arrivals or None))
            acted, trouble = played.answer is Ack.APPLIED, played.trouble
        for name in [actor.name for actor in self.lifecycle.actors]:
            if not self._is_ours(name) and self._has_work(name):
                acted |= self.stage.work(plan.Work(name), self._kit_stands).answer is Ack.APPLIED
        return Played(answer=Ack.APPLIED if acted else None, trouble=trouble)

    def _has_work(self, actor: str) -> bool:
        """True if the actor works by itself: it has a queue, or applies kept events."""
        return bool(self.stage.rules.queues(actor) or self.stage.rules.sweeps(actor))

    def _arrive(self, arrivals: int) -> None:
        for step in arriving(self.lifecycle, self._about.roles, arrivals, lambda: len(self.stage.table.labels())):
            self.stage.create(step)

    def _until_due(self) -> float | None:
        """Seconds until the next row is due that has to leave its status; None if there is no such row."""
        found = next_due(self.stage.rules, self.stage.table.stored().values(), self.now())
        return None if found is None else max(0.0, found - self.now())

    # --- turns -----------------------------------------------------------------------

    def _turn(self, copies: Mapping[int, ProcessCopy], bounds: PassedPoints, posting: Posting | None = None) -> Played:
        """Let copies run until they are idle. Faults strike the first one."""
        first, *others = copies.values()
        greedy = _greedy(len(self.stage.table.labels()))
        bounds.most = bounds.most or greedy
        first.open(bounds)
        for other in others:
            other.open(PassedPoints(most=bounds.most))
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
            answer=Ack.APPLIED if acted else Ack.SKIPPED,
            message=message,
            trouble=trouble,
        )

    def _watch_again(self, copies: tuple[ProcessCopy, ...], posting: Posting | None) -> str:
        """Watch, close the gates, and open them again if the last statements before the gate still had an effect."""
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

    def _greed(self, copies: tuple[ProcessCopy, ...]) -> str:
        """The message about a copy that claimed more often than there are rows to claim; empty if there is none."""
        rows = len(self.stage.table.labels())
        most = max((copy.bounds.claims for copy in copies), default=0)
        return f"it claimed {most} times, with {rows} rows" if most >= _greedy(rows) else ""

    def _let_end(self, copies: tuple[ProcessCopy, ...]) -> None:
        """Wait until statements and requests that passed the gate have ended."""
        deadline = time.monotonic() + self.patience.claimed
        while any(copy.alive and copy.busy for copy in copies) and time.monotonic() < deadline:
            for copy in copies:
                self._attend(copy)
            time.sleep(TICK / 5)

    def _watch(self, copies: tuple[ProcessCopy, ...], posting: Posting | None, deadline: float) -> str:
        """Wait until all copies are idle or dead. Gives the message if the deadline came first, else an empty text."""
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

    def _all_idle(self, copies: list[ProcessCopy]) -> bool:
        now = time.monotonic()
        over = self.patience.is_over
        copies = [copy for copy in copies if copy.busy or not copy.sated]
        if not all(over(copy.activity, now, busy=copy.busy, due=False) for copy in copies):
            return False  # asked first, since it needs no query
        due = self._is_something_due()
        return all(over(copy.activity, now, busy=copy.busy, due=due) for copy in copies)

    def _is_something_due(self) -> bool:
        now = self.now()
        for row, queue in queued(self.stage.rules, self.stage.table.stored().values()):
            if queue.worker is None or not self._is_ours(queue.worker):
                continue
            when = row.get(queue.due) if queue.due is not None else None
            if queue.due is None or (isinstance(when, int | float) and when <= now):
                return True
        return False

    def _attend(self, copy: ProcessCopy) -> None:
        """Play the steps of a pause, or record a death. Raises DriverError for what went wrong in the kit's threads."""
        if copy.failed is not None:
            raise DriverError(f"The test bed failed while a process was at work: {copy.failed}")
        if self._server.trouble is not None:
            raise DriverError(f"The provider failed: {self._server.trouble!r}")
        if copy.paused is not None:
            self._stands(copy.paused.during)
            copy.resume()
        if copy.process is not None and not copy.process.alive and not copy.dead:
            copy.found_dead(self._crew.obituary(copy))

    def _troubles(self, copies: Mapping[int, ProcessCopy]) -> str | None:
        """Remove dead copies. Gives what the database refused, or the last words of one that the kit did not kill."""
        found: str | None = None
        for number, copy in copies.items():
            self._attend(copy)
            found = found or copy.refused
            if copy.alive:
                continue
            if copy.died_by_itself:
                found = self._crew.obituary(copy)
            if self._crew.copies.get(number) is copy:  # another copy may have its number by now
                self._crew.bury(number)
        return found

    def _stands(self, during: tuple[Step, ...]) -> None:
        """Play the steps that happen while a copy stands still."""
        self._depth += 1
        try:
            for step in during:
                self.play(step)
        finally:
            self._depth -= 1

    def _kit_stands(self, fault: Fault) -> None:
        """Play the steps that happen while an actor of the kit stands still."""
        self._stands(fault.during)

    def _copy(self, number: int) -> ProcessCopy | None:
        """The copy `number`, started if it does not run; None while it stands still."""
        copy = self._crew.copies.get(number)
        if copy is not None and copy.paused is not None:
            return None
        if copy is not None and not copy.alive:
            self._attend(copy)
            self._crew.bury(number)
            copy = None
        return self._crew.bear(number) if copy is None else copy


def _greedy(rows: int) -> int:
    """The number of claims in one turn, for a table of `rows` rows, from which a copy counts as greedy."""
    return 10 + 3 * rows
