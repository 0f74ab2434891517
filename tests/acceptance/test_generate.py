"""`pointsman generate`, as a person calls it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pointsman.cli import main
from pointsman.result import Exit
from pointsman.writing.target import read_mark
from tests.checkout import TOP
from tests.guards import SELLER_TRANSFER
from tests.toolchains import need

SMALL = """\
pointsman: 1
lifecycle: door
statuses:
  open: {initial: true, resting: true}
  shut: {terminal: true}
transitions:
  - {from: open, to: shut, event: shoved}
"""

DOOR = {
    "door_guard.py",
    "door_guard.go",
    "door_guard_test.go",
    "door.dot",
    "door.mmd",
}
"""Every file that is generated from `SMALL`, which has no table."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory with the spec `door.yaml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "door.yaml").write_text(SMALL)
    return tmp_path


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _configured(folder: Path, targets: str) -> None:
    (folder / "pointsman.toml").write_text(f'[[generate]]\nspec = "door.yaml"\n{targets}')


def test_what_is_committed_is_what_would_be_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TOP)
    assert main(["generate", "--check"]) == Exit.OK


def test_without_a_configuration_everything_goes_into_one_folder(here: Path) -> None:
    assert main(["generate", "door.yaml"]) == Exit.OK
    assert _files(here / "generated" / "door") == DOOR


def test_a_spec_with_a_table_gets_its_sql_too(here: Path) -> None:
    assert main(["generate", str(SELLER_TRANSFER), "--out", "here"]) == Exit.OK
    assert {"schema.sql", "queries.sql"} <= _files(here / "here")


def test_sql_that_is_asked_for_needs_a_table(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "door.yaml", "--target", "sql"]) == Exit.USAGE
    assert "table" in capsys.readouterr().err
    assert _files(here) == {"door.yaml"}


def test_every_file_says_what_it_was_generated_from(here: Path) -> None:
    main(["generate", str(SELLER_TRANSFER), "--out", "here"])
    marks = {read_mark((here / "here" / name).read_text()) for name in _files(here / "here")}
    assert len(marks) == 1
    assert {mark.spec for mark in marks if mark} == {"seller_transfer.yaml"}


def test_the_same_bytes_come_out_of_any_process_in_any_folder(here: Path) -> None:
    (here / "below").mkdir()
    shutil.copy(SELLER_TRANSFER, here / "below")
    for number, (seed, folder, spec) in enumerate(
        [("0", here, "below/seller_transfer.yaml"), ("7", here / "below", str(SELLER_TRANSFER))]
    ):
        subprocess.run(
            [sys.executable, "-m", "pointsman", "generate", spec, "--out", str(here / str(number))],
            cwd=folder,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": f"Etc/GMT+{number}", "LC_ALL": "C"},
            check=True,
            capture_output=True,
        )
    first, second = here / "0", here / "1"
    assert _files(first) == _files(second)
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in _files(first))


def test_a_second_run_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["generate", "door.yaml"])
    capsys.readouterr()
    assert main(["generate", "door.yaml"]) == Exit.OK
    assert f"0 files written, {len(DOOR)} unchanged." in capsys.readouterr().out


def test_check_shows_a_diff_and_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["generate", "door.yaml"])
    guard = here / "generated" / "door" / "door_guard.py"
    stale = guard.read_text().replace('OPEN = "open"', 'OPEN = "ajar"')
    guard.write_text(stale)
    (here / "generated" / "door" / "door.dot").unlink()
    capsys.readouterr()
    assert main(["generate", "door.yaml", "--check"]) == Exit.FINDINGS
    said = capsys.readouterr().out
    assert '-    OPEN = "ajar"\n+    OPEN = "open"\n' in said
    assert "generated-stale: generated/door/door_guard.py" in said
    assert "generated-missing: generated/door/door.dot" in said
    assert guard.read_text() == stale
    assert not (here / "generated" / "door" / "door.dot").exists()


def test_the_diff_of_check_is_one_that_git_can_apply(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["generate", "door.yaml", "--target", "python"])
    guard = here / "generated" / "door" / "door_guard.py"
    fresh = guard.read_text()
    guard.write_text(fresh.replace("open", "ajar"))
    capsys.readouterr()
    main(["generate", "door.yaml", "--target", "python", "--check", "--format", "json"])
    diff = json.loads(capsys.readouterr().out)["data"]["diff"]
    subprocess.run(["git", "apply", "-p0"], input=diff, text=True, check=True, capture_output=True)
    assert guard.read_text() == fresh


def test_a_changed_spec_makes_every_file_stale(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["generate", "door.yaml"])
    (here / "door.yaml").write_text(SMALL.replace("shoved", "pushed"))
    capsys.readouterr()
    assert main(["generate", "door.yaml", "--check", "--format", "json"]) == Exit.FINDINGS
    states = [file["state"] for file in json.loads(capsys.readouterr().out)["data"]["files"]]
    assert states == ["stale"] * len(DOOR)


