"""Every mutant of the seller transfer's spec is found by loading, lint or check, or stands on the page of survivors.

All are loaded and linted. Of those that lint leaves every sixth is checked;
with POINTSMAN_ALL_MUTANTS set it is every one, which takes minutes. The page
has them all, and a mutant that joins or leaves the survivors fails a test.
"""

import dataclasses
import os
from collections import Counter

import pytest

from pointsman.loading.load import load, load_text
from tests.checkout import TOP
from tests.fates import By, Fate, counted, fates, read_page
from tests.mutants import mutants, original

SPEC = TOP / "spec" / "seller_transfer.yaml"
PAGE = read_page((TOP / "tests" / "golden" / "seller_transfer_mutants.md").read_text(encoding="utf-8"))
WHOLE = bool(os.environ.get("POINTSMAN_ALL_MUTANTS"))
SHARE = 1 if WHOLE else 6


@pytest.fixture(scope="module")
def found() -> tuple[Fate, ...]:
    """What became of the mutants that this run asks about."""
    return fates(SPEC, SHARE)


def test_a_spec_written_as_its_mutants_are_is_the_same_spec() -> None:
    written, read = load_text(original(SPEC)), load(SPEC)
    names = [field.name for field in dataclasses.fields(read) if field.name != "source"]
    assert [getattr(written, name) for name in names] == [getattr(read, name) for name in names]


def test_each_mutant_has_a_name_of_its_own_and_is_not_the_spec() -> None:
    every = mutants(SPEC)
    assert len({mutant.name for mutant in every}) == len(every) > 800
    assert original(SPEC) not in {mutant.text for mutant in every}
    assert all(mutant.line > 1 for mutant in every)


def test_no_mutant_brings_a_traceback(found: tuple[Fate, ...]) -> None:
    assert [(fate.mutant.name, fate.says) for fate in found if fate.by is By.DEFECT] == []


def test_the_survivors_are_those_of_the_page(found: tuple[Fate, ...]) -> None:
    asked = {fate.mutant.name for fate in found}
    survivors = {fate.mutant.name for fate in found if fate.by is By.NONE}
    assert survivors == asked & set(PAGE.reasons)


def test_every_mutant_of_the_page_is_a_mutant_that_lint_leaves(found: tuple[Fate, ...]) -> None:
    read = {fate.mutant.name for fate in found if fate.by in {By.LOADING, By.LINT}}
    assert set(PAGE.reasons) <= {mutant.name for mutant in mutants(SPEC)} - read


def test_the_page_counts_the_mutants_of_each_operator_and_who_speaks_of_them(found: tuple[Fate, ...]) -> None:
    total = Counter(mutant.operator for mutant in mutants(SPEC))
    silent = Counter(mutant.operator for mutant in mutants(SPEC) if mutant.name in PAGE.reasons)
    loading, lint = counted(found, By.LOADING), counted(found, By.LINT)
    read = {name: (number, loading[name], lint[name]) for name, number in total.items()}
    counts = {name: (*row, row[0] - row[1] - row[2] - silent[name], silent[name]) for name, row in read.items()}
    assert dict(PAGE.counts) == counts


def test_of_the_mutants_that_are_worse_than_the_spec_at_least_95_of_100_are_killed() -> None:
    killed = sum(total - silent for total, *_, silent in PAGE.counts.values())
    assert killed >= 19 * len(PAGE.harmful)
