"""Which values a column takes: ours is never more than PostgreSQL's."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from pointsman.loading.scalars import TYPES
from pointsman.spec.fitting import family, fits
from pointsman.spec.lifecycle import Now, Setting

FITTING: tuple[tuple[str, Setting], ...] = (
    ("bigint", 2**63 - 1),
    ("bigint", -(2**63)),
    ("integer", 2**31 - 1),
    ("smallint", -(2**15)),
    ("numeric", 2**62),
    ("numeric(5)", 99_999),
    ("numeric(5,2)", -999),
    ("numeric(2,2)", 0),
    ("boolean", True),
    ("text", "now"),
    ("text", "it's"),
    ("varchar", "x" * 500),
    ("varchar(3)", "abc"),
    ("char", "a"),
    ("char(2)", "ab"),
    ("uuid", "01234567-89ab-cdef-0123-456789ABCDEF"),
    ("timestamptz", Now.NOW),
    ("date", Now.NOW),
    ("timestamptz", "2024-02-29"),
    ("timestamptz", "2024-02-29T23:59:59.999999+05:30"),
    ("timestamp", "2024-02-29 12:00"),
    ("date", "0001-01-01"),
    ("json", '{"a": [1, null]}'),
    ("jsonb", "[]"),
)

UNFIT: tuple[tuple[str, Setting], ...] = (
    ("integer", 2**31),
    ("smallint", 2**15),
    ("numeric(5,2)", 1_000),
    ("numeric(2,2)", 1),
    ("integer", True),
    ("integer", "1"),
    ("integer", Now.NOW),
    ("boolean", 1),
    ("boolean", "true"),
    ("text", 1),
    ("text", Now.NOW),
    ("varchar(3)", "abcd"),
    ("char", "ab"),
    ("uuid", "not one"),
    ("timestamptz", "now"),
    ("timestamptz", "tomorrow"),
    ("timestamptz", "2023-02-29"),
    ("timestamptz", 0),
    ("date", "31.01.2024"),
    ("json", "{"),
    ("jsonb", "NaN"),
)


@pytest.mark.parametrize(("type_", "value"), FITTING)
def test_a_value_fits(type_: str, value: Setting) -> None:
    assert fits(type_, value)


@pytest.mark.parametrize(("type_", "value"), UNFIT)
def test_a_value_does_not_fit(type_: str, value: Setting) -> None:
    assert not fits(type_, value)


@given(st.sampled_from(TYPES), st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.just(Now.NOW)))
def test_a_value_that_fits_is_of_the_kind_that_its_type_holds(type_: str, value: Setting) -> None:
    kinds: dict[str, tuple[type, ...]] = {"whole": (int,), "time": (Now, str), "boolean": (bool,), "text": (str,)}
    assert not fits(type_, value) or isinstance(value, kinds[family(type_)])


def test_postgres_takes_every_value_that_fits(database: str) -> None:
    with psycopg.connect(database) as connection:
        for type_, value in FITTING:
            shown = sql.SQL("now()") if isinstance(value, Now) else sql.Literal(value)
            query = sql.SQL("create temporary table t (c {} default {}) on commit drop").format(sql.SQL(type_), shown)
            connection.execute(query)
            connection.execute("insert into t default values")
            connection.rollback()
