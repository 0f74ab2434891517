"""The verbs of the command line, each and together."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

import pointsman.verbs
from pointsman.commands import all_verbs, find_verb, verb_parser
from pointsman.verbs import OWN

COSTLY = ("networkx", "yaml", "sqlglot", "jinja2", "graphviz", "rich", "psycopg", "shtab")


def test_every_module_is_a_verb_and_every_verb_a_module() -> None:
    folder = Path(pointsman.verbs.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name in OWN} == modules
    assert len(set(OWN)) == len(OWN)


@pytest.mark.parametrize("name", OWN)
def test_every_verb_says_in_a_line_what_it_does(name: str) -> None:
    words = find_verb(name).HELP
    assert words[0].islower()
    assert "\n" not in words
    assert not words.endswith(".")


@pytest.mark.parametrize("name", OWN)
def test_every_argument_of_every_verb_is_explained(name: str) -> None:
    parser = verb_parser(name, find_verb(name))
    assert [action.dest for action in parser._actions if action.help in (None, "", argparse.SUPPRESS)] == []


def test_looking_at_every_verb_imports_no_library_that_takes_time() -> None:
    program = (
        "import sys, pointsman.commands\n"
        "pointsman.commands.all_verbs()\n"
        f"print(*(name for name in {COSTLY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_verb_is_found_without_looking_for_those_of_other_packages() -> None:
    program = "import sys, pointsman.commands as c; c.find_verb('lint'); print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_own_verbs_come_first_and_in_their_order() -> None:
    assert tuple(all_verbs()[0])[: len(OWN)] == OWN
