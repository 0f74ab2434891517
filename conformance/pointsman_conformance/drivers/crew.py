"""The processes of one implementation: the copies of this run, and spare processes for later ones."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from pointsman.spec.errors import PointsmanError
from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.core.history import Started
from pointsman_conformance.core.plan import Fault, Point
from pointsman_conformance.drivers.copy import ProcessCopy
from pointsman_conformance.drivers.environment import USUAL, DatabaseAddress, LaunchFacts, environment
from pointsman_conformance.drivers.patience import Patience
from pointsman_conformance.drivers.statements import StatementReader
from pointsman_conformance.processes.moved_clock import ClockError
from pointsman_conformance.processes.supervisor import Process, Supervisor, SupervisorError
from pointsman_conformance.provider.provider import TOKEN, Ticket
from pointsman_conformance.testbed.testbed import Testbed

WEBHOOK_SECRET = "hunter2"  # noqa: S105 - made up; the implementation under test is told it
SETUP_TIMEOUT = 120.0
"""Seconds that the setup command may take."""

LONGEST_LOG = 2_000
"""Characters of a process's output that a message shows."""

MOST_LINES = 20
LONGEST_LINE = 200
"""Characters of one line of that output that a message shows."""

TICK = 0.01
"""Seconds between two looks at a process."""

MOST_SPARES = 2
"""The most spare processes that are kept for later runs."""


@dataclass(frozen=True)
class Command:
    """The command that starts a process, the folder it runs in, and the templates of its environment variables.

    `ready` is a regular expression: the process is ready when it prints a line with a match, and without `ready` when
    it sends its first statement about our rows. `setup` is a command that runs once on the database itself. If it makes
    the table, `row_sql` is the INSERT that makes a row, as `testbed.table.on_postgres` says. Webhooks are posted to
    `webhook_path`.
    """

    words: tuple[str, ...]
    folder: str = "/"
    templates: Mapping[str, str] = field(default_factory=lambda: USUAL)
    ready: str | None = None
    setup: tuple[str, ...] = ()
    webhook_path: str = "/webhooks/stripe"
    row_sql: str | None = None


