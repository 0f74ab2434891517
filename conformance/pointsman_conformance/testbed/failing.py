"""Turns the test bed's own failures into DriverError, the one error that drivers raise."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pointsman.database import DatabaseError
from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.processes.supervisor import SupervisorError


@contextlib.contextmanager
def as_driver_error() -> Iterator[None]:
    """Raise DriverError where the database, the supervisor of processes or the system fails. Also a decorator."""
    try:
        yield
    except SupervisorError as problem:
        raise DriverError(f"The processes are out of reach: {problem}") from problem
    except (DatabaseError, OSError) as problem:
        raise DriverError(f"The test bed failed: {problem}") from problem
