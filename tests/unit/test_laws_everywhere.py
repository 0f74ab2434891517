"""A law stands in four places: the registry, the checker, the kit's tests, the wrong implementations. All are equal."""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path

import pytest

from pointsman import world
from pointsman.loading.load import load
from pointsman.spec.laws import LAWS, Law
from pointsman.spec.lifecycle import Lifecycle
from pointsman.world.build import build, expanded
from pointsman.world.scope import Scope, worlds_of
from pointsman_conformance.laws import TESTS
from pointsman_conformance.mutants import WRONG
from tests.checkout import TOP

EVERY = [law.id for law in LAWS]


@cache
def transfer() -> Lifecycle:
    return load(TOP / "spec/seller_transfer.yaml")


def test_the_kit_has_a_test_of_each_law_and_of_nothing_else() -> None:
    assert list(TESTS) == EVERY
    assert len({id(test) for test in TESTS.values()}) == len(EVERY), "a law's test is its own"


def test_wrong_implementations_break_each_law_and_have_the_names_that_the_laws_give_them() -> None:
    assert list(dict.fromkeys(wrong.law for wrong in WRONG.values())) == EVERY
    assert {law.id: law.wrong for law in LAWS} == {
        law: tuple(name for name, wrong in WRONG.items() if wrong.law == law) for law in EVERY
    }
    assert all(wrong.name == name for name, wrong in WRONG.items())


@pytest.mark.parametrize("law", LAWS, ids=EVERY)
def test_the_checker_drops_a_law_by_letting_its_wrong_implementations_happen(law: Law) -> None:
    assert expanded([law.id]) == set(law.wrong)
    assert law.wrong


def test_the_checker_knows_no_wrong_implementation_that_no_law_forbids() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(inspect.getfile(world)).parent.glob("*.py"))
    unnamed = [name for name in WRONG if f'"{name}"' not in source]
    assert unnamed == [], "the world asks for each by name, or dropping its law would change nothing"


@pytest.mark.parametrize("name", [name for law in LAWS for name in law.wrong])
def test_dropping_a_law_changes_some_world(name: str) -> None:
    for each in worlds_of(transfer()):
        scope = Scope(1, 2, 2, each)
        whole, less = build(transfer(), scope), build(transfer(), scope, [name])
        if (less.actions, less.variables) != (whole.actions, whole.variables):
            return
    pytest.fail(
        f"no world is different without the law that forbids {name}: write its command in generator/pointsman/world"
    )


def test_the_page_about_the_checker_has_a_row_for_each_law() -> None:
    page = (TOP / "docs" / "check.md").read_text(encoding="utf-8")
    rows = [f"| `{law.id}` | {law.sentence} | {', '.join(f'`{name}`' for name in law.wrong)} |" for law in LAWS]
    assert "\n".join(("|---|---|---|", *rows, "", "| premise | says |")) in page