class Crew:
    """Starts processes, uses them as copies, and ends them. After the first death a spare process is started ahead.

    `who_of` gives the copy and its actor by the copy's secret at the provider. `listens_only`: the roles only wait for
    webhooks, so a process is ready when its port is open.
    """

    def __init__(
        self, supervisor: Supervisor, command: Command, roles: frozenset[str], patience: Patience, *, listens_only: bool
    ) -> None:
        self.copies: dict[int, ProcessCopy] = {}
        self.who_of: dict[str, tuple[str, str | None]] = {}
        self.subject: set[str] = set()
        self._supervisor, self._command, self._roles, self._patience = supervisor, command, roles, patience
        self._listens_only = listens_only
        self._by_token: dict[str, ProcessCopy] = {}
        self._ports: dict[str, int] = {}
        self._processes: dict[str, Process] = {}
        self._spares: list[ProcessCopy] = []
        self._has_buried = False
        self._born = 0

    def join(self, stage: Testbed, database: DatabaseAddress, provider: str, reader: StatementReader) -> None:
        """Set what processes are told at their start. No process is started before this."""
        self._stage, self._database, self._provider, self._reader = stage, database, provider, reader

    def port(self, copy: ProcessCopy) -> int:
        """The port on which the copy was told to listen for webhooks."""
        return self._ports[copy.token]

    def said(self, copy: ProcessCopy) -> str:
        """The end of what the copy's process has printed."""
        return self._processes[copy.token].said()

    def meet(self, ticket: Ticket, point: Point) -> Fault | None:
        """Note a request at `point`; called by the provider. Gives the fault that strikes it, or None."""
        copy = self._by_token.get(ticket.request.token)
        return copy.request(ticket, point) if copy is not None else None

    def stand_by(self, *, fresh: bool) -> None:
        """End a run: copies that have begun nothing become spares, unless `fresh`; the others are killed."""
        for number, copy in list(self.copies.items()):
            if fresh or len(self._spares) >= MOST_SPARES or not copy.comes_to_rest(self._patience.rest):
                self.bury(number, record=False)
            else:
                self._spares.insert(0, self.copies.pop(number))
                copy.be(f"spare {number}")
                self.who_of[copy.token] = (copy.who, copy.actor)

    def bear(self, number: int) -> ProcessCopy:
        """Start the copy `number`, and wait until it is ready. Raises DriverError."""
        copy = self._standing_by()
        try:
            self._await_ready(copy)
            if self._stage.table.moved is not None:
                self._stage.table.moved.check(self._processes[copy.token].pid)
        except ClockError as problem:
            self._put_away(copy)
            raise DriverError(str(problem)) from problem
        except BaseException:
            self._put_away(copy)
            raise
        name = next(iter(self._roles)) if len(self._roles) == 1 else "copy"
        who = f"{name}.{number}"
        copy.be(who)
        self.who_of[copy.token] = (who, copy.actor)
        self.copies[number] = copy
        self.subject.add(who)
        self._stage.record(Started(at=self._stage.clock.now(), who=who, actor=copy.actor))
        if self._has_buried and not self._spares:
            self._spares.append(self._launch())
        return copy

    def _standing_by(self) -> ProcessCopy:
        """A living spare process, or a new one."""
        while self._spares:
            spare = self._spares.pop(0)
            if spare.alive:
                return spare
            self._put_away(spare)  # it ended while it stood by
        return self._launch()

    def _launch(self) -> ProcessCopy:
        self._born += 1
        actor = next(iter(self._roles)) if len(self._roles) == 1 else None
        token = f"{TOKEN}pointsman_{self._born}"
        server = (self._database.host, self._database.port)
        copy = ProcessCopy(self._stage, actor, server, self._reader, token)
        self._by_token[token] = copy
        self.who_of[token] = (f"spare {self._born}", actor)
        port = self._ports[token] = _free_port()
        told = LaunchFacts(self._database.at(copy.proxy.port), self._provider, token, WEBHOOK_SECRET, port)
        try:
            process = self._supervisor.start(
                self._command.words,
                {**environment(self._command.templates, told), **self._of_the_clock()},
                folder=self._command.folder,
                ready=self._command.ready,
            )
        except (SupervisorError, DriverError) as problem:
            self._put_away(copy)
            raise DriverError(str(problem)) from problem
        copy.process = self._processes[token] = process
        return copy

    def _of_the_clock(self) -> Mapping[str, str]:
        """The variables by which a process has a clock that the kit moves; none where it has its own."""
        moved = self._stage.table.moved
        return moved.environment if moved is not None else {}

    def _await_ready(self, copy: ProcessCopy) -> None:
        deadline = time.monotonic() + self._patience.start
        while not self._is_ready(copy):
            if not self._processes[copy.token].alive:
                raise DriverError(f"The process ended before it was ready: {self.obituary(copy)}")
            if time.monotonic() > deadline:
                said = self._processes[copy.token].said()[-LONGEST_LOG:]
                why = self._why_not_ready(copy)
                raise DriverError(f"The process was not ready within {self._patience.start:g} s: {why}.{_quoted(said)}")
            with copy.changed:
                copy.changed.wait(TICK)

    def _why_not_ready(self, copy: ProcessCopy) -> str:
        """What is missing until the process counts as ready, and what may be the cause."""
        slow = "if it only starts slowly, give more time with --starts-within"
        if self._command.ready is not None:
            return f"it printed no line that matches {self._command.ready!r}; {slow}"
        if not copy.backends:
            return f"it never connected to the database that it was told; {slow}"
        return f"it connected to the database, and sent no statement about the table; {slow}"

    def _is_ready(self, copy: ProcessCopy) -> bool:
        if self._command.ready is not None:
            return self._processes[copy.token].ready.is_set()
        if copy.at_the_gate:
            return True
        return self._listens_only and _listens(self._ports[copy.token])

    def bury(self, number: int, *, record: bool = True) -> None:
        """Kill the copy, and wait until the database has ended its sessions."""
        copy, self._has_buried = self.copies.pop(number), True
        copy.die(record=record)
        self._stage.table.wait_gone(frozenset(copy.backends))
        self._put_away(copy)

    def _put_away(self, copy: ProcessCopy) -> None:
        copy.die(record=False)
        copy.close()
        self._by_token.pop(copy.token, None)
        self._processes.pop(copy.token, None)

    def close(self) -> None:
        """Kill every copy and every spare process."""
        for copy in (*self.copies.values(), *self._spares):
            with contextlib.suppress(PointsmanError, SupervisorError):
                self._put_away(copy)
        self.copies.clear()
        self._spares.clear()

    def obituary(self, copy: ProcessCopy) -> str:
        """The exit code of the copy's process, and the last lines that it printed."""
        process = self._processes[copy.token]
        with contextlib.suppress(SupervisorError):
            return f"it ended with {process.code}.{_quoted(process.said()[-LONGEST_LOG:])}"
        return f"it ended with {process.code}"


def set_up(supervisor: Supervisor, command: Command, dsn: str) -> None:
    """Run the setup command, if there is one, on the database of `dsn`, not through a proxy. Raises DriverError."""
    if not command.setup:
        return
    told = LaunchFacts(DatabaseAddress.of(dsn), "http://127.0.0.1:9", f"{TOKEN}setup", WEBHOOK_SECRET, 0)
    try:
        process = supervisor.start(command.setup, environment(command.templates, told), folder=command.folder)
    except SupervisorError as problem:
        raise DriverError(f"The setup: {problem}") from problem
    process.over.wait(SETUP_TIMEOUT)
    if process.code != 0:
        said = _quoted(process.said()[-LONGEST_LOG:])
        process.kill()
        raise DriverError(f"The setup failed ({process.code}).{said}")


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
    """The last lines of `said`, with unprintable characters replaced and long lines cut."""
    lines = [_readable(line) for line in said.strip().splitlines()[-MOST_LINES:]]
    return "\n".join((" It said last:", *lines)) if any(lines) else " It said nothing."


def _readable(line: str) -> str:
    shown = "".join(each if each.isprintable() and each != "\ufffd" else "?" for each in line.expandtabs())
    return shown if len(shown) <= LONGEST_LINE else f"{shown[:LONGEST_LINE]}..."
