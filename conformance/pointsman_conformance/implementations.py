"""Opens the driver of an implementation, in a database of its own where the driver needs one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver, DriverError
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds import driver_kind
from pointsman_conformance.drivers.kinds.kind import DriverKind, DriverNeed, DriverOption, Surroundings
from pointsman_conformance.processes.moved_clock import ClockError, MovedClock


@contextlib.contextmanager
def reached(
    lifecycle: Lifecycle, implementation: Implementation, *, enforced: bool = False, seconds: float | None = None
) -> Iterator[Driver]:
    """Yield a driver of `implementation`; afterwards, the driver is closed and its database is dropped.

    `enforced`: the table has the generated CHECKs and trigger. `seconds` is how long the whole run may take, so that
    a process that never gets ready is given up in time.

    Raises:
        UsageError: the spec has no table or lacks a role, or what the user gave does not fit the driver.
        DriverError: the database or the implementation cannot be started.
    """
    if lifecycle.table is None:
        raise UsageError(
            "The spec has no table, and an implementation is judged by what becomes of rows: add `table:` to it."
        )
    kind = driver_kind(implementation.driver)
    _refuse_roles(lifecycle, implementation, kind)
    with contextlib.ExitStack() as stack:
        moved = _moved(implementation, kind)
        if moved is not None:
            stack.callback(moved.close)
        dsn = stack.enter_context(_database(moved)) if DriverNeed.DATABASE in kind.needs else ""
        around = Surroundings(dsn, enforced=enforced, seconds=seconds, moved=moved)
        yield stack.enter_context(contextlib.closing(kind.open(lifecycle, implementation, around)))


def _refuse_roles(lifecycle: Lifecycle, implementation: Implementation, kind: DriverKind) -> None:
    known = [actor.name for actor in lifecycle.actors]
    for role in implementation.roles:
        if role not in known:
            hint = did_you_mean(role, known)
            raise UsageError(f"the spec has no actor {role!r}.{hint} There are: {', '.join(known) or 'none'}.")
    if DriverNeed.ROLES not in kind.needs:
        return
    if not known:
        raise UsageError("The spec names no actors, so a process cannot be told from the others: add `actors:` to it.")
    if not implementation.roles:
        raise UsageError("Which actor of the spec does it play? Give --role ACTOR; it may be repeated.")


def not_tested(implementation: Implementation) -> tuple[str, ...]:
    """A sentence for each thing that no run puts to the test, because the user did not ask for it."""
    kind = driver_kind(implementation.driver)
    if kind.in_memory:
        return ()
    how = "--move-clock LIBRARY" if DriverOption.MOVE_CLOCK in kind.takes else "--driver black-box --move-clock LIBRARY"
    clock = (
        "What it takes from its own clock, such as a key that holds the date: that clock does not move with the runs;"
        f" {how} moves it."
    )
    slow = "What it does when an answer comes after its client gave up: --slow-answer SECONDS plays that."
    return (clock,) * (implementation.move_clock is None) + (slow,) * (implementation.slow_answer is None)


def _moved(implementation: Implementation, kind: DriverKind) -> MovedClock | None:
    """The clock that the kit moves, if the user gave a library for it. Raises UsageError."""
    if implementation.move_clock is None:
        return None
    if DriverOption.MOVE_CLOCK not in kind.takes:
        raise UsageError(f"--move-clock moves the clock of a process that the kit starts as it is, not {kind.word}'s.")
    if "POINTSMAN_TEST_DSN" in os.environ:
        raise UsageError(
            "--move-clock moves the clock of the database as well, and that of POINTSMAN_TEST_DSN is none of the"
            " kit's: unset the variable, and the kit starts a server."
        )
    try:
        return MovedClock(implementation.move_clock)
    except ClockError as problem:
        raise UsageError(str(problem)) from problem


@contextlib.contextmanager
def _database(moved: MovedClock | None) -> Iterator[str]:
    try:
        from pointsman_conformance.postgres import Postgres, PostgresError  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"this driver needs {missing.name}, which is not installed: pip install 'pointsman[conform]'."
            " It runs on Linux and macOS; `--driver book` needs nothing."
        ) from missing
    try:
        started = Postgres.for_tests() if moved is None else Postgres.start(environment=moved.environment)
        with started as server, server.database() as dsn:
            yield dsn
    except PostgresError as problem:
        raise DriverError(str(problem)) from problem
