"""Requests and replies between an implementation and a provider, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pointsman.spec.lifecycle import Silence
from pointsman.spec.meaning import Json, ReceivedResponse

__all__ = ["Heard", "HttpReply", "HttpRequest", "Json", "NoReply", "received"]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to the provider.

    `path` is without the query. `params` are the fields of the form or the query, flat, with nested names
    in square brackets as a form has them (``metadata[row]``). `key` is the idempotency key, None for a request
    without one. `token` is the secret of the Authorization header: each copy of an implementation has its own, so
    that the token says which copy sent the request.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    token: str = ""

    @property
    def reads(self) -> bool:
        """True for a request that can make no effect."""
        return self.method in _READS


_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An answer of the provider. `body` is a JSON object, or else the text that came."""

    status: int
    body: Mapping[str, Json] | str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoReply:
    """No answer came: the caller stopped waiting, or the connection was lost."""

    silence: Literal["timeout", "connection"]


Heard = HttpReply | NoReply
"""The outcome of a request, as its caller sees it."""


def received(heard: Heard) -> ReceivedResponse:
    """The response that the caller received, as `pointsman.spec.meaning` reads it."""
    if isinstance(heard, NoReply):
        return ReceivedResponse(silence=Silence(heard.silence))
    return ReceivedResponse(heard.status, heard.body, heard.headers)
