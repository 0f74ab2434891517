"""Every type of the spec language is recognised in the catalogue."""

from __future__ import annotations

import psycopg
import pytest

from pointsman.live.column_types import declared, spelled
from pointsman.loading.scalars import TYPES

LIMITED = ("varchar(40)", "char(3)", "numeric(10)", "numeric(10,2)", "numeric(10, 2)", "timestamptz(3)", "timestamp(0)")


@pytest.mark.parametrize("type_", [*TYPES, *LIMITED])
def test_a_type_is_spelled_as_the_catalogue_spells_it_and_back(database: str, type_: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(f"create table t (c {type_})")
        (found,) = connection.execute(
            "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 't'::regclass and attnum = 1"
        ).fetchall()
    assert found[0] == spelled(type_)
    back = declared(found[0])
    assert back is not None
    assert spelled(back) == spelled(type_)


@pytest.mark.parametrize("type_", ["point", "interval", "integer[]", '"My Type"', "app.status", "double precision"])
def test_a_type_that_the_language_does_not_have_is_not_guessed(type_: str) -> None:
    assert declared(type_) is None
