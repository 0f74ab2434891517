"""Real findings of a real spec, in every format."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import Draft202012Validator

from pointsman.reporting import FORMATS
from pointsman.reporting.record import result_schema
from tests import forked
from tests.unit.reporting.test_annotations import commands

STUCK = """\
pointsman: 1
lifecycle: stuck
statuses:
  open: {initial: true}
  lost: {}
  closed: {terminal: true}
transitions:
  - {from: open, to: lost}
  - {from: open, to: closed}
"""
CLEAN = STUCK.replace("  lost: {}\n", "").replace("  - {from: open, to: lost}\n", "")
BROKEN = STUCK.replace("to: closed", "to: cloesd")


def lint(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return forked.run([sys.executable, "-m", "pointsman", "lint", *words], cwd=folder, text=True)


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    for name, text in {"stuck": STUCK, "clean": CLEAN, "broken": BROKEN}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize("form", [form.name for form in FORMATS])
@pytest.mark.parametrize(
    ("given", "code"),
    [(["clean"], 0), (["stuck"], 1), (["broken"], 3), (["clean", "stuck"], 1), (["stuck", "broken"], 3)],
)
def test_every_format_ends_with_the_same_code(specs: Path, given: list[str], code: int, form: str) -> None:
    done = lint(specs, *(f"{name}.yaml" for name in given), "--format", form)
    assert (done.returncode, done.stderr) == (code, "")


def test_text_shows_the_line_the_word_and_what_to_do(specs: Path) -> None:
    shown = lint(specs, "stuck.yaml").stdout
    first = shown.splitlines()
    assert first[0].startswith("stuck.yaml:5:3 error dead-end: ")
    assert first[1:3] == ["  5 │   lost: {}", "    │   ^^^^"]
    assert first[3].startswith("    help: ")


def test_every_format_tells_of_the_same_finding_at_the_same_place(specs: Path) -> None:
    record = json.loads(lint(specs, "stuck.yaml", "--format", "json").stdout)
    Draft202012Validator(result_schema()).validate(record)
    found = [(each["code"], each["place"]["line"], each["place"]["column"]) for each in record["findings"]]
    assert ("dead-end", 5, 3) in found
    run = json.loads(lint(specs, "stuck.yaml", "--format", "sarif").stdout)["runs"][0]
    regions = [each["locations"][0]["physicalLocation"]["region"] for each in run["results"]]
    rules = [each["ruleId"] for each in run["results"]]
    assert [(code, *place.values()) for code, place in zip(rules, regions, strict=True)] == found
    marked = [told for _, told, _ in commands(lint(specs, "stuck.yaml", "--format", "github").stdout)]
    assert [(told["title"], int(told["line"]), int(told["col"])) for told in marked] == found
    cases = fromstring(lint(specs, "stuck.yaml", "--format", "junit").stdout).findall(".//testcase")  # noqa: S314 - ours
    assert [case.attrib["line"] for case in cases] == [str(line) for _, line, _ in found]


def test_a_moved_line_is_the_same_finding(specs: Path) -> None:
    def fingerprints() -> list[str]:
        record = json.loads(lint(specs, "stuck.yaml", "--format", "json").stdout)
        return [found["fingerprint"] for found in record["findings"]]

    before = fingerprints()
    (specs / "stuck.yaml").write_text("# a comment above\n\n" + STUCK)
    assert fingerprints() == before != []


def test_a_spec_from_standard_input_is_linted_without_its_lines(specs: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pointsman", "lint", "-"],
        cwd=specs,
        input=STUCK,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>:5:3 error dead-end: ")


def test_a_spec_through_a_pipe_of_the_shell_is_linted(specs: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m pointsman lint <(cat stuck.yaml)"],
        cwd=specs,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert ":5:3 error dead-end: " in done.stdout
