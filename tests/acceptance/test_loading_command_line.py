"""Bad specs on the command line: exit code 3, the finding with its place, and never a traceback."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pointsman.cli import main
from pointsman.loading.codes import LOAD_CODES, LoadCode
from pointsman.result import Exit
from tests import bad_specs, forked
from tests.bad_specs import GOOD, Bad

PROGRAM = (sys.executable, "-m", "pointsman")


def lint(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the program as a process of its own, with `given` on its standard input."""
    return forked.run([*PROGRAM, "lint", *words], input=given, timeout=60)


def found(report: str | bytes) -> list[str]:
    """``line:column code`` of every finding in a JSON report."""
    findings: list[dict[str, Any]] = json.loads(report)["findings"]
    return [f"{one['place']['line']}:{one['place']['column']} {one['code']}" for one in findings]


@pytest.mark.parametrize("bad", bad_specs.ALL, ids=str)
def test_a_bad_spec_ends_with_3_and_its_findings(bad: Bad, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "bad.yaml"
    spec.write_bytes(bad.data)
    assert main(["lint", str(spec), "--format", "json"]) == Exit.UNLOADABLE
    assert found(capsys.readouterr().out) == list(bad.found)
    assert main(["lint", str(spec)]) == Exit.UNLOADABLE
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert all(letter.isprintable() or letter == "\n" for letter in said.out)


@pytest.mark.parametrize("verb", ["lint", "show", "generate"])
def test_every_verb_refuses_a_bad_spec_in_the_same_way(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "bad.yaml"
    spec.write_text(GOOD.replace("to: paid", "to: payed"), encoding="utf-8")
    out = ["--out", str(tmp_path / "out")] if verb == "generate" else []
    assert main([verb, str(spec), "--format", "json", *out]) == Exit.UNLOADABLE
    assert found(capsys.readouterr().out) == ["14:22 undeclared-status"]
    assert not (tmp_path / "out").exists()


def test_the_place_is_printed_as_a_person_and_an_editor_want_it(tmp_path: Path) -> None:
    spec = tmp_path / "bad.yaml"
    spec.write_text(GOOD.replace("to: paid", "to: payed"), encoding="utf-8")
    done = lint(str(spec))
    assert done.returncode == Exit.UNLOADABLE
    assert f"{spec}:14:22" in done.stdout.decode()
    assert "Did you mean 'paid'?" in done.stdout.decode()


def test_a_bad_spec_does_not_hide_what_is_wrong_in_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff")
    (tmp_path / "b.yaml").write_bytes(b"- a\n")
    done = lint(str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"), "--format", "json")
    assert done.returncode == Exit.UNLOADABLE
    assert found(done.stdout) == ["1:1 not-utf8", "1:1 not-a-mapping"]


# --- what is no file, or not an ordinary one -----------------------------------------


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    done = lint(str(tmp_path / "no\nsuch.yaml"), "--format", "json")
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 file-missing"])


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    done = lint(str(tmp_path), "--format", "json")
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 not-a-file"])


def test_a_name_that_no_file_can_have_is_unreadable() -> None:
    done = lint("x" * 5000, "--format", "json")
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 file-unreadable"])


def test_a_socket_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may only be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("spec.yaml")
        done = lint("spec.yaml", "--format", "json")
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 file-unreadable"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(GOOD, encoding="utf-8")
    spec.chmod(0)
    done = lint(str(spec), "--format", "json")
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 file-unreadable"])


def test_a_device_without_an_end_is_too_large() -> None:
    done = lint("/dev/zero", "--format", "json")
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 file-too-large"])


def test_the_empty_device_is_empty() -> None:
    done = lint("/dev/null", "--format", "json")
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 file-empty"])


def test_a_pipe_with_a_name_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "spec.yaml"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(GOOD,))
    writer.start()
    done = lint(str(pipe))
    writer.join(timeout=10)
    assert done.returncode in (Exit.OK, Exit.FINDINGS)


# --- standard input ------------------------------------------------------------------


def test_a_good_spec_is_read_from_standard_input() -> None:
    assert lint("-", given=GOOD.encode()).returncode in (Exit.OK, Exit.FINDINGS)


def test_a_mistake_on_standard_input_has_its_place() -> None:
    done = lint("-", given=GOOD.replace("to: paid", "to: payed").encode())
    assert done.returncode == Exit.UNLOADABLE
    assert b"<stdin>:14:22" in done.stdout


def test_nothing_on_standard_input_is_an_empty_file() -> None:
    done = lint("-", "--format", "json")
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 file-empty"])


def test_ten_megabytes_on_standard_input_are_too_large() -> None:
    done = lint("-", "--format", "json", given=b"#" * 10_000_000)
    assert (done.returncode, found(done.stdout)) == (Exit.UNLOADABLE, ["1:1 file-too-large"])


# --- what a code means -----------------------------------------------------------------


@pytest.mark.parametrize("one", LOAD_CODES, ids=lambda one: one.code)
def test_every_code_of_the_loader_can_be_explained(one: LoadCode, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", one.code]) == Exit.OK
    page = capsys.readouterr().out
    assert page.startswith(f"# {one.code}\n")
    assert "Severity: error" in page
    assert "The loader finds it" in page
