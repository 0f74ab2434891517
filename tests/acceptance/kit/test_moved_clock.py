"""A process whose system's clock moves with the time of a run, and with it the database's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from pointsman.spec.errors import UsageError
from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.core.plan import Advance, Create, Fault, FaultKind, Plan, Settle, Work
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.implementations import not_tested, reached
from pointsman_conformance.postgres import Postgres
from pointsman_conformance.processes.moved_clock import ClockError, MovedClock
from tests.acceptance.kit.boxes import ROOT, SELLER_TRANSFER, breaches, play, seller_transfer
from tests.toolchains import need

ROLE = "reversal_worker"
SERVICE = ROOT / "examples" / "seller_transfers"
PLAN: Plan = (
    Create("1", "reversal_pending"),
    Work(ROLE, faults=(Fault(FaultKind.LOST_REPLY),)),
    Advance(700.0),
    Work(ROLE),
    Settle(),
)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a library is loaded into processes on Linux")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that reads libfaketime's variables."""
    folder = tmp_path_factory.mktemp("clock")
    made = folder / "moves_clocks.so"
    source = Path(__file__).with_name("moves_clocks.c")
    compiler = need("gcc", why="it makes a library that is loaded into processes")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(source)], check=True)
    return made


@pytest.fixture
def moved(library: Path) -> Iterator[MovedClock]:
    clock = MovedClock(library)
    yield clock
    clock.close()


@contextmanager
def worker(design: str, moved: MovedClock | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlackBox]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(SERVICE), str(ROOT)]))
    program = Path(__file__).with_name("right_workers.py")
    command = Command((sys.executable, str(program), design, ROLE), folder=str(SERVICE))
    started = Postgres.start(environment=moved.environment if moved is not None else None)
    with (
        started as server,
        server.database() as dsn,
        BlackBox(seller_transfer(), command, [ROLE], dsn, moved=moved) as box,
    ):
        yield box


