"""The recipe of a driver: a way to reach an implementation."""

from __future__ import annotations

from scaffold.editing import Edit, before, in_order
from scaffold.names import Name
from scaffold.recipe import Fill, Recipe

_KIT = "conformance/pointsman_conformance"


def _edits(name: Name, fill: Fill) -> tuple[tuple[str, tuple[Edit, ...]], ...]:
    return (
        (
            f"{_KIT}/drivers/kinds/__init__.py",
            (
                in_order(f"    {name.module},\n", after="from pointsman_conformance.drivers.kinds import ("),
                before(")", f"    {name.module}.KIND,\n", after="DRIVERS:"),
            ),
        ),
        ("docs/conform.md", (before("\n", fill("row.md.txt"), after="| `--driver` |"),)),
        ("tests/unit/test_configuration.py", (before(")", f'    "{name.kebab}",\n', after="CONFIGURABLE ="),)),
    )


DRIVER = Recipe(
    "driver",
    (
        (f"{_KIT}/drivers/kinds/$module.py", "kind.py.txt"),
        (f"{_KIT}/drivers/$module.py", "driver.py.txt"),
        ("tests/unit/drivers/test_$module.py", "test.py.txt"),
    ),
    _edits,
    (),
    (
        "Read core/driver.py for what each method may raise, and drivers/black_box.py for one that is finished.",
        "Move its test to tests/acceptance/protocol if it needs a process or a database.",
        "Show that the reference service conforms, and that a wrong one is failed by its law.",
        "A line in CHANGELOG.md.",
    ),
)
