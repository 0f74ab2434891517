"""The README and the pages like it do what they say: its commands are run, and print what it prints."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.transcripts import agrees, rewritten, steps

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "check.md", ROOT / "docs" / "open-ends.md")

# What a reader has after cloning, without what a run leaves behind.
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "node_modules", "build", "dist"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of this checkout that the page's commands may change."""
    return shutil.copytree(ROOT, tmp_path / "pointsman", ignore=LEFT_BEHIND)


class Shell:
    """Runs one command after the other as a reader's shell does: a `cd` holds for the commands after it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, command: str) -> tuple[str, ...]:
        """The lines that `command` prints, on both streams."""
        with tempfile.NamedTemporaryFile("r") as left_in:
            printed = shell(f"trap 'pwd > \"{left_in.name}\"' EXIT\n{command}", self._folder)
            self._folder = Path(left_in.read().strip() or self._folder)
        return printed


def shell(command: str, folder: Path) -> tuple[str, ...]:
    """The lines that `command` prints in `folder`, on both streams."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    kept = {name: value for name, value in os.environ.items() if name not in ("GITHUB_ACTIONS", "COLUMNS", "LINES")}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**kept, "PATH": path, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    return tuple(line.rstrip() for line in done.stdout.splitlines())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_prints_what_its_commands_print(page: Path, clone: Path) -> None:
    """Run with POINTSMAN_UPDATE_PAGES=1 to write today's output into the page."""
    text = page.read_text(encoding="utf-8")
    if os.environ.get("POINTSMAN_UPDATE_PAGES"):
        page.write_text(rewritten(text, Shell(clone)), encoding="utf-8")
        return
    found = list(steps(text))
    assert found, f"{page.name} shows no command"
    run = Shell(clone)
    for step in found:
        printed = run(step.command)
        assert agrees(step.output, printed), f"{page.name}:{step.line}: $ {step.command}\n" + "\n".join(printed)


def test_the_readme_has_the_two_commands_that_set_everything_up() -> None:
    commands = re.findall(r"^python3 dev\.py (\w+)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == ["verify", "test"]


def test_the_readme_shows_the_diagram_of_today() -> None:
    """The picture's name holds the digest of the DOT that it was drawn from, the first line with the spec's aside."""
    dot = ROOT / "docs" / "diagrams" / "seller_transfer.dot"
    digest = hashlib.sha256(dot.read_bytes().partition(b"\n")[2]).hexdigest()[:8]
    (picture,) = re.findall(r"\]\((docs/diagrams/seller_transfer-\w+\.png)\)", README.read_text(encoding="utf-8"))
    redraw = f"dot -Tpng docs/diagrams/seller_transfer.dot -o docs/diagrams/seller_transfer-{digest}.png"
    assert picture == f"docs/diagrams/seller_transfer-{digest}.png", f"draw it again: {redraw}"
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_a_change_of_folder_holds_for_the_next_command(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    run = Shell(tmp_path)
    assert run("cd below && false") == ()
    assert run("pwd") == (str(tmp_path / "below"),)
