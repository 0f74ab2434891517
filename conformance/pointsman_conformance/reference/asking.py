"""One operation as a generator that returns its result in the type that it has."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from pointsman_conformance.core.wire import Heard, HttpReply, HttpRequest, NoReply
from pointsman_conformance.reference.operation import Ask, FoundRow, Operation, OperationResult, ReadClock

T = TypeVar("T")
Doing = Generator[Operation, OperationResult, T]
"""A part of a turn that ends with a T."""


class ConnectionLostError(Exception):
    """The connection to the database is gone: the statement may or may not have been done. The turn is given up."""


def rows(operation: Operation) -> Doing[tuple[FoundRow, ...]]:
    """The rows that a statement returned."""
    result = yield operation
    return result if isinstance(result, tuple) else ()


def row(operation: Operation) -> Doing[FoundRow | None]:
    """The one row that a statement returned."""
    result = yield operation
    return result if isinstance(result, FoundRow) else None


def reply(request: HttpRequest) -> Doing[Heard]:
    """Sends a request; the provider's response, or silence."""
    result = yield Ask(request)
    return result if isinstance(result, HttpReply | NoReply) else NoReply("connection")


def time() -> Doing[float]:
    """The database's clock."""
    result = yield ReadClock()
    return result if isinstance(result, float) else 0.0
