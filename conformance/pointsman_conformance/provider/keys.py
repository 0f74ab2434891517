"""The responses that are kept under idempotency keys, and for how long."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pointsman_conformance.core.wire import HttpReply, HttpRequest

_ROUNDED = 0.001
"""Seconds that a sum of times may be wrong by."""

Asked = tuple[str, str, tuple[tuple[str, str], ...]]
"""The request that a key stands for: method, path and parameters."""


def asked(request: HttpRequest) -> Asked:
    """The method, path and parameters of `request`; the same key may be used for no others."""
    return request.method, request.path, tuple(sorted(request.params.items()))


@dataclass
class Kept:
    """The first request with a key, by its id, and its answer. No reply: it is still executing."""

    first: str
    asked: Asked
    since: float
    lifetime: float
    reply: HttpReply | None = None


class Keys:
    """The keys that the provider remembers."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._soonest = math.inf  # no key that is here is forgotten before

    def clear(self) -> None:
        """Forgets every key."""
        self._kept.clear()
        self._soonest = math.inf

    def find(self, key: str) -> Kept | None:
        """The entry under `key`; None where there is none."""
        return self._kept.get(key)

    def begin(self, key: str, kept: Kept) -> None:
        """The first request with `key` begins to execute."""
        self._kept[key] = kept
        self._soonest = min(self._soonest, kept.since + kept.lifetime - _ROUNDED)

    def end(self, key: str | None, first: str, reply: HttpReply | None) -> None:
        """The request `first` is executed: its answer is kept, or, without one, the key is as new."""
        kept = self._kept.get(key) if key is not None else None
        if key is None or kept is None or kept.first != first:
            return
        if reply is None:
            del self._kept[key]
        else:
            kept.reply = reply

    def forget(self, now: float) -> None:
        """Keys that are older than their lifetime are as new; one whose request is executing stays."""
        if now < self._soonest:
            return
        for key in [key for key, kept in self._kept.items() if kept.reply and now - kept.since >= kept.lifetime]:
            del self._kept[key]
