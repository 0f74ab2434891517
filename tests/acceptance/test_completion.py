"""Completion scripts in the shells that they are for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pointsman.linting.rules import LOAD_RULES, RULES
from pointsman.reporting import FORMATS
from pointsman.verbs.completion import SHELLS
from tests import forked
from tests.toolchains import need

_ASK_BASH = r"""
source "$1"
asked=$(complete -p pointsman)
function=${asked#*-F }
function=${function%% *}
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMPREPLY=()
"$function" pointsman "${@: -1}" "${@: -2:1}"
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The script of each shell, as the program prints it."""
    folder = tmp_path_factory.mktemp("scripts")
    made = {}
    for shell in SHELLS:
        made[shell] = folder / f"pointsman.{shell}"
        printed = forked.run([sys.executable, "-m", "pointsman", "completion", shell], text=True, check=True)
        made[shell].write_text(printed.stdout)
    return made


def bash(script: Path, *words: str) -> list[str]:
    """What bash offers for the last of `words`."""
    asked = subprocess.run(
        [need("bash"), "-c", _ASK_BASH, "ask", script, *words], capture_output=True, text=True, check=True
    )
    assert asked.stderr == ""
    return asked.stdout.split()


def test_bash_completes_verbs_options_and_choices(script: dict[str, Path]) -> None:
    assert bash(script["bash"], "pointsman", "sch") == ["schema"]
    assert {"--format", "--output", "--of", "--quiet"} <= set(bash(script["bash"], "pointsman", "schema", "--"))
    assert bash(script["bash"], "pointsman", "schema", "--format", "") == [form.name for form in FORMATS]
    assert bash(script["bash"], "pointsman", "completion", "f") == ["fish"]


def test_bash_completes_files(script: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert bash(script["bash"], "pointsman", "schema", "--output", "ord") == ["orders.yaml"]
    assert bash(script["bash"], "pointsman", "lint", "ord") == ["orders.yaml"]
    assert bash(script["bash"], "pointsman", "migrate", "other.yaml", "ord") == ["orders.yaml"]


def test_bash_completes_the_rules_that_can_be_explained(script: dict[str, Path]) -> None:
    assert "dead-end" in bash(script["bash"], "pointsman", "explain", "dead")
    assert len(bash(script["bash"], "pointsman", "explain", "")) == len(RULES) + len(LOAD_RULES)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_of_its_shell(script: dict[str, Path], shell: str) -> None:
    read = subprocess.run([need(shell), "-n", script[shell]], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


def test_fish_completes_verbs_and_choices(script: dict[str, Path], tmp_path: Path) -> None:
    def fish(line: str) -> list[str]:
        asked = subprocess.run(
            [need("fish"), "--no-config", "-c", f"source {script['fish']}; complete -C '{line}'"],
            env=os.environ | {"HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return [offered.split("\t")[0] for offered in asked.stdout.splitlines()]

    assert fish("pointsman sch") == ["schema"]
    assert set(fish("pointsman schema --format ")) == {form.name for form in FORMATS}


def test_tcsh_reads_its_script(script: dict[str, Path]) -> None:
    read = subprocess.run(
        [need("tcsh"), "-f", "-c", f"source {script['tcsh']}; complete"], capture_output=True, text=True, check=True
    )
    assert read.stdout.startswith("pointsman\t")


def test_without_the_library_for_completion_the_message_says_how_to_get_it() -> None:
    missing = "import sys; sys.modules['shtab'] = None\n"
    program = missing + "from pointsman.cli import main; sys.exit(main(['completion', 'zsh']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'pointsman[completion]'" in done.stderr
