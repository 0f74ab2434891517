"""How the kit reads ``[[conform]]``, and how mistakes in it are reported."""

from pathlib import Path

import pytest

from pointsman.spec.errors import SpecError
from pointsman.spec.finding import Finding
from pointsman_conformance.configuration import ConformEntry, conform_entries
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.kinds import DRIVERS


def _written(folder: Path, text: str, name: str = "pointsman.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def _findings(file: Path) -> tuple[Finding, ...]:
    with pytest.raises(SpecError) as caught:
        conform_entries(file)
    return caught.value.findings


def _mistakes(file: Path) -> list[tuple[int, int, str]]:
    return [(found.place.line, found.place.column, found.message) for found in _findings(file)]


def test_an_implementation_has_a_command_a_folder_and_roles(tmp_path: Path) -> None:
    file = _written(
        tmp_path,
        '[[conform]]\nname = "the worker"\nspec = "a.yaml"\nroles = ["w"]\ncommand = ["./w", "-v"]\nfolder = "src"\n'
        'env = { DB = "{db.url}" }\nbudget = 20\npatience = 9\nstarts_within = 45.5\n'
        'slow_answer = 30\nmove_clock = "lib/libfaketime.so.1"\n'
        '[[conform]]\nname = "a service"\nspec = "a.yaml"\ndriver = "http"\nurl = "http://127.0.0.1:1/"\n',
    )
    worker = Implementation(
        name="the worker",
        driver="black-box",
        roles=("w",),
        command=("./w", "-v"),
        folder=tmp_path / "src",
        environment={"DB": "{db.url}"},
        budget=20.0,
        patience=9.0,
        starts_within=45.5,
        slow_answer=30.0,
        move_clock=tmp_path / "lib" / "libfaketime.so.1",
    )
    service = Implementation(name="a service", driver="http", folder=tmp_path, url="http://127.0.0.1:1/")
    spec = tmp_path / "a.yaml"
    assert conform_entries(file) == (ConformEntry(spec, worker), ConformEntry(spec, service))


def test_every_key_of_an_entry_is_read(tmp_path: Path) -> None:
    file = _written(
        tmp_path,
        '[[conform]]\nname = "w"\nspec = "a.yaml"\ndriver = "pipe"\ncommand = ["./w"]\nready = "up$"\n'
        'setup = ["make", "table"]\nrow = "row.sql"\nwebhook_path = "/hooks"\n',
    )
    (entry,) = conform_entries(file)
    assert entry.implementation == Implementation(
        name="w", driver="pipe", command=("./w",), folder=tmp_path, ready="up$", setup=("make", "table"),
        row=tmp_path / "row.sql", webhook_path="/hooks",
    )  # fmt: skip


def test_a_shared_file_has_its_implementations_under_its_own_table(tmp_path: Path) -> None:
    text = '[[tool.pointsman.conform]]\nname = "w"\nspec = "a.yaml"\ncommand = ["./w"]\n'
    (entry,) = conform_entries(_written(tmp_path, text, "pyproject.toml"))
    assert entry.implementation.name == "w"


def test_what_is_wrong_with_an_implementation_is_said_where_it_stands(tmp_path: Path) -> None:
    text = '[[generate]]\nspec = "a.yaml"\npython = "p"\n[[conform]]\nspec = "a.yaml"\nroles = "w"\ndriver = "telnet"\n'
    file = _written(tmp_path, f"{text}budget = 0\nenv = 3\nworker = 1\n")
    assert _mistakes(file) == [
        (10, 1, "the key 'worker' means nothing here"),
        (4, 1, "this entry has no name"),
        (7, 1, "driver is 'telnet'"),
        (6, 1, "roles is 'w', not a list"),
        (4, 1, "this entry has no command"),
        (9, 1, "env is 3"),
        (8, 1, "budget is 0"),
    ]
    assert {(found.code, found.subject.partition(":")[0]) for found in _findings(file)} == {("config-wrong", "conform")}


CONFIGURABLE = (
    "black-box",
    "pipe",
    "http",
)


@pytest.mark.parametrize("driver", ['"telnet"', '"book"', "3", '["pipe"]'])
def test_a_driver_that_reaches_no_implementation_of_the_users_is_refused_with_those_that_do(
    tmp_path: Path, driver: str
) -> None:
    file = _written(tmp_path, f'[[conform]]\nname = "w"\nspec = "a.yaml"\ncommand = ["./w"]\ndriver = {driver}\n')
    (found,) = _findings(file)
    assert found.place.line == 5
    assert found.help == f"Choose one of: {', '.join(CONFIGURABLE)}."


@pytest.mark.parametrize("word", [kind.word for kind in DRIVERS if kind.configurable])
def test_an_entry_without_what_its_driver_needs_is_refused(tmp_path: Path, word: str) -> None:
    missing = "url" if word == "http" else "command"
    file = _written(tmp_path, f'[[conform]]\nname = "w"\nspec = "a.yaml"\ndriver = "{word}"\n')
    assert _mistakes(file) == [(1, 1, f"this entry has no {missing}")]


def test_mistakes_in_other_lists_are_not_reported(tmp_path: Path) -> None:
    file = _written(tmp_path, '[[generate]]\nspec = 4\n[[conform]]\nname = "w"\nspec = "a.yaml"\ncommand = ["./w"]\n')
    assert [entry.implementation.name for entry in conform_entries(file)] == ["w"]
