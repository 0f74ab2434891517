"""The interface of a kind of object at the provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pointsman.spec.lifecycle import Call
from pointsman_conformance.core.wire import HttpReply, HttpRequest
from pointsman_conformance.provider.ledger import About, HookEvent


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """The effect of a request that was checked and not made yet.

    `do` does it, once, and returns the answer, and the receipt; no receipt where no money moved.
    """

    about: About
    amount: int | None
    do: Callable[[], tuple[str | None, HttpReply]]


class Resource(Protocol):
    """A kind of object. Nothing here knows of keys, faults or callers."""

    def work(self, request: HttpRequest, about: About) -> PlannedEffect | HttpReply | None:
        """The effect that `request` would make, or its response where it makes none; None: no path of this resource's.

        Raises NotStored for an answer that comes before execution.
        """
        ...

    def handles(self, call: Call) -> bool:
        """Whether the call's effects are made here."""
        ...

    def stores(self, call: Call | None, reply: HttpReply) -> bool:
        """Whether the answer is kept under the request's key."""
        ...

    def tell(self, call: Call, row: str, type: str) -> HookEvent | None:  # noqa: A002 - Stripe's word
        """An event of this type about the row's last object of the call; None where there is no object."""
        ...

    def found_elsewhere(self, call: Call, name: str, amount: int) -> None:
        """Have the object `name` that the call's path names, over `amount`, if it was made by no call of the spec."""
        ...

    def clear(self) -> None:
        """As new."""
        ...
