"""`python3 dev.py new KIND NAME`: plans the files, writes them, says what is left to think about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scaffold.driver import DRIVER
from scaffold.law import LAW
from scaffold.names import CannotMakeError, Name, read_name
from scaffold.recipe import Change, Recipe, planned, write
from scaffold.rule import RULE
from scaffold.runner import RUNNER
from scaffold.target import TARGET

RECIPES: tuple[Recipe, ...] = (RULE, TARGET, LAW, RUNNER, DRIVER)
"""Every recipe that `new` can follow. CONTRIBUTING.md has a section for each."""

USAGE = f"usage: python3 dev.py new {'|'.join(recipe.kind for recipe in RECIPES)} NAME, such as new rule late-refund"


def make(arguments: Sequence[str], top: Path) -> str:
    """Make what `arguments` ask for in the checkout `top`, and say what was made. Raises `CannotMakeError`."""
    if len(arguments) != 2:
        raise CannotMakeError(USAGE)
    kind, text = arguments
    recipe = next((recipe for recipe in RECIPES if recipe.kind == kind), None)
    if recipe is None:
        raise CannotMakeError(f"{kind!r} cannot be made. {USAGE}")
    name = read_name(text)
    changes = planned(recipe, name, top)
    write(changes, top)
    return _told(recipe, name, changes)


def _told(recipe: Recipe, name: Name, changes: tuple[Change, ...]) -> str:
    lines = [f"{'made' if change.was is None else 'edited':6}  {change.path}" for change in changes]
    mark = "WRITE-" + "HERE"
    lines += [
        "",
        f"Each place that needs thought is marked {mark}; tests/unit/test_repository.py fails until none is left.",
    ]
    lines += [f"- {step.format(name=name.kebab, module=name.module)}" for step in recipe.next_steps]
    return "\n".join(lines)
