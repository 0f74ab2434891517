"""`check`, as a person and as a pipeline call it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from itf_py import trace_from_json  # type: ignore[import-untyped]  # it ships no types
from jsonschema import Draft202012Validator

from pointsman.cli import main
from pointsman.reporting import FORMATS
from pointsman.reporting.record import result_schema
from pointsman.reporting.stories.record import from_record, story_schema
from pointsman.result import Exit
from pointsman.spec.laws import LAWS
from pointsman.spec.premises import DROPPABLE, PREMISES
from pointsman.verdicts.record import check_schema
from pointsman.world.truths import BUILT_IN

ROOT = Path(__file__).parents[2]
SELLER = str(ROOT / "spec" / "seller_transfer.yaml")
PAYOUT = str(ROOT / "spec" / "payout.yaml")
LARGE = str(ROOT / "spec" / "ach_debit.yaml")
FORMS = [form.name for form in FORMATS]
PROGRAM = (sys.executable, "-m", "pointsman", "check")

BARE = """\
pointsman: 1
lifecycle: order_line
statuses:
  open:      {initial: true, resting: true}
  paid:      {resting: true}
  shipped:   {terminal: true}
  cancelled: {terminal: true}
transitions:
  - {from: open, to: paid, event: paid}
  - {from: paid, to: shipped, event: shipped}
  - {from: open, to: cancelled, event: cancelled}
"""
OWN = """\
properties:
  never_back: {summary: It is never open., never: {status: open}}
