"""The README and the pages like it do what they say: its commands are run, and print what it prints."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
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


def shell(command: str, folder: Path) -> tuple[str, ...]:
    """What `command` prints in `folder`, on both streams, as lines."""
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
        page.write_text(rewritten(text, lambda command: shell(command, clone)), encoding="utf-8")
        return
    found = list(steps(text))
    assert found, f"{page.name} shows no command"
    for step in found:
        printed = shell(step.command, clone)
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
