"""Which call, and which row, a request to the provider is about: by its path, its marks and its key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pointsman.spec.lifecycle import Call, Lifecycle
from pointsman.spec.meaning import columns_in, parameter, request_parts
from pointsman_conformance.core.history import Request


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """A request template, taken apart."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]

    def reads(self, request: Request) -> Mapping[str, str] | None:
        """The columns' values in the request's path and query; None where it is not this endpoint."""
        if request.method.upper() != self.method:
            return None
        found = columns_in(self.path, request.path, "[^/]+")
        if found is None:
            return None
        values = dict(found)
        for name, template in self.query:
            told = columns_in(template, request.params.get(name, ""))
            if told is None and "{" in template:
                return None
            values.update(told or {})
        return values


@lru_cache(maxsize=256)
def _endpoint(template: str) -> _Endpoint:
    return _Endpoint(*request_parts(template))


@dataclass(frozen=True, slots=True)
class RequestAddress:
    """The call and the row of a request. `effect`: it asks for the call's effect; else it looks the effect up."""

    call: str
    effect: bool
    row: str | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    call: Call
    effect: bool
    values: Mapping[str, str]
    by_mark: Mapping[str, str] | None
    by_key: Mapping[str, str] | None

    @property
    def fit(self) -> tuple[bool, bool]:
        """How well it fits: the key says most."""
        return self.by_key is not None, self.by_mark is not None


RowsWith = Callable[[str, str], Iterable[str]]
"""The rows that have, or had, this value in this column."""


def address(lifecycle: Lifecycle, request: Request, rows_with: RowsWith, call_of: Mapping[str, frozenset[str]]) -> (
    RequestAddress | None
):  # fmt: skip
    """The call and the row of `request`; None where it fits no call. `call_of` has the calls of each row's queues."""
    found = list(_candidates(lifecycle, request))
    if not found:
        return None
    best = max(candidate.fit for candidate in found)
    key = lifecycle.table.primary_key if lifecycle.table is not None else "id"
    told = [(each, _row(each, key, rows_with)) for each in found if each.fit == best]
    # Calls that look the same on the wire are told apart by what the row waits for.
    waiting = [(each, row) for each, row in told if row is not None and each.call.name in call_of.get(row, frozenset())]
    chosen, row = (waiting or told)[0]
    return RequestAddress(chosen.call.name, chosen.effect, row)


def _candidates(lifecycle: Lifecycle, request: Request) -> Iterable[_Candidate]:
    for call in lifecycle.calls:
        values = _endpoint(call.request.text).reads(request)
        if values is not None:
            yield _Candidate(
                call, effect=True, values=values, by_mark=_marked(call, request), by_key=_keyed(call, request)
            )
        if call.look_up is not None:
            values = _endpoint(call.look_up.request.text).reads(request)
            if values is not None:
                yield _Candidate(call, effect=False, values=values, by_mark=None, by_key=None)


def _marked(call: Call, request: Request) -> Mapping[str, str] | None:
    found: dict[str, str] = {}
    for name, template in call.marks:
        said = request.params.get(parameter(name), request.params.get(name))
        told = columns_in(template.text, said) if said is not None else None
        for column, value in (told or {}).items():
            found.setdefault(column, value)
    return found or None


def _keyed(call: Call, request: Request) -> Mapping[str, str] | None:
    if call.key is None or request.key is None:
        return None
    return columns_in(call.key.text, request.key)


def _row(candidate: _Candidate, key: str, rows_with: RowsWith) -> str | None:
    """By the marks, else by the path, else by the key: a wrong key must not hide whose request it is."""
    for told in (candidate.by_mark, candidate.values):
        if told is not None and key in told:
            return told[key]
    for told in (candidate.by_mark, candidate.values):
        row = _only(told or {}, rows_with)
        if row is not None:
            return row
    return candidate.by_key.get(key) if candidate.by_key is not None else None


def _only(told: Mapping[str, str], rows_with: RowsWith) -> str | None:
    """The one row that has all these values."""
    sets = [set(rows_with(column, value)) for column, value in told.items()]
    both = set.intersection(*sets) if sets else set()
    return next(iter(both)) if len(both) == 1 else None
