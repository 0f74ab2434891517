"""Where everything is: from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """`poll` is how long a worker that found nothing waits, and `timeout` how long for Stripe, in seconds.

    Giving up waiting says nothing about a request, so there is no hurry. Amounts are in `currency`.

    `destination` is the connected account that is paid. A marketplace has one for each seller, in a table of its own.
    """

    database_url: str
    stripe_api_base: str
    stripe_api_key: str
    webhook_secret: str
    webhook_port: int
    destination: str
    currency: str
    poll: float
    timeout: float

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises KeyError for what must be given, ValueError for what is no number."""
        return cls(
            database_url=environment["DATABASE_URL"],
            stripe_api_base=environment.get("STRIPE_API_BASE", "https://api.stripe.com"),
            stripe_api_key=environment["STRIPE_API_KEY"],
            webhook_secret=environment.get("STRIPE_WEBHOOK_SECRET", ""),
            webhook_port=int(environment.get("WEBHOOK_PORT", "8080")),
            destination=environment.get("STRIPE_DESTINATION", "acct_seller"),
            currency=environment.get("CURRENCY", "usd"),
            poll=float(environment.get("POLL_SECONDS", "0.05")),
            timeout=float(environment.get("STRIPE_TIMEOUT_SECONDS", "20")),
        )
