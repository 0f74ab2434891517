"""The scripts in findings/ keep their form. They are run by hand: they install packages, and CI does not."""

import os
import re
from pathlib import Path

import pytest

from tests.checkout import TOP

FOLDER = TOP / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
PARTS = ("Version", "Expected", "Seen", "Meaning")
INSTALL = re.compile(r"^(?:python3 -m pip|npm|go) (?:install|get)\b(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)
POSTGRES = re.compile(
    r"^# --- a PostgreSQL of our own.*^# --- end of the PostgreSQL of our own ---$", re.MULTILINE | re.DOTALL
)

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def header(text: str) -> str:
    """The comment below the first line, without its marks."""
    comment = re.match(r"#!/usr/bin/env bash\n((?:#.*\n)+)", text)
    return re.sub(r"^# ?", "", comment[1], flags=re.MULTILINE) if comment else ""


def parts(text: str) -> dict[str, str]:
    """What each part of the header says, by its title."""
    found = re.findall(r"^(\w+): +(.*(?:\n +.*)*)", header(text), flags=re.MULTILINE)
    return {title: " ".join(said.split()) for title, said in found}


def packages(text: str) -> list[str]:
    """The words of every command that installs, without its options and what follows a failure."""
    words: list[str] = []
    for found in INSTALL.finditer(text):
        command = re.sub(r"--(?:target|prefix)\s+\S+", "", found["rest"].replace("\\\n", " "))
        words += [word for word in command.partition("||")[0].split() if not word.startswith("-")]
    return words


def pinned(package: str) -> bool:
    return re.fullmatch(r"[\w.@/-]+(?:==|@v?)\d[\w.-]*", package) is not None


def test_the_readme_lists_every_finding_and_no_other() -> None:
    listed = re.findall(
        r"^\| \[`([\w-]+)`\]\(([\w.-]+)\)", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert SCRIPTS
    assert listed == [(script.stem, script.name) for script in SCRIPTS]


def test_a_finding_says_in_the_readme_what_happens_and_what_it_means() -> None:
    rows = [row for row in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines() if row.startswith("| [`")]
    assert [
        row for row in rows if len([cell for cell in row.strip("|").split("|") if len(cell.split()) > 4]) != 2
    ] == []


@each_script
def test_a_finding_is_executable(script: Path) -> None:
    assert os.access(script, os.X_OK)


@each_script
def test_a_finding_stops_at_the_first_error(script: Path) -> None:
    assert re.search(r"^set -euo pipefail$", script.read_text(encoding="utf-8"), re.MULTILINE)


@each_script
def test_a_finding_states_version_guess_behaviour_and_meaning(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert tuple(parts(text)) == PARTS
    assert [title for title, said in parts(text).items() if len(said.split()) < 4] == []
    assert re.search(r"\d+\.\d+", parts(text)["Version"])


@each_script
def test_a_finding_pins_every_package(script: Path) -> None:
    named = packages(script.read_text(encoding="utf-8"))
    assert named
    assert [package for package in named if not pinned(package)] == []


@each_script
def test_a_finding_removes_what_it_made(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert "temp=$(mktemp -d)\n" in text
    assert "trap clean_up EXIT\n" in text
    assert re.search(r"^clean_up\(\) \{\n(?:    .*\n)*    rm -rf \"\$temp\"\n\}$", text, re.MULTILINE)


@each_script
def test_a_finding_compares_what_it_sees_with_what_it_records(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert re.search(r'^expected="', text, re.MULTILINE)
    assert 'if [ "$found" != "$expected" ]; then\n' in text
    assert """printf 'expected:\\n%s\\nseen:\\n%s\\n' "$expected" "$found"\n    exit 1\n""" in text
    assert re.search(r'^echo "as recorded: .+"\n\Z', text, re.MULTILINE)


@each_script
def test_a_finding_uses_nothing_of_the_product(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    program = text.partition("set -euo pipefail")[2]
    assert "pointsman" not in program.lower()
    assert "BASH_SOURCE" not in program


def test_the_scripts_that_start_postgres_start_it_alike() -> None:
    starting = {found[0] for script in SCRIPTS if (found := POSTGRES.search(script.read_text(encoding="utf-8")))}
    assert len(starting) == 1


@pytest.mark.parametrize(
    ("package", "right"),
    [
        ("stripe==16.1.0", True),
        ("@stripe/thing@1.2.3", True),
        ("github.com/stripe/stripe-go/v85@v85.0.0", True),
        ("stripe", False),
        ("stripe>=16", False),
        ("stripe@latest", False),
    ],
)
def test_the_search_for_pins_knows_one(package: str, right: bool) -> None:
    assert pinned(package) == right


def test_the_search_for_packages_finds_them_behind_options_and_on_later_lines() -> None:
    command = 'python3 -m pip install --quiet --target \\\n    "$temp/packages" a==1 b \\\n    c==2 || not_run "none"\n'
    assert packages(command) == ["a==1", "b", "c==2"]
