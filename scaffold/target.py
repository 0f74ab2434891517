"""The recipe of a target of `pointsman generate`."""

from __future__ import annotations

from scaffold.editing import Edit, before, in_order
from scaffold.names import Name
from scaffold.recipe import Fill, Recipe


def _edits(name: Name, fill: Fill) -> tuple[tuple[str, tuple[Edit, ...]], ...]:
    return (
        (
            "generator/pointsman/rendering/targets.py",
            (
                in_order(f"    {name.module},\n", after="from pointsman.rendering import ("),
                before(")", f"    {name.module}.TARGET,\n", after="TARGETS:"),
            ),
        ),
        ("docs/generate.md", (before("| `sql` |", fill("row.md.txt")),)),
        (
            "tests/unit/rendering/test_templates.py",
            (in_order(f'        "{name.module}.jinja",\n', after="    assert templates.names() == ("),),
        ),
        (
            "tests/acceptance/test_generate.py",
            (
                before("}", fill("door.txt"), after="DOOR ="),
                before('        "sql",', f'        "{name.kebab}",\n', after='    assert [target["name"] for'),
            ),
        ),
    )


TARGET = Recipe(
    "target",
    (
        ("generator/pointsman/rendering/$module.py", "target.py.txt"),
        ("generator/pointsman/rendering/templates/$module.jinja", "template.jinja.txt"),
        ("tests/unit/rendering/test_$module.py", "test.py.txt"),
    ),
    _edits,
    (
        "generator/pointsman/config.py",
        "generator/pointsman/sql/schema_target.py",
        "generator/pointsman/verbs/generate.py",
    ),
    (
        "Write the template, and escape every word of a spec that stands in it.",
        "Write and read its file for the example in tests/golden: the test there prints the command.",
        "Test the file with the tools of its language, as tests/golden/test_generated.py does for Go.",
        "A line in CHANGELOG.md.",
    ),
)
