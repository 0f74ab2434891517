"""What goes over the wire between an implementation and a provider, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON value."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to the provider.

    `path` is without the query. `params` are the form's or the query's fields, flat, nested names
    in square brackets as the form has them (``metadata[row]``). `key` is the idempotency key, None
    where there is none. `token` is the secret of the Authorization header: each copy of an
    implementation has its own, so that a request says who sent it.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    token: str = ""

    @property
    def reads(self) -> bool:
        """Whether it can make no effect."""
        return self.method in _READS


_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An answer of the provider. A `body` that is no JSON object is kept as its text."""

    status: int
    body: Mapping[str, Json] | str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoReply:
    """No answer came: the caller stopped waiting, or the connection was lost."""

    silence: Literal["timeout", "connection"]


Heard = HttpReply | NoReply
"""What the caller got."""
