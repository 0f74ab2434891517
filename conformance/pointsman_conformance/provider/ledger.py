"""The state that all resources of the provider share: its clock, its numbers, and its events."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pointsman.spec.lifecycle import Call
from pointsman_conformance.core.wire import Json
from pointsman_conformance.provider.options import ProviderOptions

EPOCH = 1_767_225_600
"""The wall clock's second at which every run's clock is 0: the first of January 2026, UTC."""

Object = dict[str, Json]
"""An object of the provider's, as its answers show it."""


def copied(shown: Mapping[str, Json]) -> Object:
    """The object as it is now, which nothing that happens later changes."""
    return {
        name: _copied(value) if isinstance(value, (dict, list)) else value  # most are neither
        for name, value in shown.items()
    }


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return copied(value)
    return [_copied(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class About:
    """The spec's call and the row that an object or request belongs to; None where it fits none."""

    call: Call | None = None
    row: str | None = None

    @property
    def name(self) -> str | None:
        """The call's name."""
        return None if self.call is None else self.call.name


@dataclass(frozen=True, slots=True)
class HookEvent:
    """Something the provider tells of by webhook, with the object as it was then.

    `at` is the run's clock, `created` seconds of Unix time. `request` and `key` are those of the request that did it.
    """

    id: str
    type: str
    at: float
    created: int
    object: Mapping[str, Json]
    row: str | None = None
    call: str | None = None
    request: str | None = None
    key: str | None = None


class Ledger:
    """The clock, the numbers and the events.

    `request` and `key` belong to the request that the provider is carrying out; `given` is the receipt that the effect
    of this request gets. `made` maps each receipt to the row and the call that the effect is about.
    """

    def __init__(self, options: ProviderOptions, now: Callable[[], float]) -> None:
        self.options = options
        self._now = now
        self._moment: float | None = None
        self.clear()

    def clear(self) -> None:
        """Sets the clock, the numbers and the events back."""
        self.hooks: list[HookEvent] = []
        self.made: dict[str, About] = {}
        self._numbers: Counter[str] = Counter()
        self.request: str | None = None
        self.key: str | None = None
        self.given: str | None = None

    @property
    def at(self) -> float:
        """The run's clock, or the moment that is being caught up with."""
        return self._now() if self._moment is None else self._moment

    def pretend(self, moment: float | None) -> None:
        """Carry out what follows as of `moment`; None: as of now again."""
        self._moment = moment

    def stamp(self) -> int:
        """Seconds of Unix time, as in ``created``."""
        return EPOCH + int(self.at)

    def number(self, kind: str) -> int:
        """The next number of this kind, from 1."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    def name(self, prefix: str) -> str:
        """A new name for an object: ``tr_1``."""
        return f"{prefix}_{self.number(prefix)}"

    def receipt(self, prefix: str) -> str:
        """The name of a new effect: the one that was `given` for it, else a new one."""
        return self.receipt_as(lambda: self.name(prefix))

    def receipt_as(self, fresh: Callable[[], str]) -> str:
        """The name of a new effect: the one that was `given` for it, else one that `fresh` makes."""
        given, self.given = self.given, None
        return given if given is not None else fresh()

    def announce(self, type: str, shown: Mapping[str, Json], about: About) -> HookEvent:  # noqa: A002 - Stripe's word
        """An event of this type about the object as it is now."""
        event = HookEvent(
            id=self.name("evt"),
            type=type,
            at=self.at,
            created=self.stamp(),
            object=copied(shown),
            row=about.row,
            call=about.name,
            request=self.request,
            key=self.key,
        )
        self.hooks.append(event)
        return event


def signed(event: HookEvent, secret: str, at: float, api_version: str) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a webhook, signed at `at`, seconds of Unix time, as SDKs check it.

    Source: stripe-python `_webhook.py`: HMAC-SHA256 over the time, a dot and the raw body.
    """
    told = {
        "id": event.id,
        "object": "event",
        "api_version": api_version,
        "created": event.created,
        "data": {"object": event.object},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": event.request, "idempotency_key": event.key},
        "type": event.type,
    }
    body = json.dumps(told, indent=2).encode()
    moment = int(at)
    proof = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": f"t={moment},v1={proof}",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    return body, headers
