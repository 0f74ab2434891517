"""The numbers of ``spec/seller_transfer.yaml``. A test holds the two equal."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from guard.python.seller_transfer_guard import QueueName, Status

LEASE = timedelta(minutes=10)
"""How long a claim is good for."""

LONGEST_PAUSE = timedelta(minutes=2)
"""The longest time from the last look at a claim to the request on the wire."""

SETTLES_WITHIN = timedelta(seconds=90)
"""After this time a request has taken effect, or never will."""

KEY_LIFETIME = timedelta(hours=24)
"""How long Stripe remembers an idempotency key."""

KEY_IS_OLD = KEY_LIFETIME - LONGEST_PAUSE - SETTLES_WITHIN
"""A key that was first used so long ago is not sent any more."""

FIRST_PAUSE = timedelta(minutes=1)
FACTOR = 2
CEILING = timedelta(hours=6)
JITTER = 0.2


@dataclass(frozen=True)
class Queue:
    """The rows in `status`, for which `worker` sends `call` at most `limit` times.

    `refused` is the event of a definite refusal; None: count it, and try again under a new key.
    `absent` is the event when the attempts are used up and a look-up finds no effect.
    """

    name: QueueName
    status: Status
    worker: str
    call: Literal["create_transfer", "create_reversal"]
    limit: int
    accepted: str
    refused: str | None
    absent: str


TRANSFER = Queue(
    name="transfer",
    status=Status.PENDING,
    worker="transfer_worker",
    call="create_transfer",
    limit=3,
    accepted="transfer_accepted",
    refused="transfer_not_made",
    absent="transfer_not_made",
)
RETRY = Queue(
    name="retry",
    status=Status.FAILED,
    worker="retry_worker",
    call="create_transfer",
    limit=12,
    accepted="transfer_accepted",
    refused=None,
    absent="given_up",
)
REVERSAL = Queue(
    name="reversal",
    status=Status.REVERSAL_PENDING,
    worker="reversal_worker",
    call="create_reversal",
    limit=12,
    accepted="reversal_accepted",
    refused="given_up",
    absent="given_up",
)
QUEUES = (TRANSFER, RETRY, REVERSAL)


def pause_after(attempts: int) -> timedelta:
    """The pause after so many attempts: longer each time up to the ceiling, with jitter."""
    doublings = min(max(attempts, 1) - 1, 32)
    return jittered(min(FIRST_PAUSE * FACTOR**doublings, CEILING))


def jittered(pause: timedelta) -> timedelta:
    """`pause` with random jitter, so that rows that failed together are not due together."""
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, keeps no secret
