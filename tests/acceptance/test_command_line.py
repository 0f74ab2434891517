"""The program as a process: what it prints, where, and how it ends."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import Draft202012Validator

from pointsman.cli import DEFECT
from pointsman.commands import all_verbs
from pointsman.reporting import FORMATS
from pointsman.reporting.record import result_schema
from pointsman.result import Exit
from tests import forked
from tests.acceptance import probes
from tests.unit.reporting.samples import results

REPOSITORY = Path(__file__).parents[2]
FORMS = [form.name for form in FORMATS]
PROGRAM = (sys.executable, "-m", "pointsman")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("added")
    probes.install(folder)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PYTHON"))}
    for name in ("NO_COLOR", "POINTSMAN_TRACEBACK", "LANG"):
        plain.pop(name, None)
    return plain | {"PYTHONPATH": f"{folder}:{REPOSITORY}", "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def pointsman(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return forked.run([*PROGRAM, *words], env=environment, text=True, timeout=60)


def on_a_terminal(environment: Mapping[str, str], *words: str, width: int = 80) -> str:
    """What the program sends to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    with subprocess.Popen([*PROGRAM, *words], env=environment, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux reports so that the last writer has closed the terminal
                break
            if not part:
                break
            seen += part
        process.wait(60)
    os.close(ours)
    return seen.decode()


# --- help and usage ----------------------------------------------------------


def test_alone_it_shows_a_first_example_and_its_verbs(environment: dict[str, str]) -> None:
    alone = pointsman(environment)
    assert alone.returncode == Exit.OK
    assert "$ pointsman lint spec/orders.yaml" in alone.stdout
    assert "  schema " in alone.stdout
    assert alone.stdout == pointsman(environment, "--help").stdout == pointsman(environment, "-h").stdout


def test_the_installed_command_is_the_module() -> None:
    command = Path(sys.executable).with_name("pointsman")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("pointsman ")
    assert done.stdout == subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout


SELLER = str(REPOSITORY / "spec" / "seller_transfer.yaml")
ALONE = {
    "lint": (("lint", SELLER), Exit.OK),
    "check": (("check", SELLER, "--world", "leg:create_reversal"), Exit.OK),
    "show": (("show", SELLER), Exit.OK),
    "generate": (("generate", SELLER, "--out", "made"), Exit.OK),
    "export": (("export", SELLER, "--to", "json", "--world", "leg:create_reversal"), Exit.OK),
    "migrate": (("migrate", SELLER, SELLER), Exit.OK),
    "audit": (("audit", SELLER, "--dsn", "postgresql://127.0.0.1:1/x"), Exit.USAGE),
    "rules": (("rules",), Exit.OK),
    "explain": (("explain", "dead-end"), Exit.OK),
    "init": (("init", "open", "closed", "--out", "-"), Exit.OK),
    "schema": (("schema",), Exit.OK),
    "completion": (("completion", "bash"), Exit.OK),
    "conform": (("conform", SELLER, "--driver", "book", "--wrong", "hot_loop", "--law", "backoff"), Exit.FINDINGS),
    "doctor": (("doctor", SELLER, "--role", "reversal_worker", "--", "false"), Exit.FINDINGS),
    "replay": (("replay", "missing.json", "--driver", "book"), Exit.USAGE),
    "verify": (("verify", SELLER), Exit.USAGE),
}
"""For each verb a run that needs what it imports, and how it ends."""


def test_each_verb_has_a_run_of_its_own() -> None:
    assert set(ALONE) == set(all_verbs()[0])


@pytest.mark.parametrize("verb", ALONE)
def test_each_verb_finds_all_that_it_imports_when_it_runs_alone(verb: str, tmp_path: Path) -> None:
    words, code = ALONE[verb]
    done = subprocess.run([*PROGRAM, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "a defect in Pointsman" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shcema",), "Did you mean 'schema'?"),
        (("porbe",), "Did you mean 'probe'?"),
        (("schema", "--foramt", "json"), "Did you mean '--format'?"),
        (("schema", "--format", "jsno"), "Did you mean 'json'?"),
        (("schema", "--of"), "--of"),
        (("schema", "extra"), "'extra'"),
        (("schema", "--form", "json"), "Did you mean '--format'?"),
        (("--vresion",), "Did you mean '--version'?"),
        (("--format", "json"), "Options follow the verb"),
        (("probe",), "way"),
        (("probe", "misuse"), "name a spec."),
        (("broken",), "probe_verb_that_is_not_there"),
        (("",), "''"),
        (("\x1b[31m",), r"\x1b[31m"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_was_meant(
    environment: dict[str, str], words: tuple[str, ...], said: str
) -> None:
    done = pointsman(environment, *words)
    assert done.returncode == Exit.USAGE
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_a_verb_explains_itself_and_the_options_of_every_report(environment: dict[str, str]) -> None:
    done = pointsman(environment, "probe", "--help")
    assert done.returncode == Exit.OK
    assert "do what a test asks for" in done.stdout
    assert "--quiet" in done.stdout


# --- verbs of other packages -------------------------------------------------


def test_a_verb_that_cannot_be_loaded_is_told_of_and_spoils_nothing_else(environment: dict[str, str]) -> None:
    done = pointsman(environment, "--help")
    assert done.returncode == Exit.OK
    assert "  probe " in done.stdout
    assert "  broken " not in done.stdout
    assert "'broken'" in done.stderr


def test_an_own_verb_cannot_be_replaced(environment: dict[str, str]) -> None:
    assert json.loads(pointsman(environment, "schema").stdout)["title"] == "Pointsman lifecycle"


# --- results and exit codes --------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["clean", "note", "error", "incomplete", "both"])
def test_a_result_has_one_exit_code_in_every_format(environment: dict[str, str], way: str, form: str) -> None:
    done = pointsman(environment, "probe", way, "--format", form)
    assert done.returncode == results()[way].exit_code
    assert done.stderr == ""


@pytest.mark.parametrize("form", FORMS)
def test_a_spec_that_cannot_be_loaded_is_reported_in_the_format_asked_for(
    environment: dict[str, str], form: str
) -> None:
    done = pointsman(environment, "probe", "unreadable", "--format", form)
    assert done.returncode == Exit.UNLOADABLE
    assert "Another." in done.stdout
    assert done.stderr == ""


def test_formats_for_machines_can_be_read_by_machines(environment: dict[str, str]) -> None:
    record = json.loads(pointsman(environment, "probe", "hostile", "--format", "json").stdout)
    Draft202012Validator(result_schema()).validate(record)
    assert record["verb"] == "probe"
    assert json.loads(pointsman(environment, "probe", "hostile", "--format", "sarif").stdout)["version"] == "2.1.0"
    document = pointsman(environment, "probe", "hostile", "--format", "junit").stdout
    assert fromstring(document).tag == "testsuites"  # noqa: S314 - we wrote it


def test_a_defect_is_owned_up_to_in_one_line(environment: dict[str, str]) -> None:
    done = pointsman(environment, "probe", "crash")
    assert done.returncode == DEFECT == 70
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "POINTSMAN_TRACEBACK=1" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_defect_shows_where_it_happened_to_those_who_ask(environment: dict[str, str]) -> None:
    done = pointsman(environment | {"POINTSMAN_TRACEBACK": "1"}, "probe", "crash")
    assert done.returncode == DEFECT
    assert "probe_verb.py" in done.stderr
    assert "\x1b" not in done.stderr


def test_ctrl_c_ends_with_130_and_no_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    def as_a_shell_would() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        [*PROGRAM, "probe", "wait", "--mark", str(mark)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=as_a_shell_would,  # noqa: PLW1509 - one thread, one call
    ) as process:
        while not mark.exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (Exit.INTERRUPTED, "", "pointsman: interrupted\n")


# --- where the report goes ---------------------------------------------------


def through_a_shell(environment: Mapping[str, str], script: str) -> subprocess.CompletedProcess[str]:
    line = script.replace("POINTSMAN", f"{sys.executable} -m pointsman")
    shell = ["bash", "-c", f"set -o pipefail; {line}"]
    return subprocess.run(shell, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_reader_that_leaves_early_is_no_trouble(environment: dict[str, str]) -> None:
    done = through_a_shell(environment, "POINTSMAN probe many | head -1")
    assert (done.returncode, done.stdout, done.stderr) == (Exit.FINDINGS, "line\n", "")


@pytest.mark.parametrize("words", ["", "--help", "probe --help", "--version"])
def test_a_reader_that_is_gone_is_no_trouble_for_help(environment: dict[str, str], words: str) -> None:
    done = through_a_shell(environment, f"(sleep 0.3; POINTSMAN {words}; echo $? >&2) | true")
    assert "Broken" not in done.stderr
    assert done.stderr.splitlines()[-1] == "0"


def test_a_closed_standard_output_is_told_and_not_green(environment: dict[str, str]) -> None:
    done = through_a_shell(environment, "POINTSMAN probe clean >&-")
    assert done.returncode == Exit.USAGE
    assert "--output" in done.stderr


def test_everything_closed_still_gives_an_exit_code(environment: dict[str, str]) -> None:
    assert through_a_shell(environment, "POINTSMAN probe clean >&- 2>&- <&-").returncode == Exit.USAGE


def test_a_full_disk_is_told_and_not_green(environment: dict[str, str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("only Linux has a disk that is always full")
    for way in ("clean", "many"):
        done = through_a_shell(environment, f"POINTSMAN probe {way} >/dev/full")
        assert done.returncode == Exit.USAGE
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_report_can_go_into_a_file(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = pointsman(environment, "probe", "error", "--format", "json", "--output", str(file))
    assert done.returncode == Exit.FINDINGS
    assert done.stdout == ""
    assert done.stderr == f"1 error, 1 note\nThe report is in {file}.\n"
    assert json.loads(file.read_text())["exit_code"] == 1
    quiet = pointsman(environment, "probe", "error", "--quiet", "--output", str(file))
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert file.read_text().count("\n") == 2


def test_a_report_that_cannot_be_written_is_refused_before_the_verb_runs(
    environment: dict[str, str], tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    for place in (tmp_path, tmp_path / "missing" / "report"):
        done = pointsman(environment, "probe", "error", "--output", str(place), "--mark", str(mark))
        assert done.returncode == Exit.USAGE
        assert str(place) in done.stderr
    assert not mark.exists()


# --- how it looks ------------------------------------------------------------


def test_a_terminal_gets_colours_and_nothing_else_does(environment: dict[str, str]) -> None:
    assert "\x1b[1;31merror\x1b[0m" in on_a_terminal(environment, "probe", "error")
    assert "\x1b" not in pointsman(environment, "probe", "error").stdout
    assert "\x1b[" in pointsman(environment, "probe", "error", "--color", "always").stdout
    assert "\x1b" not in on_a_terminal(environment, "probe", "error", "--color", "never")


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colours_gets_none(environment: dict[str, str], setting: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal(environment | setting, "probe", "error")


def test_an_empty_wish_for_no_colours_is_no_wish(environment: dict[str, str]) -> None:
    assert "\x1b[" in on_a_terminal(environment | {"NO_COLOR": ""}, "probe", "error")


def test_a_terminal_is_sent_nothing_that_it_would_obey(environment: dict[str, str]) -> None:
    seen = on_a_terminal(environment | {"NO_COLOR": "1"}, "probe", "hostile")
    assert not any((ord(c) < 0x20 and c not in "\r\n") or 0x7F <= ord(c) < 0xA0 for c in seen)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "setting", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii:strict"}, {"PYTHONIOENCODING": "latin-1"}]
)
def test_a_stream_that_cannot_show_every_character_gets_escapes(
    environment: dict[str, str], form: str, setting: dict[str, str]
) -> None:
    bare = {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = pointsman(environment | bare | setting, "probe", "hostile", "--format", form)
    assert done.returncode == Exit.FINDINGS
    assert done.stderr == ""
    assert done.stdout.isascii()
