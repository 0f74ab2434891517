"""The guide for authors of workers says what is true, and its example runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

from pointsman.loading.load import load_text
from pointsman_conformance.core.driver import Ack
from pointsman_conformance.core.plan import Create, Happen, Plan
from pointsman_conformance.core.shapes import problems
from pointsman_conformance.doctor import examine
from pointsman_conformance.drivers.environment import USUAL
from pointsman_conformance.drivers.pipe import over_pipe
from pointsman_conformance.laws import judge
from pointsman_conformance.postgres import PostgresServer
from pointsman_conformance.protocol.messages import BY_CMD, CAPABILITIES, MESSAGES
from tests.acceptance.protocol.subjects import on_pipe
from tests.checkout import TOP

GUIDE = (TOP / "docs" / "worker-guide.md").read_text(encoding="utf-8")


def block(language: str, having: str = "") -> str:
    """The first block of code in this language that has these words in it."""
    found = re.finditer(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return next(each[1] for each in found if having in each[1])


def rows(header: str) -> list[list[str]]:
    """The cells of the table under this header."""
    table = GUIDE.partition(header)[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.strip().splitlines()[1:]]


def test_it_names_the_variables_of_the_environment() -> None:
    assert [name.strip("`") for name, _ in rows("| variable | holds |\n")] == list(USUAL)


def test_it_has_every_message_with_its_meaning() -> None:
    told = [(f"`{each.cmd}`", each.says, f"`{each.needs}`" if each.needs else "") for each in MESSAGES]
    assert [tuple(row) for row in rows("| message | what it asks | only with |\n")] == told


def test_it_has_every_capability_and_every_answer() -> None:
    assert {name.strip("`"): says for name, says in rows("| capability | means |\n")} == CAPABILITIES
    assert [name.strip("`") for name, _ in rows("| answer | say it when |\n")] == list(Ack)


def test_its_conversation_fits_the_protocol() -> None:
    lines = [line.split(maxsplit=1) for line in block("text", "kit  ").splitlines()]
    assert [who for who, _ in lines] == ["kit", "adapter"] * (len(lines) // 2)
    for (_, asked), (_, answered) in zip(lines[::2], lines[1::2], strict=True):
        message, answer = json.loads(asked), json.loads(answered)
        assert list(problems(BY_CMD[message["cmd"]].request, message)) == []
        assert list(problems(BY_CMD[message["cmd"]].reply, answer)) == []
        assert answer["seq"] == message["seq"]


def test_its_whole_example_is_healthy_and_keeps_the_laws(postgres: PostgresServer, tmp_path: Path) -> None:
    lifecycle = load_text(block("yaml", "lifecycle: ticket"))
    program = tmp_path / "desk.py"
    program.write_text(block("python", "ticket desk"), encoding="utf-8")
    command = [sys.executable, str(program)]
    with postgres.database() as dsn:
        signs = examine(lifecycle, lambda: over_pipe(lifecycle, command, dsn))
    assert [sign for sign in signs if not sign.good] == []
    plan: Plan = (Create("1", "open"), Happen("1", "answered", "desk", "e1"), Happen("1", "answered", "desk", "e2"))
    with postgres.database() as dsn, on_pipe(dsn, command, lifecycle) as driver:
        driver.begin("guide")
        assert [driver.play(step).answer for step in plan] == ["applied", "applied", "ignored"]
        assert driver.rows()["1"]["status"] == "closed"
        verdicts = judge(lifecycle, driver.history())
        assert [verdict.law for verdict in verdicts if verdict.breaches] == []
        assert any(verdict.law == "guarded-write" and verdict.met for verdict in verdicts)


def test_its_adapter_of_the_reference_service_is_there() -> None:
    command = next(line for line in block("sh", "adapter.py").splitlines())
    assert (TOP / command.split()[-1]).is_file()


def test_its_tap_says_everything_again_without_the_kit(tmp_path: Path) -> None:
    spec, program, tap = tmp_path / "ticket.yaml", tmp_path / "desk.py", tmp_path / "tap.jsonl"
    spec.write_text(block("yaml", "lifecycle: ticket"), encoding="utf-8")
    program.write_text(block("python", "ticket desk"), encoding="utf-8")
    words = [sys.executable, "-m", "pointsman", "doctor", str(spec), "--driver", "pipe", "--tap", str(tap), "--quiet"]
    subprocess.run([*words, "--", sys.executable, str(program)], check=True, timeout=60, cwd=tmp_path)
    with tap.open(encoding="utf-8") as file:
        again = subprocess.run(
            [sys.executable, str(program)], stdin=file, capture_output=True, text=True, check=True, timeout=20
        )
    told = [json.loads(line) for line in tap.read_text(encoding="utf-8").splitlines()]
    assert [json.loads(line)["seq"] for line in again.stdout.splitlines()] == [each["seq"] for each in told]
    assert (told[0]["cmd"], told[-1]["cmd"]) == ("start", "stop")
