"""Which call, and which row, a request is about: by its path, its marks and, where those leave it open, its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pointsman.spec.lifecycle import Call, Lifecycle
from pointsman.spec.meaning import columns_in, columns_of, parameter, request_parts
from pointsman_conformance.core.wire import HttpRequest
from pointsman_conformance.provider.ledger import About

RowOf = Callable[[str, str], str | None]
"""The row, by its key, whose column (the first) has this value (the second); None: none."""


@dataclass(frozen=True, slots=True)
class Form:
    """The text of a template, to be read backwards. A place is never empty; `within` says what it may hold."""

    template: str
    within: str = ".+"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its places, in order."""
        return columns_of(self.template)

    def read(self, text: str) -> dict[str, str] | None:
        """The columns' values in `text`; None where it does not fit."""
        return columns_in(self.template, text, self.within)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A request template: its method, the form of its path, and the fields of its query."""

    method: str
    text: str
    path: Form
    query: tuple[tuple[str, str], ...] = ()

    @classmethod
    @lru_cache(maxsize=512)
    def of(cls, template: str) -> Endpoint:
        """Read ``METHOD /path?field=value Header: value``; headers are left out."""
        method, path, query = request_parts(template)
        return cls(method, path, Form(path, "[^/]+"), query)


@dataclass(frozen=True, slots=True)
class RequestReading:
    """A request read as one of a call: the columns by where they were found, and how much of it fits."""

    call: Call
    path: Mapping[str, str]
    marks: Mapping[str, str]
    key: Mapping[str, str]
    by_key: int
    by_marks: int


class Addresses:
    """Reads requests by the spec's templates."""

    def __init__(self, lifecycle: Lifecycle, made: Callable[[], Mapping[str, About]], row_of: RowOf) -> None:
        """`made` has what is known of every receipt so far."""
        self._made = made
        self._row_of = row_of
        self._key = lifecycle.table.primary_key if lifecycle.table is not None else "id"
        self._forms = [_forms(call) for call in lifecycle.calls]
        self._recorded = {column: call.name for call in lifecycle.calls for column, _ in call.records}

    def of(self, request: HttpRequest) -> About:
        """The call and the row of the request."""
        found = self.reads(request)
        return About() if not found else About(found[0].call, self._row(found[0]))

    def reads(self, request: HttpRequest) -> list[RequestReading]:
        """The calls that the request can be, the likeliest first."""
        found = [read for forms in self._forms if (read := forms.read(request)) is not None]
        if len(found) < 2:
            return found
        return sorted(found, key=lambda read: (-read.by_key, -read.by_marks, self._used(read)))

    def _used(self, read: RequestReading) -> bool:
        """Of calls that look alike, the one that the row does not have yet."""
        row = self._row(read)
        return any(about.call is read.call and about.row == row for about in self._made().values())

    def _row(self, read: RequestReading) -> str | None:
        for values in (read.path, read.marks):
            if self._key in values:
                return values[self._key]
        return next(self._by_receipt(read.path), read.key.get(self._key))

    def _by_receipt(self, values: Mapping[str, str]) -> Iterator[str]:
        for column, value in values.items():
            about = self._made().get(value)
            row = about.row if about is not None else None
            if row is None and column in self._recorded:
                row = self._row_of(column, value)
            if row is not None:
                yield row


@dataclass(frozen=True, slots=True)
class _Forms:
    call: Call
    endpoint: Endpoint
    marks: tuple[tuple[str, Form], ...]
    key: Form | None

    def read(self, request: HttpRequest) -> RequestReading | None:
        path = self.endpoint.path.read(request.path) if request.method == self.endpoint.method else None
        if path is None:
            return None
        marks: dict[str, str] = {}
        fitting = 0
        for name, mark in self.marks:
            values = mark.read(request.params.get(name, ""))
            fitting += values is not None
            marks |= values or {}
        key = None if self.key is None or request.key is None else self.key.read(request.key)
        return RequestReading(self.call, path, marks, key or {}, int(key is not None), fitting)


def _forms(call: Call) -> _Forms:
    return _Forms(
        call,
        Endpoint.of(call.request.text),
        tuple((parameter(name), Form(template.text)) for name, template in call.marks),
        None if call.key is None else Form(call.key.text),
    )
