"""The settings of the service, read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """`poll` is the pause of a worker that found no row, and `timeout` the wait for Stripe's answer, in seconds.

    A time-out leaves the request's outcome unknown, so `timeout` is long. Amounts are in `currency`.

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
        """Read the settings. Raises KeyError for a missing variable, ValueError for one that is no number."""
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