"""
DEAD = BARE + "  - {from: shipped, to: cancelled, event: lost}\n"

Capture = pytest.CaptureFixture[str]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *words], capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def spec(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "order_line.yaml"
        path.write_text(text)
        return str(path)

    return write


# --- exit codes ------------------------------------------------------------------


def test_a_spec_that_holds_ends_with_0_and_says_what_it_rests_on(capsys: Capture) -> None:
    assert main(["check", SELLER]) == Exit.OK
    out, err = capsys.readouterr()
    assert err == ""
    assert "properties hold, " in out.splitlines()[-1]
    assert "violated" not in out
    assert all(premise.id in out for premise in PREMISES)
    assert "at most one request for each row is still executing" in out
    assert "Said by seller_transfer: while refund_requested is kept, another one is the same one." in out
    assert len(out.splitlines()) <= 33


def test_a_property_that_falls_ends_the_run_with_1_and_shows_the_shortest_run(capsys: Capture) -> None:
    assert main(["check", SELLER, "--without", "stable-key"]) == Exit.FINDINGS
    out = capsys.readouterr().out
    assert "seller_transfer, without stable-key" in out
    assert "each-effect-at-most-once falls in 6 steps: create_transfer has had two effects" in out
    assert "fresh_key_each_attempt)" in out
    assert ":89:3 error each-effect-at-most-once: create_transfer has had two effects (6 steps, world " in out
    assert "help: Look at" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--world", "defualt"], "Did you mean 'default'?"),
        (["--world", "leg:nobody"], "It has default, partial"),
        (["--without", "stable_key"], "Did you mean 'stable-key'?"),
        (["--without", "commits-last"], "`pointsman explain commits-last` says why"),
        (["--rows", "0"], "rows is from 1 to"),
        (["--rows", "9"], "rows is from 1 to"),
        (["--workers", "-1"], "workers is from 1 to"),
        (["--attempts", "100"], "attempts is from 1 to"),
        (["--rows", "two"], "invalid int value"),
        (["--jobs", "0"], "--jobs 0 is no limit"),
        (["--max-states", "0"], "--max-states 0 is no limit"),
        (["--max-depth", "-3"], "--max-depth -3 is no limit"),
        (["--max-memory", "0"], "--max-memory 0 is no limit"),
        (["--timeout", "0"], "--timeout 0 is no limit"),
        (["--timeout", "nan"], "--timeout nan is no limit"),
        (["--no-reducton"], "Did you mean '--no-reduction'?"),
        (["-", "-"], "give - once"),
        (["--stories", SELLER], "--stories"),
        (["--laws", "--without", "stable-key"], "leave out --without"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(words: list[str], says: str, capsys: Capture) -> None:
    assert main(["check", SELLER, *words]) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


def test_a_spec_that_cannot_be_loaded_does_not_hide_what_the_others_come_to(
    spec: Callable[[str], str], capsys: Capture
) -> None:
    broken = spec(BARE.replace("to: paid", "to: payd"))
    assert main(["check", broken, PAYOUT, "nowhere.yaml"]) == Exit.UNLOADABLE
    out = capsys.readouterr().out
    assert "undeclared-status" in out
    assert "file-missing" in out
    assert "payout: " in out.splitlines()[-1]


def test_a_file_that_is_empty_is_told(spec: Callable[[str], str], capsys: Capture) -> None:
    assert main(["check", spec("")]) == Exit.UNLOADABLE
    assert " error " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--max-states", "100"], "the limit of 100 states, after"),
        (["--max-depth", "3"], "the limit of 3 steps, after 3 steps"),
    ],
)
def test_what_a_limit_keeps_from_being_decided_is_unknown_and_ends_with_4(
    words: list[str], why: str, capsys: Capture
) -> None:
    assert main(["check", SELLER, *words]) == Exit.INCOMPLETE
    out = capsys.readouterr().out
    assert "incomplete: seller_transfer, world default: each-effect-at-most-once and " in out
    assert why in out
    assert "(cut)" in out
    assert "unknown" in out
    assert "Never fires" not in out


def test_a_time_that_is_over_leaves_unknown_and_not_looked_at(capsys: Capture) -> None:
    began = time.monotonic()
    assert main(["check", LARGE, "--world", "all", "--rows", "2", "--timeout", "0.5"]) == Exit.INCOMPLETE
    assert time.monotonic() - began < 30
    out = capsys.readouterr().out
    assert "incomplete: ach_debit, world default: " in out
    assert "not looked at: the 0.5 seconds were over before its turn came." in out


def test_too_little_memory_is_unknown(capsys: Capture) -> None:
    words = ["check", LARGE, "--world", "default", "--rows", "2", "--max-memory", "1", "--timeout", "60"]
    assert main(words) == Exit.INCOMPLETE
    assert "the limit of 1,048,576 bytes" in capsys.readouterr().out


def test_what_falls_before_a_limit_outweighs_what_is_unknown(capsys: Capture) -> None:
    words = ["check", SELLER, "--world", "default", "--without", "stable-key", "--max-depth", "6"]
    assert main(words) == Exit.FINDINGS
    out = capsys.readouterr().out
    assert "violated, 6 steps" in out
    assert "unknown" in out


# --- worlds and specs -----------------------------------------------------------------


def test_all_worlds_are_those_that_are_named_where_one_is_not_known(capsys: Capture) -> None:
    assert main(["check", PAYOUT, "--world", "all", "--format", "json"]) == Exit.OK
    (told,) = json.loads(capsys.readouterr().out)["data"]["specs"]
    worlds = [world["world"] for world in told["worlds"]]
    main(["check", PAYOUT, "--world", "nowhere"])
    assert f"It has {', '.join(worlds)}." in capsys.readouterr().err


def test_a_world_that_is_named_twice_is_looked_at_once(capsys: Capture) -> None:
    main(["check", PAYOUT, "--world", "default", "--world", "arrivals", "--world", "default", "--format", "json"])
    (told,) = json.loads(capsys.readouterr().out)["data"]["specs"]
    assert [world["world"] for world in told["worlds"]] == ["default", "arrivals"]


def test_the_spec_says_how_much_is_explored_and_the_command_line_says_more(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "payout.yaml"
    path.write_text(Path(PAYOUT).read_text() + "\ncheck: {workers: 1, attempts: 1}\n")

    def size(*words: str) -> tuple[int, int, int]:
        main(["check", str(path), "--world", "default", "--format", "json", *words])
        world = json.loads(capsys.readouterr().out)["data"]["specs"][0]["worlds"][0]
        return world["rows"], world["workers"], world["attempts"]

    assert size() == (1, 1, 1)
    assert size("--workers", "2") == (1, 2, 1)


def test_bare_statuses_can_be_checked(spec: Callable[[str], str], capsys: Capture) -> None:
    assert main(["check", spec(BARE)]) == Exit.OK
    out = capsys.readouterr().out
    assert "every-transition-can-fire" in out
    assert "arrivals" not in out


def test_a_spec_that_does_not_lint_clean_can_be_checked(spec: Callable[[str], str], capsys: Capture) -> None:
    text = BARE.replace("  cancelled: {terminal: true}", "  cancelled: {terminal: true}\n  lost:      {}")
    text += "  - {from: lost, to: shipped, event: found}\n"
    assert main(["lint", spec(text)]) == Exit.FINDINGS
    capsys.readouterr()
    assert main(["check", spec(text)]) == Exit.FINDINGS
    out = capsys.readouterr().out
    assert "error every-transition-can-fire: lost to shipped never fires: " in out
    assert "Never fires: lost to shipped (found): " in out
    assert "Never reached: status:lost." in out


def test_a_property_of_the_spec_that_falls_is_a_finding_at_its_place(
    spec: Callable[[str], str], capsys: Capture
) -> None:
    path = spec(BARE + OWN)
    assert main(["check", path, "--quiet"]) == Exit.FINDINGS
    line = BARE.count("\n") + 2
    assert capsys.readouterr().out == (
        f"{path}:{line}:3 error own-property: not never: never_back (1 step, world default)\n"
    )


def test_a_property_that_speaks_of_what_is_never_reached_is_vacuous_and_never_green(
    spec: Callable[[str], str], capsys: Capture
) -> None:
    text = BARE.replace("  cancelled: {terminal: true}", "  cancelled: {terminal: true}\n  lost:      {terminal: true}")
    text += "properties:\n  not_lost: {leads_to: {from: {status: lost}, to: {status: shipped}}}\n"
    assert main(["check", spec(text)]) == Exit.INCOMPLETE
    out = capsys.readouterr().out
    assert "incomplete: order_line: not_lost is vacuous: no state that was reached triggers it." in out


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    class Input:
        buffer = io.BytesIO((BARE + OWN).encode())

    monkeypatch.setattr(sys, "stdin", Input())
    assert main(["check", "-", "--quiet"]) == Exit.FINDINGS
    assert capsys.readouterr().out.startswith("<stdin>:")


# --- formats ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([PAYOUT], Exit.OK),
        ([PAYOUT, "--world", "default", "--without", "stable-key"], Exit.FINDINGS),
        ([PAYOUT, "--max-states", "20"], Exit.INCOMPLETE),
        ([PAYOUT, "nowhere.yaml"], Exit.UNLOADABLE),
    ],
)
def test_a_verdict_has_one_exit_code_in_every_format(words: list[str], code: int, form: str, capsys: Capture) -> None:
    assert main(["check", *words, "--format", form]) == code
    out, err = capsys.readouterr()
    assert err == ""
    if form == "json":
        validate(json.loads(out))
    elif form == "sarif":
        (told,) = json.loads(out)["runs"]
        assert told["invocations"][0]["exitCode"] == code
        assert bool(told["results"]) == (code in {Exit.FINDINGS, Exit.UNLOADABLE})
    elif form == "junit":
        top = fromstring(out)  # noqa: S314 - we wrote it
        assert (top.get("failures") != "0") == (code in {Exit.FINDINGS, Exit.UNLOADABLE})
        assert (top.get("errors") != "0") == (code == Exit.INCOMPLETE)
    elif form == "github" and code == Exit.FINDINGS:
        assert out.startswith("::error ")


def validate(record: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(check_schema())
    Draft202012Validator(result_schema()).validate(record)
    Draft202012Validator(check_schema()).validate(record["data"])


def test_the_record_holds_worlds_verdicts_coverage_and_premises(capsys: Capture) -> None:
    main(["check", SELLER, "--world", "default", "--without", "stable-key", "--format", "json"])
    record = json.loads(capsys.readouterr().out)
    data = record["data"]
    (world,) = data["specs"][0]["worlds"]
    assert world["without"] == ["fresh_key_each_attempt"]
    assert data["without"] == ["stable-key"]
    assert [premise["id"] for premise in (*data["premises"], *data["fairness"])] == [p.id for p in PREMISES]
    assert world["states"] == sum(n for name, n in world["reached"].items() if name.startswith("status:"))
    fallen = next(verdict for verdict in world["verdicts"] if verdict["property"] == "each-effect-at-most-once")
    assert fallen["steps"] == len(fallen["story"]["deeds"]) == 6
    assert record["findings"][0]["facts"]["steps"] == "6"
    assert record["findings"][0]["facts"]["world"] == "default"


def test_the_schemas_of_checks_and_stories_are_printed(capsys: Capture) -> None:
    for of, schema in (("check", check_schema()), ("story", story_schema())):
        assert main(["schema", "--of", of]) == Exit.OK
        assert json.loads(capsys.readouterr().out) == schema


@pytest.mark.parametrize(
    "name",
    [
        *(prop.id for prop in BUILT_IN),
        "own-property",
        *(law.id for law in LAWS),
        *(wrong for law in LAWS for wrong in law.wrong),
        *(premise.id for premise in PREMISES),
    ],
)
def test_explain_knows_every_property_law_wrong_implementation_and_premise(name: str, capsys: Capture) -> None:
    assert main(["explain", name]) == Exit.OK
    out = capsys.readouterr().out
    assert out.startswith("# ")
    assert name in out
    assert "pointsman check SPEC" in out
    assert name in (ROOT / "docs" / "check.md").read_text(encoding="utf-8")


# --- laws ----------------------------------------------------------------------------------


def test_each_law_and_premise_is_dropped_and_what_falls_is_told_and_saved(
    spec: Callable[[str], str], tmp_path: Path, capsys: Capture
) -> None:
    path = spec(BARE)
    folder = tmp_path / "stories"
    code = main(["check", path, "--laws", "--format", "json", "--stories", str(folder)])
    record = json.loads(capsys.readouterr().out)
    validate(record)
    told = record["data"]["specs"][0]["laws"]
    alone = [one["wrong"] for one in told if one["beside"] is None]
    assert code == (Exit.INCOMPLETE if record["incomplete"] else Exit.OK)
    assert alone == [*(wrong for law in LAWS for wrong in law.wrong), *(premise.id for premise in DROPPABLE)]
    fallen = next(one for one in told if one["wrong"] == "coerces_unknown_status")
    assert fallen["world"] == "unknown-status"
    assert fallen["steps"] == len(fallen["story"]["deeds"])
    assert (folder / f"order_line-without-coerces_unknown_status-{fallen['property']}.svg").exists()


def test_the_time_is_for_the_laws_too(capsys: Capture) -> None:
    assert main(["check", PAYOUT, "--world", "default", "--laws", "--timeout", "3"]) == Exit.INCOMPLETE
    out = capsys.readouterr().out
    assert "payout, each law and premise dropped by itself" in out
    assert "of the laws and premises: the time was over." in out


# --- stories ------------------------------------------------------------------------------


def test_stories_are_saved_and_can_be_read_back(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "new" / "stories"
    words = ["check", SELLER, "--world", "default", "--without", "stable-key", "--stories", str(folder)]
    assert main(words) == Exit.FINDINGS
    name = "seller_transfer-default-each-effect-at-most-once"
    assert str(folder / name) in capsys.readouterr().out
    story = from_record(json.loads((folder / f"{name}.json").read_text()), name)
    assert (story.prop, story.length, story.without) == ("each-effect-at-most-once", 6, ("fresh_key_each_attempt",))
    assert len(trace_from_json(json.loads((folder / f"{name}.itf.json").read_text())).states) == 7
    assert (folder / f"{name}.mmd").read_text().startswith("sequenceDiagram\n")
    assert fromstring((folder / f"{name}.svg").read_text()).tag.endswith("svg")  # noqa: S314 - we wrote it
    endings = {path.name.split(".", 1)[1] for path in folder.iterdir()}
    assert endings == {"json", "itf.json", "mmd", "svg"}  # and nothing unfinished


def test_witnesses_are_saved_too(spec: Callable[[str], str], tmp_path: Path) -> None:
    text = BARE + "properties:\n  can_ship: {reachable: {status: shipped}}\n"
    assert main(["check", spec(text), "--stories", str(tmp_path)]) == Exit.OK
    story = from_record(json.loads((tmp_path / "order_line-default-can_ship.json").read_text()), "it")
    assert story.length == 3
    assert "can_ship is reached in 3 steps" in (tmp_path / "order_line-default-can_ship.svg").read_text()


def test_two_lifecycles_of_one_name_do_not_overwrite_each_others_stories(tmp_path: Path) -> None:
    text = BARE + "properties:\n  can_ship: {reachable: {status: shipped}}\n"
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(text)
    folder = tmp_path / "stories"
    assert main(["check", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"), "--stories", str(folder)]) == Exit.OK
    assert (folder / "order_line-default-can_ship.json").exists()
    assert (folder / "order_line-default-can_ship-2.json").exists()


# --- the same every time ---------------------------------------------------------------------


def test_two_runs_say_the_same_and_so_do_two_processes() -> None:
    words = (SELLER, PAYOUT, "--without", "settle-before-giving-up")
    first = run(*words)
    assert first.returncode == Exit.FINDINGS
    assert first.stderr == ""
    for again in (run(*words), run(*words, "--jobs", "2"), run(*words, "--jobs", "7")):
        assert (again.returncode, again.stdout, again.stderr) == (first.returncode, first.stdout, "")


def test_wrong_usage_in_a_process_is_wrong_usage() -> None:
    done = run(SELLER, PAYOUT, "--world", "partial", "--jobs", "2")
    assert done.returncode == Exit.USAGE
    assert "payout has no world 'partial'" in done.stderr


# --- Ctrl-C ------------------------------------------------------------------------------------


# Three rows of the seller transfer fit a machine word, and take minutes.
LONG = (SELLER, "--rows", "3", "--workers", "1", "--attempts", "1", "--world", "default")


def started(*words: str) -> subprocess.Popen[str]:
    def as_a_shell_would() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(
        [*PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=as_a_shell_would,  # noqa: PLW1509 - one thread, one call
    )


def let_work(process: int, seconds: float) -> None:
    """Wait until a process and its children have worked for so many processor seconds."""
    if sys.platform != "linux":
        time.sleep(6)
        return
    until = time.monotonic() + 60
    while sum(map(spent, (process, *children_of(process)))) < seconds:
        assert time.monotonic() < until
        time.sleep(0.05)


def spent(process: int) -> float:
    """The processor seconds of a process on Linux."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(process: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_known_and_ends_with_130(jobs: str, spec: Callable[[str], str]) -> None:
    with started(spec(BARE), *LONG, "--jobs", jobs, "--format", "json", "--timeout", "100") as process:
        let_work(process.pid, 2.5)  # until the small world is checked, and the large one begun
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (Exit.INTERRUPTED, "")
    record = json.loads(out)
    validate(record)
    bare, large = record["data"]["specs"]
    assert not bare["worlds"][0]["cut"]
    assert {verdict["standing"] for verdict in bare["worlds"][0]["verdicts"]} <= {"holds", "vacuous"}
    assert any("interrupted" in words for words in record["incomplete"])
    assert "interrupted" in large["worlds"][0]["cut"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_when_the_parent_is_killed_its_processes_end() -> None:
    with started(PAYOUT, *LONG, "--jobs", "2") as process:
        children: list[int] = []
        for _ in range(200):
            children = children_of(process.pid)
            if children:
                break
            time.sleep(0.05)
        assert children
        process.kill()
        process.communicate()
    until = time.monotonic() + 20
    while any(alive(pid) for pid in children):
        assert time.monotonic() < until
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie, whose parent has not waited for it yet, counts as dead.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_a_spec_names_the_worlds_that_it_wants_unless_the_command_line_does(tmp_path: Path, capsys: Capture) -> None:
    spec = tmp_path / "order.yaml"
    spec.write_text(
        "pointsman: 1\nlifecycle: order\nstatuses: {a: {initial: true}, b: {terminal: true}}\n"
        "transitions: [{from: a, to: b}]\ncheck: {worlds: unknown-status}\n",
        encoding="utf-8",
    )
    for words, world in (([], "unknown-status"), (["--world", "default"], "default")):
        main(["check", str(spec), "--format", "json", *words])
        (told,) = json.loads(capsys.readouterr().out)["data"]["specs"]
        assert [each["world"] for each in told["worlds"]] == [world]
