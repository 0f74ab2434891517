"""The recipe of a lint rule."""

from __future__ import annotations

from scaffold.editing import Edit, before, in_order
from scaffold.names import Name
from scaffold.recipe import Fill, Recipe


def _edits(name: Name, _fill: Fill) -> tuple[tuple[str, tuple[Edit, ...]], ...]:
    return (
        (
            "generator/pointsman/linting/rules/__init__.py",
            (
                in_order(f"    {name.module},\n", after="from pointsman.linting.rules import ("),
                before("    # inline ignores", f"    {name.module}.RULE,\n", after="RULES:"),
            ),
        ),
    )


RULE = Recipe(
    "rule",
    (
        ("generator/pointsman/linting/rules/$module.py", "rule.py.txt"),
        ("docs/rules/$name.md", "page.md.txt"),
        ("tests/unit/rules/test_$module.py", "test.py.txt"),
    ),
    _edits,
    (
        "generator/pointsman/loading/codes.py",
        "generator/pointsman/spec/laws.py",
        "generator/pointsman/spec/premises.py",
    ),
    (
        "Write the page's two specs first; then the rule until it finds the first and not the second.",
        "Move the rule's line in RULES to the group of rules that it belongs to.",
        "A line in CHANGELOG.md.",
    ),
)
