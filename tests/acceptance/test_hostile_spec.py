"""A spec whose stored values hold quotes, SQL, templates and markup: in every target they are data and nothing else."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pointsman.cli import main
from pointsman.loading.load import load
from pointsman.result import Exit
from pointsman.spec.lifecycle import Lifecycle
from tests.guards import expected, python_guard, strangers
from tests.lifecycles import HOSTILE_VALUES
from tests.toolchains import need

VALUES = [
    *HOSTILE_VALUES,
    "'); select pg_sleep(60); --",
    "{{ ''.__class__.__mro__ }}",
    '"; import os; "',
    '\\"; panic(1)',
]


def text() -> str:
    """A spec of one status per value, in a row, with the value as its summary too."""
    last = len(VALUES) - 1
    statuses = {
        f"s{number}": {"value": value, "summary": value, "initial": number == 0, "terminal": number == last}
        for number, value in enumerate(VALUES)
    }
    events = {f"e{number}": {"value": value, "summary": value} for number, value in enumerate(VALUES)}
    transitions = [
        {"from": f"s{number}", "to": f"s{number + 1}", "event": f"e{number}", "summary": VALUES[number]}
        for number in range(last)
    ]
    spec = {
        "pointsman": 1,
        "lifecycle": "hostile",
        "summary": '\'; drop table hostile; -- """ */ {{ 1 }}',
        "table": {"name": "hostile", "columns": {"note": {"type": "text", "default": "'; drop table hostile; --"}}},
        "statuses": statuses,
        "events": events,
        "transitions": transitions,
    }
    return json.dumps(spec, ensure_ascii=False, indent=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spec and all that is generated from it."""
    top = tmp_path_factory.mktemp("hostile")
    (top / "hostile.yaml").write_text(text(), encoding="utf-8")
    assert main(["generate", str(top / "hostile.yaml"), "--out", str(top), "--quiet"]) == Exit.OK
    return top


@pytest.fixture(scope="module")
def lifecycle(folder: Path) -> Lifecycle:
    return load(folder / "hostile.yaml")


def test_hostile_values_are_loaded_as_they_are(lifecycle: Lifecycle) -> None:
    assert [status.value for status in lifecycle.statuses] == VALUES


def test_hostile_values_are_data_in_python(lifecycle: Lifecycle) -> None:
    guard = python_guard(lifecycle)
    for (source, target), allowed in expected(lifecycle).items():
        assert guard.can_transition(source, target) is allowed
    assert not any(guard.can_transition(stranger, stranger) for stranger in strangers(lifecycle))


def test_hostile_values_are_data_in_go(folder: Path) -> None:
    need("go")
    (folder / "go.mod").write_text("module hostile\n\ngo 1.21\n", encoding="utf-8")
    done = subprocess.run(["go", "test", "./..."], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hostile_values_are_data_in_a_diagram(folder: Path, lifecycle: Lifecycle) -> None:
    command = [need("dot"), "-Tjson0", str(folder / "hostile.dot")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    drawn = [one["name"] for one in json.loads(done.stdout)["objects"] if "nodes" not in one]
    assert {status.name for status in lifecycle.statuses} <= set(drawn)


def test_hostile_values_are_data_in_postgres(folder: Path, lifecycle: Lifecycle, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute((folder / "schema.sql").read_bytes())
        for value in VALUES:
            connection.execute("insert into hostile (status) values (%s)", [value])
        kept = connection.execute("select status, note from hostile order by id").fetchall()
        assert kept == [(value, "'; drop table hostile; --") for value in VALUES]
        moves = sql.SQL("update hostile set status = %s where status = %s")
        connection.execute(moves, [VALUES[-1], VALUES[-2]])
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(moves, [VALUES[0], VALUES[-1]])


def test_hostile_values_do_not_act_in_a_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(folder / "hostile.yaml")]) == Exit.OK
    assert all(letter.isprintable() or letter == "\n" for letter in capsys.readouterr().out)
