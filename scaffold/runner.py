"""The recipe of a migration runner."""

from __future__ import annotations

from scaffold.editing import Edit, before, in_order
from scaffold.names import Name
from scaffold.recipe import Fill, Recipe


def _edits(name: Name, fill: Fill) -> tuple[tuple[str, tuple[Edit, ...]], ...]:
    package = "from pointsman.sql.runners."
    return (
        (
            "generator/pointsman/sql/runners/__init__.py",
            (
                in_order(f"{package}{name.module} import {name.constant}\n", prefix=package),
                before(")", f"    {name.constant},\n", after="RUNNERS:"),
            ),
        ),
        ("docs/migrate.md", (before("\n", fill("row.md.txt"), after="| `--runner` |"),)),
        ("tests/acceptance/sql/test_migrate_verb.py", (before("}", fill("names.txt"), after="NAMES ="),)),
        ("tests/acceptance/sql/test_runners.py", (before("}", fill("run.txt"), after="RUNS ="),)),
    )


RUNNER = Recipe(
    "runner",
    (("generator/pointsman/sql/runners/$module.py", "runner.py.txt"),),
    _edits,
    (),
    (
        "Write how the runner names its files, and which statements it puts into one transaction.",
        "Name the runner in README.md (section Migrate) and in CHANGELOG.md.",
    ),
)
