"""Whom to judge and how to reach them: from the words of a command line or a configuration to a driver on a stage."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pointsman import config
from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Capability, Driver, DriverError

BOOK = "book"
"""The driver for the kit's own implementations, in memory."""

DRIVERS = (*config.DRIVERS, BOOK)
"""Every driver by the word that the command line and the configuration have for it."""

SHORTEST_START = 5.0
"""Seconds that a process always has to get ready, however short the time is."""

_BLACK_BOX = frozenset({Capability.CRASHES, Capability.PAUSES, Capability.CUTS, Capability.COPIES})


@dataclass(frozen=True)
class Implementation:
    """An implementation: who it is, which actors it plays, and how it is started.

    `roles` are empty where it says itself which actors it plays, or plays all. `wrong` is the name of a wrong
    implementation, for `BOOK`. `budget` is seconds, None for the usual. `tap` gets what goes over a pipe. `row` is
    a file with the INSERT of a row, where `setup` makes the table; webhooks are posted to `webhook_path`.
    """

    name: str
    driver: str
    roles: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path.cwd)
    url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: str | None = None
    setup: tuple[str, ...] = ()
    wrong: str | None = None
    budget: float | None = None
    tap: Path | None = None
    row: Path | None = None
    webhook_path: str | None = None

    @property
    def shown_driver(self) -> str:
        """How a report says it was reached."""
        return "by the book, in memory" if self.driver == BOOK else self.driver.replace("-", " ")

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can be asked for at most; those who speak the protocol may say less."""
        return _BLACK_BOX if self.driver == "black-box" else frozenset(Capability)

    def played(self, lifecycle: Lifecycle) -> frozenset[str]:
        """The actors that it plays, as far as is known before it is asked."""
        return frozenset(self.roles or (actor.name for actor in lifecycle.actors))


def configured(given: config.ConfiguredImplementation) -> Implementation:
    """What ``[[conform]]`` says."""
    return Implementation(
        given.name,
        given.driver,
        given.roles,
        given.command,
        given.folder,
        given.url,
        dict(given.environment),
        given.ready,
        given.setup,
        budget=given.budget,
        row=given.row,
        webhook_path=given.webhook_path,
    )


@contextlib.contextmanager
def reached(
    lifecycle: Lifecycle, subject: Implementation, *, enforced: bool = False, seconds: float | None = None
) -> Iterator[Driver]:
    """A driver of `subject` on a stage of its own; nothing is left of either afterwards.

    `enforced`: the table has the generated CHECKs and trigger. `seconds` is how long all may take, so that nobody
    waits as long for a process that never gets ready. Raises UsageError for what cannot be meant, and
    DriverError where the stage or the implementation cannot be started.
    """
    if lifecycle.table is None:
        raise UsageError(
            "The spec has no table, and an implementation is judged by what becomes of rows: add `table:` to it."
        )
    _refuse_strangers(lifecycle, subject)
    if subject.driver == BOOK:
        with contextlib.closing(_by_the_book(lifecycle, subject)) as driver:
            yield driver
        return
    with (
        _database() as dsn,
        contextlib.closing(_on_a_database(lifecycle, subject, dsn, enforced=enforced, seconds=seconds)) as driver,
    ):
        yield driver


def _refuse_strangers(lifecycle: Lifecycle, subject: Implementation) -> None:
    known = [actor.name for actor in lifecycle.actors]
    for role in subject.roles:
        if role not in known:
            hint = did_you_mean(role, known)
            raise UsageError(f"the spec has no actor {role!r}.{hint} There are: {', '.join(known) or 'none'}.")
    if subject.driver == "black-box" and not known:
        raise UsageError("The spec names no actors, so a process cannot be told from the others: add `actors:` to it.")
    if subject.driver == "black-box" and not subject.roles:
        raise UsageError("Which actor of the spec does it play? Give --role ACTOR; it may be repeated.")


def _by_the_book(lifecycle: Lifecycle, subject: Implementation) -> Driver:
    from pointsman_conformance.drivers.in_process import InProcess  # noqa: PLC0415 - only where it is asked for

    if subject.wrong is None:
        return InProcess(lifecycle, roles=subject.roles or None)
    from pointsman_conformance.mutants import WRONG  # noqa: PLC0415 - only where it is asked for
    from pointsman_conformance.mutants.linearizable import NOT_LINEARIZABLE  # noqa: PLC0415 - only where it is asked for

    known = {**WRONG, **NOT_LINEARIZABLE}
    wrong = known.get(subject.wrong)
    if wrong is None:
        hint = did_you_mean(subject.wrong, known)
        raise UsageError(f"there is no wrong implementation {subject.wrong!r}.{hint} There are: {', '.join(known)}.")
    return InProcess(lifecycle, wrong.make, subject.roles or None, name=subject.wrong)


@contextlib.contextmanager
def _database() -> Iterator[str]:
    try:
        from pointsman_conformance.postgres import Postgres, PostgresError  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"this driver needs {missing.name}, which is not installed: pip install 'pointsman[conform]'."
            " It runs on Linux and macOS; `--driver book` needs nothing."
        ) from missing
    try:
        with Postgres.for_tests() as server, server.database() as dsn:
            yield dsn
    except PostgresError as problem:
        raise DriverError(str(problem)) from problem


def _row_sql(subject: Implementation) -> str | None:
    if subject.row is None:
        return None
    try:
        return subject.row.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"the row's INSERT cannot be read from {str(subject.row)!r}: {problem}") from None


def _on_a_database(
    lifecycle: Lifecycle, subject: Implementation, dsn: str, *, enforced: bool, seconds: float | None
) -> Driver:
    if subject.driver == "black-box":
        from pointsman_conformance.drivers.black_box import BlackBox, Command  # noqa: PLC0415 - only where asked for
        from pointsman_conformance.drivers.environment import USUAL  # noqa: PLC0415 - only where asked for
        from pointsman_conformance.drivers.patience import Patience  # noqa: PLC0415 - only where asked for

        templates = dict(subject.environment) or USUAL
        command = Command(
            subject.command, str(subject.folder), templates, subject.ready, subject.setup, row_sql=_row_sql(subject)
        )
        if subject.webhook_path is not None:
            command = replace(command, webhook_path=subject.webhook_path)
        patience = Patience()
        if seconds is not None:
            patience = replace(patience, start=min(patience.start, max(SHORTEST_START, seconds / 2)))
        return BlackBox(lifecycle, command, subject.roles, dsn, name=subject.name, enforced=enforced, patience=patience)
    if subject.driver == "pipe":
        from pointsman_conformance.drivers.pipe import over_pipe  # noqa: PLC0415 - only where asked for

        tap = subject.tap
        if tap is not None and enforced:  # the second pass has a file of its own
            tap = tap.with_suffix(f".enforced{tap.suffix}")
        return over_pipe(
            lifecycle, subject.command, dsn, roles=subject.roles or None, environment=subject.environment or None,
            folder=subject.folder, tap=tap, enforced=enforced,
        )  # fmt: skip
    if subject.driver == "http" and subject.url is not None:
        from pointsman_conformance.drivers.http import over_http  # noqa: PLC0415 - only where asked for

        return over_http(lifecycle, subject.url, dsn, roles=subject.roles or None, enforced=enforced)
    raise UsageError(f"there is no driver {subject.driver!r}.{did_you_mean(subject.driver, DRIVERS)}")
