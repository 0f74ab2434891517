"""`pointsman conform` when something breaks: told to end, killed, without its database, with a worker that does harm.

Each is a process of its own, as a user runs it. It ends in a clear result, soon, and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from pointsman.result import Exit
from pointsman_conformance.postgres import PostgresServer
from tests.server_users import databases_of, roles_of, user

ROOT = Path(__file__).parents[2]
SELLER = ROOT / "spec" / "seller_transfer.yaml"
ROLE = "reversal_worker"
SERVICE = f"exec {sys.executable} -m service {ROLE}"
SOON = 10.0
"""Seconds that a whole run has to end, once something happens to it."""

POLLING = """
    import os, psycopg, signal, subprocess, sys, threading, time
    database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    claim = '''UPDATE seller_transfers SET claim_count = claim_count + 1, next_retry_at = now() + interval '10 minutes'
               WHERE status = 'reversal_pending' AND next_retry_at <= now() RETURNING id'''
"""


class Kit:
    """The command line, in a folder and a session of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mark = folder, f"POINTSMAN_TESTED={folder.name}"
        self.starts = folder / "starts"
        self.report = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self, *words: str, command: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Begin to judge what the shell's `command` starts."""
        name, _, value = self.mark.partition("=")
        counting = f"echo >> {self.starts}; {command}"
        with (self.folder / "report").open("w") as report:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "pointsman", "conform", str(SELLER), "--role", ROLE,
                    "--replays", str(self.folder / "replays"), *words, "--", "sh", "-c", counting,
                ],
                cwd=ROOT / "examples" / "seller_transfers",
                env={**os.environ, "TMPDIR": str(self.folder), name: value, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=report,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )  # fmt: skip
        return self._process

    def until_played(self, jobs: int) -> None:
        """Wait until so many processes of the implementation were started that runs must have come to their end.

        Each job starts a copy for its first run, and goes on with it until a run kills it.
        """
        deadline = time.monotonic() + 40
        while not self.starts.exists() or len(self.starts.read_text()) < 6 * jobs:
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def end(self, within: float) -> int:
        """Its exit code; it must come in time, and nothing be left."""
        assert self._process is not None
        code = self._process.wait(within)
        deadline = time.monotonic() + 5
        while (left := self.left()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left == []
        assert not any(line.startswith("Traceback") for line in self.said().splitlines())
        return code

    def said(self) -> str:
        """All that it printed."""
        return (self.folder / "report").read_text(encoding="utf-8")

    def left(self) -> list[str]:
        """Processes and folders that are still there."""
        return [*self.folder.glob("pointsman-*"), *processes_with(self.mark)]  # type: ignore[list-item]  # to be shown

    def kill(self) -> None:
        """For a test that failed."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def processes_with(mark: str, words: str = "") -> list[str]:
    """Processes that were started with a variable of the environment and with some words, where the system tells."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if mark.encode() in (place / "environ").read_bytes() and words in command:
                found.append(f"{place.name} {command}")
    return found


@pytest.fixture
def kit(short_folder: Path) -> Iterator[Kit]:
    found = Kit(short_folder)
    try:
        yield found
    finally:
        found.kill()


def script(kit: Kit, text: str) -> str:
    """A command that runs Python with a connection and a claim at hand."""
    file = kit.folder / "worker.py"
    file.write_text(textwrap.dedent(POLLING) + textwrap.dedent(text), encoding="utf-8")
    return f"exec {sys.executable} {file}"


def ctrl_c(kit: subprocess.Popen[str]) -> None:
    os.killpg(kit.pid, signal.SIGINT)


def told_to_end(kit: subprocess.Popen[str]) -> None:
    kit.terminate()


@pytest.mark.parametrize(("jobs", "tell"), [(1, told_to_end), (2, ctrl_c)])
def test_told_to_end_it_reports_what_was_found_by_then(
    kit: Kit, jobs: int, tell: Callable[[subprocess.Popen[str]], None]
) -> None:
    process = kit.start("--budget", "60", "--jobs", str(jobs), command=SERVICE)
    kit.until_played(jobs)
    tell(process)
    assert kit.end(SOON) == Exit.INTERRUPTED
    assert " runs, " in kit.said().splitlines()[-1]


def test_a_child_alone_is_interrupted_by_its_parent(kit: Kit) -> None:
    process = kit.start("--budget", "60", "--jobs", "2", command=SERVICE)
    time.sleep(1.0)  # they import, and start their servers
    process.send_signal(signal.SIGINT)
    assert kit.end(SOON) == Exit.INTERRUPTED
    assert kit.said().strip() == "pointsman: interrupted"


def test_killed_outright_it_takes_its_children_its_databases_and_their_roles_along(
    kit: Kit, postgres: PostgresServer
) -> None:
    with user(postgres, "CREATEDB", "CREATEROLE") as dsn:
        process = kit.start(
            "--budget", "60", "--jobs", "2", command=SERVICE, environment={"POINTSMAN_TEST_DSN": dsn}
        )  # fmt: skip
        kit.until_played(jobs=2)
        made = databases_of(dsn)
        assert len(made) == 2
        assert len(roles_of(dsn, *made)) == 8
        process.kill()
        assert kit.end(SOON) == -signal.SIGKILL
        assert databases_of(dsn) == []
        assert roles_of(dsn, *made) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the server is found by /proc")
def test_a_database_that_dies_is_told_beside_what_was_found(kit: Kit) -> None:
    kit.start("--budget", "20", "--law", "guarded-write", command=SERVICE)
    kit.until_played(jobs=2)
    (server, *_) = processes_with(kit.mark, "postgres -D")
    os.kill(int(server.split()[0]), signal.SIGKILL)
    assert kit.end(SOON) == Exit.INCOMPLETE
    assert "The search ended early" in kit.said()
    assert " runs, " in kit.said().splitlines()[-1]


def test_a_database_that_is_not_there_is_a_sentence(kit: Kit) -> None:
    nowhere = {"POINTSMAN_TEST_DSN": "postgresql://nobody:none@127.0.0.1:1/none"}
    kit.start("--jobs", "2", command=SERVICE, environment=nowhere)
    assert kit.end(SOON) == Exit.INCOMPLETE
    assert "no server answers at the given DSN" in kit.said()


HARMFUL = {
    "locks the table for ever": """
        other = psycopg.connect(os.environ["DATABASE_URL"])
        while True:
            if database.execute(claim).fetchall():
                other.execute("LOCK TABLE seller_transfers IN ACCESS EXCLUSIVE MODE")
            time.sleep(0.01)
        """,
    "forks, floods and ignores signals": """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        subprocess.Popen(["sh", "-c", "trap '' TERM HUP; sleep 300 & sleep 300"], start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(300)
            os._exit(0)
        noise = os.urandom(65536)
        def flood():
            while True:
                os.write(1, noise)  # as much as a pipe holds
                time.sleep(0.001)
        threading.Thread(target=flood, daemon=True).start()
        while True:
            database.execute(claim)
            time.sleep(0.01)
        """,
}


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL)
def test_a_worker_that_does_harm_ends_with_the_time(kit: Kit, postgres: PostgresServer, text: str) -> None:
    named = {"POINTSMAN_TEST_DSN": postgres.maintenance}
    kit.start("--budget", "1", "--law", "guarded-write", command=script(kit, text), environment=named)
    assert kit.end(30) == Exit.INCOMPLETE
    assert kit.starts.exists()
    assert re.search("(never|nothing was) put to the test", kit.said())


