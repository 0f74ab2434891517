"""The repository tests itself: what a review would otherwise have to look for every time."""

import ast
import contextlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.checkout import TOP, known_files

PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))

# One letter of each word stands in brackets, or this file would find itself.
MACHINE = re.compile(r"(?<![\w.{}/-])/(?:[w]ork|[r]oot|[h]ome|[U]sers)/\w")
UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|T[B]D|H[A]CK|NotImplemented[E]rror)\b")
BARE = re.compile(r"#\s*n[o]qa\b(?!:)|#\s*type:\s*i[g]nore(?!\[)", re.IGNORECASE)
CODES = r"[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*"
IGNORE = re.compile(rf"#\s*(?:n[o]qa:\s*{CODES}|type:\s*i[g]nore\[[\w, -]+\]|pragma:\s*allow[l]ist secret)")
UNWRITTEN = re.compile(r"WRITE[-]HERE: .*")
TEMPLATES = "scaffold/templates/"
REASON = re.compile(r"\s*[-#]\s.*\w{3,}")


def files(*endings: str) -> list[Path]:
    """Every file that git knows or would add, or those that end so."""
    return [path for path in map(TOP.joinpath, known_files()) if not endings or path.suffix in endings]


def lines(*endings: str) -> Iterator[tuple[str, str]]:
    """Each line of text with its place."""
    for name, text in texts():
        if not endings or name.endswith(endings):
            for number, line in enumerate(text, 1):
                yield f"{name}:{number}", line


@cache
def texts() -> tuple[tuple[str, list[str]], ...]:
    """The lines of every file that is text, by the file's path from the top."""
    found: list[tuple[str, list[str]]] = []
    for name in known_files():
        with contextlib.suppress(UnicodeDecodeError):
            found.append((name, (TOP / name).read_text(encoding="utf-8").splitlines()))
    return tuple(found)


def test_no_file_names_a_path_of_one_machine() -> None:
    assert [f"{place}: {line}" for place, line in lines() if MACHINE.search(line)] == []


def test_nothing_is_left_for_later() -> None:
    assert [f"{place}: {line}" for place, line in lines() if UNFINISHED.search(line)] == []


def test_no_place_that_a_template_leaves_to_thought_is_left_unwritten() -> None:
    left = [
        f"{place}: {found[0]}"
        for place, line in lines()
        if not place.startswith(TEMPLATES) and (found := UNWRITTEN.search(line))
    ]
    assert left == [], "write what each of these lines asks for:\n" + "\n".join(left)


def test_every_ignore_names_what_it_ignores() -> None:
    assert [f"{place}: {line}" for place, line in lines(".py") if BARE.search(line)] == []


def test_every_ignore_gives_its_reason() -> None:
    without = [
        f"{place}: {line.strip()}"
        for place, line in lines(".py")
        for found in IGNORE.finditer(line)
        if not REASON.match(line, found.end())
    ]
    assert without == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("x = 1  # no" + "qa", True),
        ("x = 1  # no" + "qa: S608", True),
        ("x = 1  # no" + "qa: S608, E501 - names are ours", False),
        ("x = 1  # type: ign" + "ore", True),
        ("x = 1  # type: ign" + "ore[arg-type]", True),
        ("x = 1  # type: ign" + "ore[arg-type]  # its stubs are wrong", False),
        ("x = 1  # pragma: allow" + "list secret", True),
        ("x = 1", False),
    ],
)
def test_the_search_for_ignores_finds_them(line: str, wrong: bool) -> None:
    found = IGNORE.search(line)
    assert wrong == bool(BARE.search(line) or (found and not REASON.match(line, found.end())))


def untyped(path: Path) -> list[str]:
    """The places where a module writes `Any` without ``# Any:`` and a reason in the same line."""
    text = path.read_text(encoding="utf-8")
    names = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name) and node.id == "Any"]
    source = text.splitlines()
    return [f"{path.name}:{at.lineno}" for at in names if not re.search(r"# Any: \w.*\w{3,}", source[at.lineno - 1])]


def test_nothing_is_untyped_between_the_document_and_the_lifecycle() -> None:
    folders = [TOP / "generator" / "pointsman" / name for name in ("loading", "spec")]
    found = [place for folder in folders for path in sorted(folder.rglob("*.py")) for place in untyped(path)]
    assert found == [], "give it a type, or write `# Any:` and the reason behind it"