def test_the_configuration_says_what_goes_where_from_any_folder_below(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configured(here, 'python = "src"\ngo = { out = "go", package = "doors" }\n')
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    assert main(["generate"]) == Exit.OK
    made = {"src/door_guard.py", "go/door_guard.go", "go/door_guard_test.go"}
    assert _files(here) == made | {"door.yaml", "pointsman.toml"}
    assert "package doors" in (here / "go" / "door_guard.go").read_text()
    assert main(["generate", "../door.yaml", "--check"]) == Exit.OK


def test_a_target_can_be_chosen_from_the_configuration(here: Path) -> None:
    _configured(here, 'python = "src"\nmermaid = "docs"\n')
    assert main(["generate", "--target", "mermaid"]) == Exit.OK
    assert _files(here) == {"docs/door.mmd", "door.yaml", "pointsman.toml"}


def test_a_file_that_is_generated_no_longer_is_reported_and_left(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _configured(here, 'python = "src"\nmermaid = "src"\n')
    main(["generate"])
    _configured(here, 'python = "src"\n')
    capsys.readouterr()
    assert main(["generate"]) == Exit.OK
    assert "src/door.mmd was generated from this spec and is no longer" in capsys.readouterr().out
    assert main(["generate", "--check"]) == Exit.FINDINGS
    assert (here / "src" / "door.mmd").exists()
    assert main(["generate", "--check", "--target", "python"]) == Exit.OK


def test_two_files_in_one_place_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "Door.yaml").write_text(SMALL)
    (here / "pointsman.toml").write_text(
        '[[generate]]\nspec = "door.yaml"\npython = "src"\n[[generate]]\nspec = "Door.yaml"\npython = "SRC"\n'
    )
    assert main(["generate"]) == Exit.USAGE
    assert "would both be" in capsys.readouterr().err
    assert not (here / "src").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is nothing to generate"),
        (["door.yaml", "--target", "pyton"], "there is no target 'pyton'. Did you mean 'python'?"),
        (["--out", "x"], "give exactly one SPEC"),
        (["door.yaml", "--check", "--svg"], "Leave one out"),
        (["door.yaml", "--svg", "--target", "python"], "--target dot"),
        (["door.yaml", "--templates", "none"], "no such folder of templates"),
        (["door.yaml", "--out", "door.yaml"], "cannot be written"),
    ],
)
def test_wrong_usage_is_said_and_nothing_is_written(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["generate", *words]) == Exit.USAGE
    assert said in capsys.readouterr().err
    assert _files(here) == {"door.yaml"}


def test_a_spec_that_cannot_be_loaded_keeps_the_others_from_being_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "broken.yaml").write_text("pointsman: 1\n")
    assert main(["generate", "door.yaml", "broken.yaml", "none.yaml"]) == Exit.UNLOADABLE
    said = capsys.readouterr().out
    assert "broken.yaml:1" in said
    assert "none.yaml" in said
    assert _files(here) == {"door.yaml", "broken.yaml"}


def test_a_mistake_in_the_configuration_is_a_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _configured(here, 'pyton = "src"\n')
    assert main(["generate"]) == Exit.UNLOADABLE
    assert "pointsman.toml:3:1 error config-wrong" in capsys.readouterr().out


def test_a_spec_with_findings_can_be_generated(here: Path) -> None:
    (here / "door.yaml").write_text(SMALL.replace("  shut:", "  lost: {}\n  shut:"))
    assert main(["lint", "door.yaml"]) == Exit.FINDINGS
    assert main(["generate", "door.yaml"]) == Exit.OK


def test_a_file_written_by_hand_is_left_alone_unless_forced(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "door_guard.py").write_text("mine\n")
    words = ["generate", "door.yaml", "--target", "python", "--out", "."]
    assert main(words) == Exit.USAGE
    assert "door_guard.py was not generated by Pointsman" in capsys.readouterr().err
    assert (here / "door_guard.py").read_text() == "mine\n"
    assert main([*words, "--force"]) == Exit.OK
    assert "can_transition" in (here / "door_guard.py").read_text()


def test_svg_is_drawn_beside_the_diagram_and_never_compared(here: Path) -> None:
    need("dot", why="install Graphviz")
    assert main(["generate", "door.yaml", "--svg"]) == Exit.OK
    drawing = here / "generated" / "door" / "door.svg"
    assert "shoved" in drawing.read_text()
    assert main(["generate", "door.yaml", "--svg"]) == Exit.OK
    drawing.write_text(drawing.read_text().replace("shoved", "pushed"))
    assert main(["generate", "door.yaml", "--check"]) == Exit.OK


def test_without_graphviz_svg_says_what_to_do_and_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["generate", "door.yaml", "--svg"]) == Exit.USAGE
    assert "Install Graphviz" in capsys.readouterr().err
    assert _files(here) == {"door.yaml"}


def test_the_targets_can_be_listed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--list", "--format", "json"]) == Exit.OK
    listed = json.loads(capsys.readouterr().out)["data"]["targets"]
    assert [target["name"] for target in listed] == [
        "python",
        "go",
        "dot",
        "mermaid",
        "sql",
    ]


@pytest.mark.parametrize("verb", ["lint", "show"])
def test_other_verbs_do_not_pay_for_what_only_generating_needs(verb: str, tmp_path: Path) -> None:
    (tmp_path / "door.yaml").write_text(SMALL)
    program = (
        "import sys; from pointsman.cli import main; main(sys.argv[1:]);"
        "print([name for name in ('jinja2', 'graphviz') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, verb, "door.yaml"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n")
