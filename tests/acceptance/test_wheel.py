"""What a user installs: the built distributions, opened, and the wheel in a new environment."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from venv import EnvBuilder

import pytest

from tests.checkout import TOP, known_files

PACKAGES = {
    "generator/pointsman/": "pointsman/",
    "conformance/pointsman_conformance/": "pointsman_conformance/",
    "docs/rules/": "pointsman/rule_pages/",
}


EXPLAIN_EACH = """
import contextlib, io, json, sys
from pointsman.cli import main
told = []
for rule in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        code = main(["explain", rule])
    told.append((code, said.getvalue()))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and with the wheel that was built from it and not from the checkout."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, TOP], check=True, capture_output=True
    )
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_every_file_of_the_packages_and_every_rule_page_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    wanted = {
        target + name.removeprefix(source): name
        for name in known_files()
        for source, target in PACKAGES.items()
        if name.startswith(source)
    }
    assert {name for name in wanted if name.endswith("/py.typed")} == {
        "pointsman/py.typed",
        "pointsman_conformance/py.typed",
    }
    assert wanted.keys() - set(wheel.namelist()) == set()
    assert [name for name, source in wanted.items() if wheel.read(name) != (TOP / source).read_bytes()] == []


def test_the_schema_in_the_wheel_is_the_one_in_the_folder_of_specs(wheel: zipfile.ZipFile) -> None:
    assert wheel.read("pointsman/lifecycle.schema.json") == (TOP / "spec/lifecycle.schema.json").read_bytes()


def test_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    known = set(known_files())
    strangers = []
    for name in wheel.namelist():
        if name == "pointsman/lifecycle.schema.json" or ".dist-info/" in name:
            continue
        sources = [source + name.removeprefix(target) for source, target in PACKAGES.items() if name.startswith(target)]
        if not known & set(sources):
            strangers.append(name)
    assert strangers == []


def test_the_license_is_in_the_wheel(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    (name,) = (name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
    assert wheel.read(name) == (TOP / "LICENSE").read_bytes()


def test_the_metadata_says_what_it_runs_on(metadata: Message) -> None:
    assert metadata["Requires-Python"] == ">=3.11"
    needed = metadata.get_all("Requires-Dist", [])
    assert [text for text in needed if ">=" not in text] == []
    assert {re.split(r"[>;\s]", text)[0].lower() for text in needed if "extra ==" not in text} == {
        "graphviz",
        "jinja2",
        "networkx",
        "numpy",
        "pyyaml",
        "rich",
        "sqlglot",
    }
    assert set(metadata.get_all("Provides-Extra", [])) == {"postgres", "conform", "completion"}


def test_the_source_distribution_holds_the_sources_and_no_tests(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    parts = {name.partition("/")[0] for name in held if name}
    assert {"generator", "conformance", "spec", "docs", "LICENSE", "README.md", "pyproject.toml"} <= parts
    assert parts <= {
        *("generator", "conformance", "spec", "docs", "migrations"),
        *("CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml", "PKG-INFO", ".gitignore"),
    }
    assert [name for name in held if name.endswith(".pyc")] == []


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment that holds the wheel and what it depends on, nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    EnvBuilder().create(folder / "venv")
    (path,) = built.glob("*.whl")
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(versions_of_the_lock()), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "venv/bin/python"), "--quiet"]
    subprocess.run([*pip, "install", "--no-compile", "--constraint", str(constraints), str(path)], check=True)
    return folder / "venv" / "bin"


def versions_of_the_lock() -> list[str]:
    """The lock's versions without their hashes, so that this test is about us and not about today's releases."""
    lock = (TOP / "requirements-dev.lock").read_text(encoding="utf-8")
    return [line.removesuffix(" \\") for line in lock.splitlines() if re.match(r"[\w.-]+==", line)]


def run(program: Path, *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_installed_program_tells_its_version(installed: Path, tmp_path: Path) -> None:
    ran = run(installed / "pointsman", "--version", folder=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "pointsman 0.1.0\n", "")


def test_the_installed_program_prints_the_schema_that_it_ships(installed: Path, tmp_path: Path) -> None:
    ran = run(installed / "pointsman", "schema", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == (TOP / "spec/lifecycle.schema.json").read_text(encoding="utf-8")


def test_the_installed_program_explains_every_rule(installed: Path, tmp_path: Path) -> None:
    rules = sorted(path.stem for path in (TOP / "docs/rules").glob("*.md") if path.stem != "README")
    assert rules
    ran = run(installed / "pointsman", "explain", rules[0], folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert rules[0] in ran.stdout
    # The others in one process of the environment's Python: they read other pages, by the same program.
    told = run(installed / "python", "-c", EXPLAIN_EACH, *rules, folder=tmp_path)
    assert told.returncode == 0, told.stderr
    for rule, (code, said) in zip(rules, json.loads(told.stdout), strict=True):
        assert code == 0, said
        assert rule in said


def test_the_installed_program_lints_and_generates(installed: Path, tmp_path: Path) -> None:
    spec = str(TOP / "spec/seller_transfer.yaml")
    linted = run(installed / "pointsman", "lint", spec, folder=tmp_path)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    generated = run(installed / "pointsman", "generate", spec, "--out", "made", folder=tmp_path)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert list((tmp_path / "made").rglob("*.py"))


def test_the_installed_program_says_what_to_install_for_a_database(installed: Path, tmp_path: Path) -> None:
    spec = str(TOP / "spec/seller_transfer.yaml")
    ran = run(installed / "pointsman", "audit", spec, "--dsn", "postgresql://127.0.0.1/x", folder=tmp_path)
    assert ran.returncode == 2
    assert "pointsman[postgres]" in ran.stderr
    assert "Traceback" not in ran.stderr
