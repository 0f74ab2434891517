"""Every type of the spec language is recognised in the catalogue."""

from __future__ import annotations

import psycopg
import pytest

from pointsman.audit.column_types import spelled
from pointsman.language import TYPES

LIMITED = ("varchar(40)", "char(3)", "numeric(10)", "numeric(10,2)", "numeric(10, 2)", "timestamptz(3)", "timestamp(0)")


@pytest.mark.parametrize("declared", [*TYPES, *LIMITED])
def test_a_type_is_spelled_as_the_catalogue_spells_it(database: str, declared: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(f"create table t (c {declared})")
        (found,) = connection.execute(
            "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 't'::regclass and attnum = 1"
        ).fetchall()
    assert found[0] == spelled(declared)
