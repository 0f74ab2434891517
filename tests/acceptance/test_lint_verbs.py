"""`lint`, `rules` and `explain`, as a person calls them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from pointsman.cli import main
from pointsman.linting.rules import LOAD_RULES, RULES
from pointsman.linting.rules.rule import LoadRule, Rule
from tests.unit.rules.specs import PLAIN, changed

SPECS = sorted((Path(__file__).parents[2] / "spec").glob("*.yaml"))
EVERY: tuple[Rule | LoadRule, ...] = (*RULES, *LOAD_RULES)
DEAD = changed(PLAIN, ("  sent:    {}", "  sent:    {}\n  lost:    {}")) + "  - {from: sent, to: lost, event: lost}\n"
OLD = changed(PLAIN, ("  sent:    {}", "  sent:    {}\n  old:     {}"))


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "payout.yaml"
    path.write_text(PLAIN)
    return path


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_specs_of_the_repository_have_no_findings_and_no_ignores(path: Path) -> None:
    assert "pointsman-ignore" not in path.read_text(encoding="utf-8")
    assert main(["lint", str(path)]) == 0


def test_a_clean_spec_is_summed_up_in_a_line(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(spec)]) == 0
    assert capsys.readouterr().out == "payout: 3 statuses, 2 transitions, 0 findings\n"


def test_a_finding_has_its_place_and_ends_the_run_with_1(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(DEAD)
    assert main(["lint", str(spec)]) == 1
    out = capsys.readouterr().out
    assert f"{spec}:6:3 error dead-end: lost is not terminal, and no transition leads out of it" in out
    assert "payout: 4 statuses, 3 transitions, 1 finding" in out


@pytest.mark.parametrize(
    ("fail_on", "text", "code"),
    [("error", DEAD, 1), ("error", OLD, 0), ("warning", OLD, 1), ("note", OLD, 1)],
)
def test_fail_on_says_which_findings_end_the_run_with_1(fail_on: str, text: str, code: int, spec: Path) -> None:
    spec.write_text(text)
    assert main(["lint", "--fail-on", fail_on, str(spec)]) == code


def test_a_spec_that_cannot_be_loaded_does_not_hide_what_the_others_have(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(DEAD)
    broken = tmp_path / "broken.yaml"
    broken.write_text(PLAIN.replace("to: paid", "to: payd"))
    assert main(["lint", str(broken), str(spec), str(tmp_path / "none.yaml"), "--quiet"]) == 3
    out = capsys.readouterr().out
    assert f"{broken}:9:25 error undeclared-status: the status payd is not declared. Did you mean 'paid'?" in out
    assert f"{spec}:6:3 error dead-end" in out
    assert f"{tmp_path / 'none.yaml'}:1:1 error file-missing" in out


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Input:
        buffer = io.BytesIO(DEAD.encode())

    monkeypatch.setattr(sys, "stdin", Input())
    assert main(["lint", "-", "--quiet"]) == 1
    assert capsys.readouterr().out.startswith("<stdin>:6:3 error dead-end")


def test_standard_input_twice_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "-", "-"]) == 2
    assert "once" in capsys.readouterr().err


def test_a_spec_that_is_named_twice_is_linted_once(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(spec), str(spec)]) == 0
    assert capsys.readouterr().out.count("payout:") == 1


def test_lint_for_machines_counts_by_spec(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(DEAD)
    main(["lint", str(spec), "--format", "json"])
    record = json.loads(capsys.readouterr().out)
    assert record["data"]["specs"] == [
        {"spec": str(spec), "lifecycle": "payout", "statuses": 4, "transitions": 3, "findings": 1}
    ]
    assert [finding["code"] for finding in record["findings"]] == ["dead-end"]


def test_rules_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    out = capsys.readouterr().out
    assert all(rule.code in out for rule in EVERY)
    main(["rules", "--format", "json"])
    told = json.loads(capsys.readouterr().out)["data"]["rules"]
    assert [(rule["code"], rule["severity"]) for rule in told] == [(rule.code, rule.severity) for rule in EVERY]


@pytest.mark.parametrize("code", [rule.code for rule in EVERY])
def test_explain_prints_the_page_of_every_rule(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code]) == 0
    assert capsys.readouterr().out.startswith(f"# {code}\n")


def test_explain_knows_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "dead_end"]) == 2
    assert "there is no rule 'dead_end'. Did you mean 'dead-end'?" in capsys.readouterr().err


def test_listing_and_explaining_rules_needs_neither_the_graph_nor_the_sql_library() -> None:
    import subprocess

    script = (
        "import sys; from pointsman.cli import main; main(['rules']); main(['explain', 'trap']); "
        "sys.exit(any(name in sys.modules for name in ('networkx', 'sqlglot', 'yaml')))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_linting_our_specs_needs_neither_the_graph_nor_the_sql_library() -> None:
    import subprocess

    script = (
        "import sys; from pointsman.cli import main; main(['lint', *sys.argv[1:]]); "
        "sys.exit(any(name in sys.modules for name in ('networkx', 'sqlglot')))"
    )
    command = [sys.executable, "-c", script, *map(str, SPECS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
