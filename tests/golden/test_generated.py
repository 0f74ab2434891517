"""One small lifecycle in every language, word for word; and each of those files is run.

After a change that is meant, write the files again and read what changed:

    pointsman generate tests/golden/generated/door.yaml --out tests/golden/generated
"""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman.rendering.targets import TARGETS
from pointsman.writing.target import Target, TargetOptions
from tests.toolchains import need

FOLDER = Path(__file__).parent / "generated"
DOOR = load(FOLDER / "door.yaml")
ALLOWED = {
    ("open", "open"),
    ("open", "it's closing"),
    ("open", 'says "no" \\ "never"'),
    ("it's closing", "it's closing"),
    ("it's closing", 'says "no" \\ "never"'),
    ("it's closing", "open"),
    ('says "no" \\ "never"', 'says "no" \\ "never"'),
}
"""Written by hand from the spec."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_files_are_word_for_word_what_is_generated(target: Target) -> None:
    for output in target.render(DOOR, TargetOptions()):
        assert (FOLDER / output.path).is_file(), (
            f"{output.path} is missing: pointsman generate tests/golden/generated/door.yaml --target {target.name}"
            " --out tests/golden/generated"
        )
        assert (FOLDER / output.path).read_text(encoding="utf-8") == output.text


def test_the_python_file_knows_the_matrix() -> None:
    spec = importlib.util.spec_from_file_location("door_guard", FOLDER / "door_guard.py")
    assert spec
    assert spec.loader
    guard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(guard)
    values = [status.value for status in guard.Status]
    assert {(a, b) for a in values for b in values if guard.can_transition(a, b)} == ALLOWED


def test_the_go_files_are_formatted_and_pass(tmp_path: Path) -> None:
    need("go")
    for name in ("door_guard.go", "door_guard_test.go"):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / "go.mod").write_text("module door\n\ngo 1.21\n")
    formatted = subprocess.run(["gofmt", "-l", "."], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert formatted.stdout == ""
    tested = subprocess.run(["go", "test", "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_go_test_fails_where_map_and_list_no_longer_account_for_each_other(tmp_path: Path) -> None:
    need("go")
    shutil.copy(FOLDER / "door_guard_test.go", tmp_path)
    (tmp_path / "go.mod").write_text("module door\n\ngo 1.21\n")
    guard = (FOLDER / "door_guard.go").read_text()
    entry = "\tDoorStatusLocked: {\n\t\t// no way out\n\t},\n"
    for wrong, broken in (
        ("", "ListAndMapAccountForEachOther"),
        ("\tDoorStatusLocked: {\n\t\tDoorStatusOpen,\n\t},\n", "TerminalStatusesHaveNoWayOut"),
    ):
        assert entry in guard
        (tmp_path / "door_guard.go").write_text(guard.replace(entry, wrong))
        done = subprocess.run(["go", "test", "."], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert f"--- FAIL: TestDoor{broken}" in done.stdout
        assert "--- FAIL: TestDoorFullMatrix" in done.stdout


def test_the_diagram_can_be_drawn() -> None:
    program = need("dot", why="install Graphviz")
    subprocess.run([program, "-Tsvg", FOLDER / "door.dot"], capture_output=True, check=True)
