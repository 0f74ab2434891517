"""The configuration: where it is found, what it may say, and how mistakes in it are reported."""

from pathlib import Path

import pytest

from pointsman.config import Job, TargetChoice, find, read
from pointsman.spec.errors import SpecError

TARGETS = {"python": (), "go": ("package",)}


def _written(folder: Path, text: str, name: str = "pointsman.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def _mistakes(file: Path) -> list[tuple[int, int, str]]:
    with pytest.raises(SpecError) as caught:
        read(file, TARGETS)
    return [(found.place.line, found.place.column, found.message) for found in caught.value.findings]


def test_a_target_is_given_a_folder_or_a_folder_and_options(tmp_path: Path) -> None:
    file = _written(
        tmp_path,
        '[[generate]]\nspec = "spec/a.yaml"\npython = "src"\ngo = { out = "go", package = "a" }\ntemplates = "t"\n'
        '[[generate]]\nspec = "b.yaml"\n[generate.go]\nout = "go/b"\n',
    )
    assert read(file, TARGETS).jobs == (
        Job(
            tmp_path / "spec/a.yaml",
            (TargetChoice("python", tmp_path / "src"), TargetChoice("go", tmp_path / "go", (("package", "a"),))),
            tmp_path / "t",
        ),
        Job(tmp_path / "b.yaml", (TargetChoice("go", tmp_path / "go/b"),)),
    )


def test_the_nearest_configuration_upwards_holds(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find(below) is None or not find(below).is_relative_to(tmp_path)  # type: ignore[union-attr]  # None came first
    top = _written(tmp_path, "")
    assert find(below) == top
    _written(tmp_path / "a", "[tool.ruff]\n", "pyproject.toml")
    assert find(below) == top
    shared = _written(tmp_path / "a", "[tool.pointsman]\n", "pyproject.toml")
    assert find(below) == shared
    own = _written(tmp_path / "a", "")
    assert find(below) == own


def test_a_shared_file_says_the_same_under_its_own_table(tmp_path: Path) -> None:
    text = '[tool]\nother = 1\n[[tool.pointsman.generate]]\nspec = "a.yaml"\npython = "src"\n'
    file = _written(tmp_path, text, "pyproject.toml")
    assert find(tmp_path) == file
    assert read(file, TARGETS).jobs == (Job(tmp_path / "a.yaml", (TargetChoice("python", tmp_path / "src"),)),)


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\npointsman = 3\n", "", "tool = []\n"])
def test_a_shared_file_without_such_a_table_is_nobodys_configuration(tmp_path: Path, text: str) -> None:
    _written(tmp_path, text, "pyproject.toml")
    found = find(tmp_path)
    assert found is None or not found.is_relative_to(tmp_path)


def test_every_mistake_is_reported_with_its_line(tmp_path: Path) -> None:
    file = _written(
        tmp_path,
        'colour = "red"\n'
        "\n"
        "[[generate]]\n"
        'spec = "a.yaml"\n'
        'pyton = "src"\n'
        "go = 3\n"
        "\n"
        "[[generate]]\n"
        'python = "src"\n'
        "\n"
        "[[generate]]\n"
        'spec = "b.yaml"\n'
        'go = { package = 1, pakage = "x" }\n'
        "\n"
        "[[generate]]\n"
        "spec = 4\n"
        'python = ""\n'
        "[[generate]]\n"
        'spec = "c.yaml"\n',
    )
    assert _mistakes(file) == [
        (1, 1, "the key 'colour' means nothing here"),
        (5, 1, "the key 'pyton' means nothing here"),
        (6, 1, "go is 3"),
        (8, 1, "this entry names no spec"),
        (13, 21, "go has no option 'pakage'"),
        (13, 8, "package is 1, not a text"),
        (13, 1, "go has no folder"),
        (16, 1, "spec is 4, not a text"),
        (17, 1, "python is '', not a text"),
        (19, 1, "this entry names no target"),
    ]


def test_an_unknown_key_comes_with_the_one_that_was_probably_meant(tmp_path: Path) -> None:
    file = _written(tmp_path, '[[generate]]\nspec = "a.yaml"\npyhton = "src"\n')
    with pytest.raises(SpecError) as caught:
        read(file, TARGETS)
    assert "Did you mean 'python'?" in caught.value.findings[0].help


def test_what_is_not_toml_is_reported_where_it_is_wrong(tmp_path: Path) -> None:
    ((line, _, message),) = _mistakes(_written(tmp_path, '[[generate]]\nspec = "a.yaml\n'))
    assert line == 2
    assert message.startswith("this is not TOML")


def test_what_is_not_utf_8_is_reported(tmp_path: Path) -> None:
    (tmp_path / "pointsman.toml").write_bytes(b"\xff")
    ((_, _, message),) = _mistakes(tmp_path / "pointsman.toml")
    assert message == "this file is not UTF-8"


@pytest.mark.parametrize("text", ["generate = 3\n", "generate = [1]\n", '[generate]\nspec = "a.yaml"\n'])
def test_generate_is_a_list_of_tables(tmp_path: Path, text: str) -> None:
    ((line, column, message),) = _mistakes(_written(tmp_path, text))
    assert (line, message) == (1, "generate is a list of tables")
    assert column in {1, 2}


def test_what_an_implementation_says_of_itself_is_not_for_generate_to_judge(tmp_path: Path) -> None:
    text = '[[generate]]\nspec = "a.yaml"\npython = "p"\n[[conform]]\ndriver = "telnet"\n'
    assert len(read(_written(tmp_path, text), TARGETS).jobs) == 1


@pytest.mark.parametrize("text", ["conform = 3\n", "conform = [1]\n", '[conform]\nname = "a"\n'])
def test_conform_is_a_list_of_tables_to_generate_as_well(tmp_path: Path, text: str) -> None:
    ((line, _, message),) = _mistakes(_written(tmp_path, text))
    assert (line, message) == (1, "conform is a list of tables")


def test_a_list_that_no_verb_reads_is_refused_with_the_lists_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read(_written(tmp_path, '[[confrom]]\nname = "a"\n'), TARGETS)
    (found,) = caught.value.findings
    assert (found.code, found.place.line, found.message) == (
        "config-wrong", 1, "the key 'confrom' means nothing here",
    )  # fmt: skip
    assert found.help == "What there is: conform, generate. Did you mean 'conform'?"
