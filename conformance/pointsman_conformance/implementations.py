"""Opens the driver of an implementation, in a database of its own where the driver needs one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pointsman.spec.errors import UsageError
from pointsman.spec.finding import did_you_mean
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Driver, DriverError
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds import driver_kind
from pointsman_conformance.drivers.kinds.kind import DriverKind, DriverNeed, Surroundings


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
        dsn = stack.enter_context(_database()) if DriverNeed.DATABASE in kind.needs else ""
        around = Surroundings(dsn, enforced=enforced, seconds=seconds)
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
