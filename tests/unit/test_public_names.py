"""A public name of the two packages stands for one thing."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.checkout import TOP

PACKAGES = (TOP / "generator" / "pointsman", TOP / "conformance" / "pointsman_conformance")


def public_types(source: str) -> Iterator[str]:
    """The names of the public classes and type aliases that a module defines at its top."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if name[0].isupper() and not name.isupper())


def defined(packages: tuple[Path, ...]) -> dict[str, list[str]]:
    """Where each public class or alias is defined."""
    places: dict[str, list[str]] = defaultdict(list)
    for package in packages:
        for path in sorted(package.rglob("*.py")):
            for name in public_types(path.read_text(encoding="utf-8")):
                places[name].append(str(path.relative_to(package.parent)))
    return places


def test_no_public_class_name_stands_for_two_things() -> None:
    places = defined(PACKAGES)
    assert len(places) > 400
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_the_search_sees_classes_and_aliases_and_no_constants(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("class Told:\n    pass\n\n\nMOST = 3\n_Own = int\n", encoding="utf-8")
    (tmp_path / "two.py").write_text("Told = int | str\nMOST = 4\n_Own = str\nRows: type = list\n", encoding="utf-8")
    assert {name: len(found) for name, found in defined((tmp_path,)).items()} == {"Told": 2, "Rows": 1}
