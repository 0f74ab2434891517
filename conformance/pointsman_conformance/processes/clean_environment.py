"""Our environment as a process under test may see it: without what names another database, provider or secret."""

from __future__ import annotations

import os

HIDDEN = frozenset(
    {
        "DATABASE_URL",
        "POINTSMAN_TEST_DSN",
        "STRIPE_API_BASE",
        "STRIPE_API_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "WEBHOOK_PORT",
    }
)
"""The variables that a process under test gets from the kit, or not at all; and those whose names begin with ``PG``."""


def clean_environment() -> dict[str, str]:
    """This process's environment without the variables of `HIDDEN` and without those of libpq."""
    return {name: value for name, value in os.environ.items() if name not in HIDDEN and not name.startswith("PG")}