def test_the_search_for_what_is_untyped_finds_it(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("from typing import Any\na: Any\nb: list[Any]  # Any: its stubs are wrong\nc: Any  # Any:\n")
    assert untyped(module) == ["module.py:2", "module.py:4"]


def test_every_module_has_a_docstring_that_says_what_it_is_for() -> None:
    packages = [TOP / "generator", TOP / "conformance"]
    sources = [path for path in files(".py") if any(package in path.parents for package in packages)]
    assert sources
    assert [str(path) for path in sources if not path.read_text(encoding="utf-8").startswith(('"""', "#!"))] == []


# Packages and their locks.


def requirements(group: str) -> Iterator[Requirement]:
    """What `group` of pyproject.toml asks for, groups that it includes and every extra."""
    yield from published()
    yield from grouped(group)


def published() -> Iterator[Requirement]:
    project = PROJECT["project"]
    for texts in (project["dependencies"], *project["optional-dependencies"].values()):
        yield from map(Requirement, texts)


def grouped(group: str) -> Iterator[Requirement]:
    for entry in PROJECT["dependency-groups"][group]:
        if isinstance(entry, str):
            yield Requirement(entry)
        else:
            yield from grouped(entry["include-group"])


def pinned(lock: str) -> dict[str, list[Version]]:
    """The versions in a lock, by name; several where they differ by Python."""
    found: dict[str, list[Version]] = {}
    for line in (TOP / lock).read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"([\w.-]+)==(\S+)", line):
            found.setdefault(canonical(pin[1]), []).append(Version(pin[2]))
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


LOCKS = [("requirements-dev.lock", "dev"), ("requirements-lowest.lock", "test")]


@pytest.mark.parametrize(("lock", "group"), LOCKS)
def test_a_lock_holds_what_the_project_asks_for(lock: str, group: str) -> None:
    pins = pinned(lock)
    wrong = [
        str(wanted)
        for wanted in requirements(group)
        if not all(version in wanted.specifier for version in pins.get(canonical(wanted.name), [Version("0")]))
    ]
    assert wrong == []


def test_the_lowest_lock_is_at_the_lower_bounds() -> None:
    pins = pinned("requirements-lowest.lock")
    for wanted in requirements("test"):
        (bound,) = (Version(each.version) for each in wanted.specifier)
        assert pins[canonical(wanted.name)][0].release[: len(bound.release)] == bound.release, wanted


@pytest.mark.parametrize(("lock", "_"), LOCKS)
def test_a_lock_pins_by_hash_and_names_no_index(lock: str, _: str) -> None:
    text = (TOP / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\w)", text)[1:]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_what_is_published_has_lower_bounds_and_no_upper_ones() -> None:
    assert [str(each) for each in published() if [bound.operator for bound in each.specifier] != [">="]] == []


def test_the_packages_have_no_name_that_another_project_could_have() -> None:
    targets = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [Path(target).name for target in targets] == ["pointsman", "pointsman_conformance"]


# What has to agree with what.


def test_the_readme_prints_the_two_commands() -> None:
    text = (TOP / "README.md").read_text(encoding="utf-8")
    printed = re.findall(r"^(?:\$ )?python3 dev\.py (\S+).*$", text, re.MULTILINE)
    assert sorted(set(printed) & {"verify", "test"}) == ["test", "verify"]


def test_ci_runs_the_script_that_a_developer_can_run() -> None:
    assert (TOP / ".ci" / "run").stat().st_mode & 0o111 == 0o111
    assert re.search(
        r"^\s*- run: \.ci/run$", (TOP / ".github/workflows/ci.yml").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_baseline_of_the_secret_scanner_hides_nothing() -> None:
    assert '"results": {}' in (TOP / ".secrets.baseline").read_text(encoding="utf-8")


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = TOP / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_links_between_our_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(TOP)}: {target}"
        for page in files(".md")
        for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("hooks", [".pre-commit-hooks.yaml", ".pre-commit-config.yaml"])
def test_a_hook_runs_a_verb_that_there_is(hooks: str) -> None:
    entries = re.findall(
        r"^\s*entry: (?:\.venv/bin/)?pointsman (\S+)", (TOP / hooks).read_text(encoding="utf-8"), re.MULTILINE
    )
    assert entries == ["lint", "generate"]
    for verb in entries:
        assert (TOP / "generator" / "pointsman" / "verbs" / f"{verb}.py").is_file()
