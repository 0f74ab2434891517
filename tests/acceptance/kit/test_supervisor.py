"""Processes under test: whatever they do, they and all that they started go when we say so, or when we go."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from pointsman_conformance.processes.supervisor import MOST_KEPT, Supervisor, SupervisorError

PATH = {"PATH": "/usr/bin:/bin"}

FORKS = 'sleep 1000 & echo $!; (setsid sleep 1000 & echo $!); trap "" TERM INT HUP; while :; do sleep 1; done'
"""A child in its group, one that left the group and whose parent is gone; deaf to every polite signal."""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    found = Supervisor()
    yield found
    found.close()


def gone(pid: int) -> bool:
    """Whether the process ends within a second."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def pids(said: str) -> list[int]:
    return [int(line) for line in said.split() if line.isdecimal()]


def wait_for_two(supervisor: Supervisor) -> tuple[list[int], int]:
    process = supervisor.start(["/bin/sh", "-c", FORKS], PATH)
    deadline = time.monotonic() + 5
    while len(pids(process.said())) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    return pids(process.said()), process.pid


def test_a_killed_process_takes_along_what_it_started(supervisor: Supervisor) -> None:
    process = supervisor.start(["/bin/sh", "-c", FORKS], PATH, ready=r"^\d+$")
    assert process.ready.wait(5)
    time.sleep(0.1)
    started = pids(process.said())
    assert len(started) == 2
    process.kill()
    assert not process.alive
    assert process.code == -signal.SIGKILL
    own = started[:1] if not sys.platform.startswith("linux") else started
    assert all(gone(pid) for pid in [process.pid, *own])


def test_a_process_that_ignores_the_polite_signal_is_killed(supervisor: Supervisor) -> None:
    process = supervisor.start(["/bin/sh", "-c", FORKS], PATH, ready=r"^\d+$")
    assert process.ready.wait(5)
    process.end()
    assert gone(process.pid)


def test_a_process_that_ends_politely_is_not_killed(supervisor: Supervisor) -> None:
    process = supervisor.start(
        ["/bin/sh", "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done"], PATH, ready="up"
    )
    assert process.ready.wait(5)
    process.end()
    assert process.code == 7


def test_a_process_that_ends_by_itself_leaves_nothing_and_says_how(supervisor: Supervisor) -> None:
    process = supervisor.start(["/bin/sh", "-c", "(setsid sleep 1000 & echo $!); sleep 0.1; echo bye; exit 3"], PATH)
    assert process.over.wait(5)
    assert process.code == 3
    assert process.said().endswith("bye\n")
    if sys.platform.startswith("linux"):
        assert all(gone(pid) for pid in pids(process.said()))


def test_a_flood_of_output_does_not_block_the_supervisor_and_its_end_is_kept(supervisor: Supervisor) -> None:
    process = supervisor.start(["/bin/sh", "-c", "yes 'all work and no play'; echo never"], PATH)
    time.sleep(0.3)
    asked = time.monotonic()
    said = process.said()
    assert time.monotonic() - asked < 2
    assert len(said) == MOST_KEPT
    process.kill()


def test_a_stopped_process_stands_still_until_it_is_let_go_on(supervisor: Supervisor) -> None:
    process = supervisor.start(["/bin/sh", "-c", "while :; do echo x; sleep 0.01; done"], PATH, ready="x")
    assert process.ready.wait(5)
    process.stop()
    time.sleep(0.05)
    before = len(process.said())
    time.sleep(0.2)
    assert len(process.said()) == before
    process.go_on()
    time.sleep(0.3)
    assert len(process.said()) > before
    process.stop()
    process.kill()
    assert gone(process.pid)


def test_a_program_that_there_is_not_is_told(supervisor: Supervisor) -> None:
    with pytest.raises(SupervisorError, match="cannot be started"):
        supervisor.start(["/no/such/program"], PATH)


def test_nothing_is_left_after_closing() -> None:
    supervisor = Supervisor()
    started, shell = wait_for_two(supervisor)
    supervisor.close()
    supervisor.close()
    own = started if sys.platform.startswith("linux") else started[:1]
    assert all(gone(pid) for pid in [shell, *own])
    with pytest.raises(SupervisorError):
        supervisor.start(["/bin/true"], PATH)


OWNER = f"""
import time
from pointsman_conformance.processes.supervisor import Supervisor
supervisor = Supervisor()
process = supervisor.start(["/bin/sh", "-c", {FORKS!r}], {PATH!r}, ready=r"^\\d+$")
process.ready.wait(5)
time.sleep(0.1)
print(process.pid, *process.said().split(), flush=True)
time.sleep(60)
"""


def test_nothing_is_left_after_we_were_killed_outright() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        found = pids(owner.stdout.readline())
        assert len(found) == 3
        owner.kill()
    with contextlib.suppress(ProcessLookupError):
        own = found if sys.platform.startswith("linux") else found[:2]
        assert all(gone(pid) for pid in own)
