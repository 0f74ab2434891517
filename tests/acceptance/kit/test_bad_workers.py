"""Processes that do not behave: each ends in a clear result, and the run goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from pointsman_conformance.core.driver import Ack, DriverError
from pointsman_conformance.core.history import Crashed
from pointsman_conformance.core.plan import Advance, Create, Settle, Work
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.drivers.patience import Patience
from tests.acceptance.kit.boxes import ROOT, breaches, play, seller_transfer, shell

ROLE = "reversal_worker"
ROW = Create("1", "reversal_pending")
HASTE = Patience(start=3.0, claimed=0.5, due=0.5, turn=5.0)
LONGER = Patience(claimed=0.5, due=0.5, turn=5.0)


@contextmanager
def boxed(dsn: str, command: Command, patience: Patience = LONGER) -> Iterator[BlackBox]:
    with BlackBox(seller_transfer(), command, [ROLE], dsn, patience=patience) as box:
        yield box


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def all_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 3
    while any(is_there(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(is_there(pid) for pid in pids)


def test_a_process_that_ends_at_once_is_no_verdict_and_its_words_are_shown(database: str) -> None:
    with boxed(database, shell("echo no licence; exit 3")) as box:
        play(box, (ROW,))
        with pytest.raises(DriverError, match=r"(?s)ended with 3.*no licence"):
            box.play(Work(ROLE))
        assert box.rows()["1"]["status"] == "reversal_pending"


def test_a_program_that_there_is_not_is_no_verdict(database: str) -> None:
    with boxed(database, Command(("/no/such/program",))) as box:
        play(box, (ROW,))
        with pytest.raises(DriverError, match="cannot be started"):
            box.play(Work(ROLE))


def test_a_process_that_never_asks_for_rows_is_no_verdict(database: str) -> None:
    with boxed(database, shell("echo thinking; sleep 1000"), HASTE) as box:
        play(box, (ROW,))
        with pytest.raises(DriverError, match=r"(?s)not ready within 3 s.*thinking"):
            box.play(Work(ROLE))


def test_a_process_that_never_says_that_it_is_ready_is_no_verdict(database: str) -> None:
    with boxed(database, shell("exec $BOOK", ready="all systems go"), HASTE) as box:
        play(box, (ROW,))
        with pytest.raises(DriverError, match="not ready"):
            box.play(Work(ROLE))


def test_a_process_may_say_when_it_is_ready(database: str) -> None:
    with boxed(database, shell("echo all systems go; exec $BOOK", ready="systems go$"), Patience()) as box:
        play(box, (ROW, Work(ROLE)))
        assert box.rows()["1"]["status"] == "reversed"


DIES_AFTER_A_CLAIM = f"""exec {sys.executable} -c '
import os, psycopg, time
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
    while True:
        claim = "UPDATE seller_transfers SET claim_count = claim_count + 1, next_retry_at = now() + interval $$10m$$ "
        claim += "WHERE status = $$reversal_pending$$ AND next_retry_at <= now() RETURNING id"
        if database.execute(claim).fetchone():
            WHAT
        time.sleep(0.02)
'"""


def test_a_process_that_dies_by_itself_is_told_and_is_there_again_for_its_next_turn(database: str) -> None:
    with boxed(database, shell(DIES_AFTER_A_CLAIM.replace("WHAT", "print(42); os._exit(9)"))) as box:
        _, first, _, second = play(box, (ROW, Work(ROLE), Advance(700), Work(ROLE)))
        for played in (first, second):
            assert "ended with 9" in (played.trouble or "")
            assert "42" in (played.trouble or "")
        died = [record for record in box.history().records if isinstance(record, Crashed)]
        assert [record.killed for record in died] == [False, False]
        assert "ended with 9" in died[0].why


def test_a_process_that_hangs_holds_up_its_turn_only_for_a_while(database: str) -> None:
    with boxed(database, shell(DIES_AFTER_A_CLAIM.replace("WHAT", "time.sleep(1000)"))) as box:
        began = time.monotonic()
        _, worked = play(box, (ROW, Work(ROLE)))
        assert worked.answer is Ack.APPLIED
        assert worked.trouble is None
        box.begin("another case")
        assert time.monotonic() - began < 20