@linux
def test_only_a_moved_clock_finds_a_key_that_holds_the_date(moved: MovedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    with worker("dated", None, monkeypatch) as box:
        play(box, PLAN)
        assert breaches(seller_transfer(), box.history()) == []
    with worker("dated", moved, monkeypatch) as box:
        play(box, PLAN)
        assert "stable-key" in {law for law, _ in breaches(seller_transfer(), box.history())}


@linux
def test_a_right_worker_whose_clock_is_moved_is_not_blamed(moved: MovedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    with worker("plain", moved, monkeypatch) as box:
        for _ in range(3):
            play(box, PLAN)
            assert breaches(seller_transfer(), box.history()) == []
            assert box.rows()["1"]["status"] == "reversed"
            assert 700 < box.now() < 3000


@linux
def test_the_clock_of_the_database_moves_with_that_of_the_processes_and_no_row_gets_older(moved: MovedClock) -> None:
    with Postgres.start(environment=moved.environment) as server, psycopg.connect(server.dsn()) as own:
        moved.pass_by(timedelta(days=40))
        (seen,) = own.execute("SELECT clock_timestamp()").fetchone() or (None,)
    assert isinstance(seen, datetime)
    assert abs(seen - moved.now()) < timedelta(seconds=5)
    assert seen - datetime.now(UTC) > timedelta(days=39)


@linux
def test_a_run_begins_shortly_before_a_month_ends_and_the_clock_only_goes_ahead(moved: MovedClock) -> None:
    for _ in range(14):
        before = moved.now()
        moved.begin()
        assert moved.now() >= before
        later = moved.now() + timedelta(minutes=6)
        assert (later.day, later.hour) == (1, 0)
        assert (moved.now() + timedelta(minutes=3)).month != later.month
        moved.pass_by(timedelta(minutes=7))


@linux
def test_a_process_that_does_not_load_the_library_is_refused(
    moved: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as plain:
        with pytest.raises(ClockError, match=r"does not load moves_clocks\.so"):
            moved.check(plain.pid)
        plain.kill()
    with worker("plain", moved, monkeypatch) as box:
        monkeypatch.setattr(MovedClock, "environment", {})
        play(box, (Create("1", "reversal_pending"),))
        with pytest.raises(DriverError, match="cannot be moved: it does not load"):
            box.play(Work(ROLE))


@linux
def test_a_program_of_go_is_refused_although_the_library_is_loaded(moved: MovedClock, tmp_path: Path) -> None:
    program = tmp_path / "sleeps"
    shutil.copy(need("sleep"), program)
    with program.open("ab") as file:
        file.write(b"\xff Go buildinf:")
    with subprocess.Popen([str(program), "10"], env=dict(moved.environment)) as process:
        deadline = time.monotonic() + 5
        while str(moved.library) not in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8"):
            assert time.monotonic() < deadline
        with pytest.raises(ClockError, match="a program of Go"):
            moved.check(process.pid)
        process.kill()


@linux
def test_a_library_that_moves_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.c").write_text("int nothing;\n", encoding="utf-8")
    made = tmp_path / "empty.so"
    subprocess.run([need("gcc"), "-shared", "-fPIC", "-o", str(made), str(tmp_path / "empty.c")], check=True)
    with pytest.raises(ClockError, match="moves no clock"):
        MovedClock(made)
    with pytest.raises(ClockError, match="There is no library"):
        MovedClock(tmp_path / "none.so")


def asked(driver: str, library: Path | None = None, slow: float | None = None) -> Implementation:
    return Implementation(
        name="it", driver=driver, roles=(ROLE,), command=("true",), move_clock=library, slow_answer=slow
    )


def test_what_was_not_asked_for_is_said_to_be_untested() -> None:
    clock, slow = not_tested(asked("black-box"))
    assert "a key that holds the date" in clock
    assert "--slow-answer SECONDS" in slow
    assert not_tested(asked("black-box", Path("lib.so"), 30.0)) == ()
    assert "--driver black-box --move-clock" in not_tested(asked("pipe"))[0]
    assert not_tested(asked("book")) == ()


def test_a_clock_that_cannot_be_moved_is_refused_and_never_left_alone_silently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec, nowhere = seller_transfer(), asked("black-box", Path("/no/lib.so"))
    with pytest.raises(UsageError, match="not pipe's"), reached(spec, asked("pipe", Path("lib.so"))):
        pass
    with pytest.raises(UsageError, match="There is no library"), reached(spec, nowhere):
        pass
    monkeypatch.setenv("POINTSMAN_TEST_DSN", "postgresql://127.0.0.1/x")
    with pytest.raises(UsageError, match="unset the variable"), reached(spec, nowhere):
        pass


@linux
def test_the_files_of_a_moved_clock_go_with_the_kit_that_is_killed(library: Path) -> None:
    code = "import sys, pathlib; from pointsman_conformance.processes.moved_clock import MovedClock\n"
    code += "clock = MovedClock(pathlib.Path(sys.argv[1])); print(clock.library.parent, flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", code, str(library)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as kit:
        assert kit.stdout is not None
        folder = Path(kit.stdout.readline().strip())
        assert (folder / library.name).is_file()
        kit.kill()
    deadline = time.monotonic() + 5
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()


def test_the_doctor_says_what_a_run_would_not_test(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTSMAN_TEST_DSN", database)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(SERVICE), str(ROOT)]))
    program = Path(__file__).with_name("right_workers.py")
    done = subprocess.run(
        [sys.executable, "-m", "pointsman", "doctor", str(SELLER_TRANSFER), "--role", ROLE, "--slow-answer", "30", "--",
         sys.executable, str(program), "plain", ROLE],
        capture_output=True, text=True, check=False, cwd=SERVICE,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Not tested:" in done.stdout
    assert "a key that holds the date" in done.stdout
    assert "--slow-answer" not in done.stdout
