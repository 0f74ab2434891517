"""`python3 dev.py new`: what it makes is finished but for the places that need thought, and the tests name these."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from scaffold.names import CannotMakeError, read_name
from scaffold.new import RECIPES, make
from scaffold.recipe import Change, Recipe, filled, planned, write
from tests.checkout import TOP, known_files
from tests.toolchains import need

KINDS = [recipe.kind for recipe in RECIPES]
NAMES = {"rule": "vague-status", "target": "plant-uml", "law": "asks-twice", "runner": "goose", "driver": "over-mqtt"}
MARK = "WRITE-" + "HERE: "

THOUGHT = {
    "test_repository.py::test_no_place_that_a_template_leaves_to_thought_is_left_unwritten",
    "test_rule_pages.py::test_the_bad_spec_of_a_page_has_this_finding_and_no_other[vague-status]",
    "test_vague_status.py::test_the_finding_stands_at_what_has_to_be_changed",
    "test_plant_uml.py::test_the_file_allows_what_the_spec_allows",
    "test_generated.py::test_the_files_are_word_for_word_what_is_generated[plant-uml]",
    "test_asks_twice.py::test_what_the_law_forbids_is_a_breach_of_this_law_alone",
    "test_over_mqtt.py::test_a_row_that_the_plan_creates_is_there",
    "test_laws_everywhere.py::test_dropping_a_law_changes_some_world[breaks_asks_twice]",
    "test_wrong_implementations.py::test_a_wrong_implementation_is_failed_by_its_law_and_by_no_other[breaks_asks_twice]",
}
"""What fails after `new` was run once for each kind, and nothing else."""

TESTS = (
    "tests/unit/test_repository.py",
    "tests/unit/test_rule_pages.py",
    "tests/unit/test_laws_everywhere.py",
    "tests/unit/test_public_names.py",
    "tests/unit/test_language_page.py",
    "tests/unit/rules/test_vague_status.py",
    "tests/unit/laws/test_asks_twice.py",
    "tests/unit/mutants/test_wrong_implementations.py",
    "tests/unit/drivers/test_over_mqtt.py",
    "tests/unit/drivers/test_kinds.py",
    "tests/unit/test_configuration.py",
    "tests/unit/rendering/test_plant_uml.py",
    "tests/unit/rendering/test_templates.py",
    "tests/unit/sql/test_migrate_page.py",
    "tests/acceptance/sql/test_migrate_verb.py",
    "tests/acceptance/sql/test_runners.py",
    "tests/golden/test_generated.py",
    "tests/acceptance/test_generate.py",
)
HEAVY = (
    "dropping or by_no_other or in_the_same or alembic or squawk or bytes or after_all or page_has or _says or go_ "
    "or another_package"
)
GENERATED = "one_folder or second_run or every_file_stale or can_be_listed"
NEW = "vague or plant or asks_twice or asks-twice or goose or mqtt"
"""`HEAVY` tests are asked for the new things only; of test_generate.py those of `GENERATED`. None needs a database."""


def checkout(folder: Path) -> Path:
    """A copy of the files that git knows, in a repository of its own."""
    for name in known_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, folder / name)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def dev(folder: Path, *words: str) -> str:
    """What `dev.py new` says, run as a developer runs it."""
    ran = subprocess.run(
        [sys.executable, "dev.py", "new", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def ruff(folder: Path, told: str) -> None:
    """Ask ruff about every module that `new` told of."""
    program = need("ruff", why="it is in the environment of `dev.py test`, not of `test-lowest`")
    modules = set(re.findall(r"^(?:made|edited) +(\S+\.py)$", told, re.MULTILINE))
    assert len(modules) > 2
    for words in (["check", "--no-cache"], ["format", "--no-cache", "--check"]):
        ran = subprocess.run(
            [program, *words, *sorted(modules)], cwd=folder, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout


def paths_of(folder: Path) -> dict[str, str]:
    """An environment in which Python imports the packages of `folder`."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(str(folder / name) for name in ("generator", "conformance"))}


