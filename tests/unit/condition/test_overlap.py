"""Whether two conditions can be true of one row."""

import time

import pytest

from pointsman.spec.condition import parse
from pointsman.spec.lifecycle import Column
from pointsman.spec.satisfiable import UNDECIDED, overlap

COLUMNS = (
    Column("amount", "bigint", check=parse("amount > 0")),
    Column("small", "smallint", nullable=True),
    Column("rate", "numeric(5,2)", nullable=True),
    Column("due", "timestamptz", nullable=True),
    Column("created", "timestamptz"),
    Column("name", "text", nullable=True),
    Column("other", "text", nullable=True),
    Column("letter", "varchar(1)", nullable=True),
    Column("paid", "boolean"),
)


@pytest.mark.parametrize(
    ("first", "second", "row"),
    [
        ("amount > 100", "amount < 102", {"amount": 101}),
        ("amount > 100", "amount <= 100", None),
        ("amount > 100", "amount < 101", None),
        ("amount < 1", "amount < 5", None),  # the column's own check
        ("amount is null", "amount is null", None),  # not nullable
        ("small > 32767", "small is not null", None),
        ("small is null", "small is null or small > 1", {"small": None}),
        ("rate > 1", "rate < 2", UNDECIDED),  # 1.5 does it, and no whole number does
        ("rate > 1", "rate <= 1", None),
        ("rate > 1", "rate < 3", {"rate": 2}),
        ("rate > 999", "rate > 999", UNDECIDED),  # 999.5 may do it
        ("rate > 1000", "rate > 1000", None),
        ("due is null", "due is not null", None),
        ("due is not null", "paid", {"due": "?", "paid": True}),
        ("due < created", "due > created", UNDECIDED),
        ("due < created", "due is null", None),
        ("name = 'a'", "name in ('b', 'c')", None),
        ("name <> 'a'", "name <> 'b'", {"name": "c"}),
        ("name = other", "name = 'x' and other = 'y'", None),
        ("letter = 'no'", "letter is not null", None),
        ("name < other", "paid", UNDECIDED),
        ("name = 1", "paid", UNDECIDED),
        ("paid", "not paid", None),
    ],
)
def test_the_types_and_checks_of_the_table_are_kept(first: str, second: str, row: object) -> None:
    assert overlap(parse(first), parse(second), COLUMNS) == row


def test_no_condition_is_always_true() -> None:
    assert overlap(None, None) == {}
    assert overlap(None, parse("a = 7")) == {"a": 7}


def test_a_search_that_would_take_long_is_cut_short_and_says_so() -> None:
    # Ten pigeons, nine holes: nothing simpler than trying shows that they do not fit.
    pigeons = [f"p{n}" for n in range(10)]
    holes = " and ".join(f"{name} between 1 and 9" for name in pigeons)
    apart = " and ".join(f"{a} <> {b}" for i, a in enumerate(pigeons) for b in pigeons[:i])
    begun = time.monotonic()
    assert overlap(parse(holes), parse(apart)) is UNDECIDED
    assert time.monotonic() - begun < 5
