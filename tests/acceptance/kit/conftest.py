"""Databases for the kit's own tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pointsman_conformance.postgres import PostgresServer


@pytest.fixture
def postgres_twice(postgres: PostgresServer) -> Iterator[list[str]]:
    """The DSNs of two new databases."""
    with postgres.database() as first, postgres.database() as second:
        yield [first, second]