def contracts(folder: Path) -> None:
    """Hold the import contracts of pyproject.toml."""
    words = [need("lint-imports", why="as ruff"), "--no-logo"]
    ran = subprocess.run(words, cwd=folder, env=paths_of(folder), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def run_tests(folder: Path, paths: Iterable[str], chosen: str) -> tuple[set[str], str]:
    """The tests that fail in `folder`, as ``file::test``, and all that pytest printed."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *paths, "-k", chosen],
        cwd=folder,
        env=paths_of(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+::\S+)", ran.stdout, re.MULTILINE)
    return {name.rpartition("/")[2] for name in failed}, ran.stdout


def marked(folder: Path) -> dict[str, int]:
    """The marked places of each file outside of the templates."""
    left_out = {".git", "__pycache__"}
    every = [path for path in folder.rglob("*") if path.is_file() and not left_out & set(path.parts)]
    found = {str(path.relative_to(folder)): path.read_text("utf-8", "ignore").count(MARK) for path in every}
    return {name: count for name, count in found.items() if count and not name.startswith("scaffold/templates/")}


def test_each_kind_is_made_once_and_tests_fail_only_where_thought_is_needed(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    told = "".join(dev(folder, kind, name) for kind, name in NAMES.items())
    failed, printed = run_tests(
        folder, TESTS, f"({NEW} or not ({HEAVY})) and not up_and_down and ({GENERATED} or not test_generate.py)"
    )
    assert failed == THOUGHT, printed
    places = marked(folder)
    assert {name for name in places if f"{name}:" not in printed} == set(), "the message names each file to write in"
    assert {name for name in places if name not in told} == set(), "new says which files it made and edited"
    for file in (
        "laws/asks_twice.py",
        "mutants/asks_twice.py",
        "rules/vague_status.py",
        "drivers/over_mqtt.py",
        "world",
    ):
        assert re.search(rf"^E .*{file}", printed, re.MULTILINE), f"a failing test names {file}"
    ruff(folder, told)
    contracts(folder)


RULE = {
    "generator/pointsman/linting/rules/vague_status.py": (
        (
            f"{MARK}what is wrong with the spec, in one sentence that the page and the summary repeat.",
            "A status is called misc, which says nothing of its rows.",
        ),
        (
            f"{MARK}names {{name}} and says what is wrong with it, without a full stop",
            "the name {name} says nothing of the rows in it",
        ),
        (f"{MARK}what to do about it, with a full stop.", "Call it after what its rows wait for."),
        (
            f"    # {MARK}when a status has it; or look through transitions, queues, calls, events instead.\n",
            "",
        ),
        ('status.name == ""', 'status.name == "misc"'),
    ),
    "docs/rules/vague-status.md": (
        (
            f"{MARK}what is wrong with the spec, in one sentence that the page and the summary repeat.",
            "A status is called misc, which says nothing of its rows.",
        ),
        (
            f"{MARK}what happens to rows when the spec stays so: what a worker, a handler or a crash then does.",
            "Rows that wait for different things end in one place, and no query tells them apart.",
        ),
        (f"{MARK}the edit of the spec that mends it.", "Call it after what its rows wait for."),
        (f"# {MARK}change this spec until it has the mistake, and no other.\n", ""),
        (f"# {MARK}the same spec with the mistake mended.\n", ""),
    ),
    "tests/unit/rules/test_vague_status.py": (
        (
            f"    # {MARK}the edit that makes the mistake, the place of the finding as line:column, and its message.\n",
            "",
        ),
        (f"    # {MARK}the edit that comes nearest to the mistake and is right.\n", ""),
        (
            'text = changed(PLAIN, ("  sent:    {}", "  sent:    {resting: true}"))',
            'text = PLAIN.replace("sent", "misc")',
        ),
        ('("5:3", "its message")', '("5:3", "the name misc says nothing of the rows in it")'),
    ),
}
"""What a developer writes into each file that `new rule vague-status` made."""


def test_a_rule_whose_places_are_written_is_green(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    told = dev(folder, "rule", "vague-status")
    for name, texts in RULE.items():
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in texts:
            assert old in text, f"{name} no longer holds {old!r}"
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    page = folder / "docs/rules/vague-status.md"
    first, _, second = page.read_text(encoding="utf-8").partition("## A spec that does not")
    page.write_text(first.replace("sent", "misc") + "## A spec that does not" + second, encoding="utf-8")
    failed, printed = run_tests(
        folder,
        ("tests/unit/test_rule_pages.py", "tests/unit/test_repository.py", "tests/unit/rules/test_vague_status.py"),
        "test",
    )
    assert failed == set(), printed
    ruff(folder, told)


# --- in this process ----------------------------------------------------------------------


@pytest.mark.parametrize("recipe", RECIPES, ids=KINDS)
def test_the_contributors_page_lists_exactly_the_files_of_the_recipe(recipe: Recipe) -> None:
    name = read_name("my-new-thing")
    made = {change.path for change in planned(recipe, name, TOP)}
    listed = {
        path.replace("NAME", name.kebab if path.endswith(".md") else name.module) for path in listing(recipe.kind)
    }
    assert listed == made


@pytest.mark.parametrize("kind", KINDS)
def test_every_path_in_a_recipe_exists(kind: str) -> None:
    paths = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.\w+)`", section(kind))
    assert len(paths) >= 5
    assert [path for path in paths if "NAME" not in path and not found_somewhere(path)] == []
    assert [path for path in paths if "NAME" in path and not (TOP / path).parent.is_dir()] == []


def found_somewhere(path: str) -> bool:
    """`path` from the top, or short for one inside of a package."""
    homes = (TOP, TOP / "generator/pointsman", TOP / "conformance/pointsman_conformance")
    return any((home / path).is_file() for home in homes)


HEADINGS = {
    "rule": "A lint rule",
    "target": "A target",
    "law": "A law",
    "runner": "A migration runner",
    "driver": "A driver",
}


def section(kind: str) -> str:
    text = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {HEADINGS[kind]}\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
    assert found, HEADINGS[kind]
    return found[1]


def listing(kind: str) -> list[str]:
    """The paths of a recipe's numbered list."""
    return re.findall(r"^\d+\. `([^`]+)`", section(kind), re.MULTILINE)


def test_what_is_made_is_formatted_however_long_its_name_is(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    names = ("it", "a-very-long-name-" + 15 * "x", "oauth-2-x10")
    ruff(folder, "\n".join(make([kind, name], folder) for kind in KINDS for name in names))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "usage: python3 dev.py new rule|target|law|runner|driver NAME"),
        (["rule"], "usage: "),
        (["rule", "one-name", "two"], "usage: "),
        (["verb", "some-name"], "'verb' cannot be made"),
        (["driver", "black-box"], "black_box.py is there already"),
        (["driver", "copy"], "copy.py is there already"),
        (["rule", "Late Refund"], "Did you mean late-refund?"),
        (["rule", "late_refund"], "Did you mean late-refund?"),
        (["rule", "../x"], "is no name"),
        (["rule", "$name"], "is no name"),
        (["rule", "2-late"], "is no name"),
        (["rule", "late-"], "is no name"),
        (["rule", ""], "is no name"),
        (["rule", "late-é"], "is no name"),
        (["rule", "a"], "has 1 characters"),
        (["rule", "a" * 33], "has 33 characters"),
        (["target", "class"], "word of Python"),
        (["rule", "if"], "word of Python"),
        (["rule", "dead-end"], "dead_end.py is there already"),
        (["rule", "undeclared-status"], "'undeclared-status' is a name already"),
        (["rule", "spans"], "spans.py is there already"),
        (["target", "go"], "go.py is there already"),
        (["target", "sql"], "'sql' is a name already"),
        (["target", "svg"], "'svg' is a name already"),
        (["law", "backoff"], "'backoff' is a name already"),
        (["law", "linearizable"], "'linearizable' is a name already"),
        (["law", "key-lifetime"], "'key-lifetime' is a name already"),
        (["runner", "flyway"], "flyway.py is there already"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_reason(words: list[str], said: str) -> None:
    with pytest.raises(CannotMakeError) as refused:
        make(words, TOP)
    assert said in str(refused.value)


def test_a_refusal_is_told_without_a_traceback() -> None:
    ran = subprocess.run(
        [sys.executable, "dev.py", "new", "rule", "dead-end"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("dev.py new: generator/pointsman/linting/rules/dead_end.py is there already")


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_that_looks_otherwise_is_named_and_nothing_is_written(kind: str, tmp_path: Path) -> None:
    recipe = next(each for each in RECIPES if each.kind == kind)
    changes = planned(recipe, read_name("some-name"), TOP)
    for path in {*recipe.names, *(change.path for change in changes if change.was is not None)}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / path, tmp_path / path)
    last = [change.path for change in changes if change.was is not None][-1]
    (tmp_path / last).write_text("nothing of what is looked for\n", encoding="utf-8")
    before = snapshot(tmp_path)
    with pytest.raises(CannotMakeError, match=re.escape(f"{last} has no line that begins with")):
        make([kind, "some-name"], tmp_path)
    assert snapshot(tmp_path) == before


def test_when_one_file_cannot_be_written_every_other_is_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "list.py").write_text("old\n", encoding="utf-8")
    changes = (
        Change("new.py", "new\n", None),
        Change("list.py", "old\nnew\n", "old\n"),
        Change("no such folder/new.py", "new\n", None),
    )
    with pytest.raises(CannotMakeError, match=r"no such folder/new\.py cannot be written .*nothing was made"):
        write(changes, tmp_path)
    assert snapshot(tmp_path) == {"list.py": "old\n"}


def snapshot(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.is_file()}


def test_a_name_is_spelled_as_each_home_wants_it() -> None:
    assert filled("$name $module $constant $camel", read_name("late-refund-2")) == (
        "late-refund-2 late_refund_2 LATE_REFUND_2 LateRefund2"
    )
