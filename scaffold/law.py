"""The recipe of a law: what the checker assumes, its test in the kit, and an implementation that breaks it."""

from __future__ import annotations

from scaffold.editing import Edit, at_the_end, before, in_order
from scaffold.names import Name
from scaffold.recipe import Fill, Recipe

_KIT = "conformance/pointsman_conformance"


def _edits(name: Name, fill: Fill) -> tuple[tuple[str, tuple[Edit, ...]], ...]:
    return (
        ("generator/pointsman/spec/laws.py", (before(")", fill("laws.txt"), after="LAWS:"),)),
        ("generator/pointsman/world/straying.py", _world(fill)),
        (f"{_KIT}/laws/__init__.py", _tests(name)),
        (
            f"{_KIT}/laws/applies.py",
            (
                before("_NEEDS:", fill("need.txt")),
                before("    }", f'        "{name.kebab}": _no_{name.module},\n', after="_NEEDS:"),
            ),
        ),
        (f"{_KIT}/mutants/__init__.py", _wrong(name, fill)),
        (f"{_KIT}/mutants/plans.py", (before("    }", fill("plan.txt"), after="PLANS:"),)),
        ("docs/check.md", (before("\n", fill("row.md.txt"), after="| law |"),)),
        ("tests/acceptance/test_power.py", (before('    "linearizable":', fill("alone.txt"), after="ALONE ="),)),
    )


def _world(fill: Fill) -> tuple[Edit, ...]:
    return (
        before('    if ground.may("coerces_unknown_status")', fill("may.txt")),
        at_the_end(fill("command.txt")),
    )


def _tests(name: Name) -> tuple[Edit, ...]:
    return (
        in_order(f"    {name.module},\n", after="from pointsman_conformance.laws import ("),
        before("    }", f'        "{name.kebab}": {name.module}.judge,\n', after="TESTS:"),
    )


def _wrong(name: Name, fill: Fill) -> tuple[Edit, ...]:
    package = "from pointsman_conformance.mutants."
    return (
        in_order(f"{package}{name.module} import Breaks{name.camel}\n", prefix=package),
        before("        )", fill("wrong.txt"), after="WRONG:"),
    )


LAW = Recipe(
    "law",
    (
        (f"{_KIT}/laws/$module.py", "judge.py.txt"),
        (f"{_KIT}/mutants/$module.py", "mutant.py.txt"),
        ("tests/unit/laws/test_$module.py", "test.py.txt"),
    ),
    _edits,
    ("generator/pointsman/spec/laws.py", "generator/pointsman/spec/premises.py"),
    (
        "Say what falls without the law: some property of `pointsman check`. A law without harm is not made.",
        "Give breaks_{module} the name of what it does wrong, in all files of the recipe.",
        "Say in search/evidence.py for which specs no run can show the law, if there are any.",
        "Plan a run in search/planned_laws.py, if random runs do not come to the law.",
        "Measure that it is found, with python bench/power.py, and put the figures into docs/power.md.",
        "Renew what pages print: POINTSMAN_UPDATE_PAGES=1 with tests/acceptance/test_readme.py; docs/api.md by hand.",
        "A line in CHANGELOG.md.",
    ),
)