def test_a_process_that_was_not_done_dies_before_time_passes_it_by(database: str) -> None:
    with boxed(database, shell(DIES_AFTER_A_CLAIM.replace("WHAT", "time.sleep(1000)"))) as box:
        play(box, (ROW, Work(ROLE), Advance(0.5), Advance(3600)))
        died = [record for record in box.history().records if isinstance(record, Crashed)]
        assert [(record.killed, record.at < 100) for record in died] == [(True, True)]
        assert breaches(box.lifecycle, box.history()) == []


def test_a_process_that_leaves_a_due_row_alone_is_not_waited_for_for_ever(database: str) -> None:
    idle = DIES_AFTER_A_CLAIM.replace("<= now()", "<= now() - interval $$1h$$").replace("WHAT", "pass")
    with boxed(database, shell(idle)) as box:
        _, worked, _ = play(box, (ROW, Work(ROLE), Settle(rounds=40)))
        assert worked.answer is Ack.SKIPPED
        assert box.rows()["1"]["status"] == "reversal_pending"
        assert "progress" in [law for law, _ in breaches(box.lifecycle, box.history())]


def test_a_process_that_claims_for_ever_is_stopped(database: str) -> None:
    greedy = DIES_AFTER_A_CLAIM.replace("interval $$10m$$", "interval $$0s$$").replace("WHAT", "continue")
    with boxed(database, shell(greedy), Patience(turn=2.0)) as box:
        _, worked = play(box, (ROW, Work(ROLE)))
        assert worked.message


UGLY = 'trap "" TERM INT HUP; (setsid sleep 1000 &) ; sleep 1000 & yes flood & while :; do $BOOK; done'
"""Floods its output, forks, leaves its group, is deaf, and has the worker as a child that it starts again."""


def test_a_worker_that_floods_forks_and_is_deaf_is_driven_as_any_other(database: str) -> None:
    before = set(_below(os.getpid()))  # what other tests of this process left running, such as their fork server
    with boxed(database, shell(UGLY)) as box:
        play(box, (ROW, Work(ROLE), Create("2", "reversal_pending"), Settle()))
        assert [row["status"] for row in box.rows().values()] == ["reversed", "reversed"]
        assert breaches(box.lifecycle, box.history()) == []
        assert box.log().startswith("flood") or "flood" in box.log()
        descendants = set(_below(os.getpid())) - before
        assert len(descendants) > 5
    assert all_gone(sorted(descendants))


def _below(pid: int) -> list[int]:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a process's descendants")
    found, left = [], [pid]
    while left:
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(left.pop())], capture_output=True, text=True, check=False
        )
        children = [int(word) for word in listed.stdout.split()]
        found += children
        left += children
    return [each for each in found if "postgres" not in _name(each) and is_there(each)]


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:  # noqa: PTH123 - the system's own
            return file.read()
    except OSError:
        return "postgres"


def test_a_setup_that_fails_is_no_verdict(database: str) -> None:
    command = Command(shell("exec $BOOK").words, folder=str(ROOT), setup=("/bin/sh", "-c", "echo no schema; exit 4"))
    with pytest.raises(DriverError, match=r"(?s)setup failed \(4\).*no schema"):
        BlackBox(seller_transfer(), command, [ROLE], database)


def test_a_database_that_goes_away_is_no_verdict(database: str) -> None:
    with boxed(database, shell("exec $BOOK")) as box:
        play(box, (ROW, Work(ROLE)))
        with psycopg.connect(database, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(DriverError):
            play(box, (ROW, Work(ROLE)))


KIT = """
import os, sys
from pointsman_conformance.drivers.black_box import BlackBox
from pointsman_conformance.core.plan import Create, Work
from pointsman_conformance.postgres import Postgres
from tests.acceptance.kit.boxes import seller_transfer, shell
with Postgres.start() as server, server.database() as dsn:
    with BlackBox(seller_transfer(), shell(UGLY), ["reversal_worker"], dsn) as box:
        box.begin("x")
        box.play(Create("1", "reversal_pending"))
        box.play(Work("reversal_worker"))
        print("working", flush=True)
        sys.stdin.read()
"""


def test_nothing_is_left_behind_when_the_kit_itself_is_killed_outright() -> None:
    code = KIT.replace("UGLY", repr(UGLY))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as kit:
        assert kit.stdout is not None
        assert kit.stdout.readline() == "working\n"
        below = _below(kit.pid)
        assert len(below) > 5
        kit.kill()
    assert all_gone(below)