def test_what_the_database_refused_a_worker_is_told_and_is_no_pass(kit: Kit, postgres: PostgresServer) -> None:
    named = {"POINTSMAN_TEST_DSN": postgres.maintenance}
    text = """
        while True:
            if database.execute(claim).fetchall():
                try:
                    database.execute("DROP TABLE seller_transfers")
                except psycopg.Error:
                    pass
            time.sleep(0.01)
        """
    kit.start("--budget", "5", "--law", "guarded-write", command=script(kit, text), environment=named)
    assert kit.end(30) == Exit.INCOMPLETE
    assert "may not do: must be owner of table seller_transfers" in kit.said()


def test_a_write_that_is_hidden_from_the_kit_is_tampering(kit: Kit, postgres: PostgresServer) -> None:
    named = {"POINTSMAN_TEST_DSN": postgres.maintenance, "STOLEN": postgres.maintenance.rpartition("/")[0]}
    text = """
        name = database.info.dbname
        while True:
            if database.execute(claim).fetchall():
                with psycopg.connect(os.environ["STOLEN"] + "/" + name) as thief:
                    thief.execute("SET session_replication_role = replica")
                    thief.execute('ALTER TABLE seller_transfers DISABLE TRIGGER "!pointsman_audit"')
                    thief.execute("UPDATE seller_transfers SET status = 'reversed'")
                    thief.execute('ALTER TABLE seller_transfers ENABLE ALWAYS TRIGGER "!pointsman_audit"')
            time.sleep(0.01)
        """
    kit.start("--budget", "10", command=script(kit, text), environment=named)
    assert kit.end(30) == Exit.FINDINGS
    said = kit.said()
    assert "tampered: A write was hidden from the audit" in said
    assert "tampered with" in said
    assert "conformant" not in said


def by_the_book(*words: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    wrong = ("--driver", "book", "--wrong", "forgets_the_receipt", "--law", "record-with-status")
    ended = subprocess.run(
        [sys.executable, "-m", "pointsman", "conform", str(SELLER), *wrong, *words],
        capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})},
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_files_that_cannot_be_written_cost_no_finding(tmp_path: Path) -> None:
    there = tmp_path / "a file"
    there.touch()
    code, said = by_the_book("--replays", str(there), "--certificate", "/dev/full")
    assert code == Exit.FINDINGS
    assert "breaks record-with-status" in said
    assert "is not saved" in said
    assert "The certificate is not there: cannot write '/dev/full': No space left on device." in said


def test_what_is_not_installed_is_named_with_the_extra(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent("""
            from importlib.machinery import PathFinder
            find = PathFinder.find_spec
            PathFinder.find_spec = lambda name, *more: None if name.startswith("psycopg") else find(name, *more)
        """),
        encoding="utf-8",
    )
    without = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "pointsman", "conform", str(SELLER), "--role", ROLE, "--jobs", "2", "--", "true"],
        capture_output=True, text=True, check=False, env=without,
    )  # fmt: skip
    assert ended.returncode == Exit.USAGE
    assert "needs psycopg, which is not installed: pip install 'pointsman[conform]'" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
