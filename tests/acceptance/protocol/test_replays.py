"""One file plays the same failure on every driver."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from pointsman_conformance.core.driver import Driver
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.laws import judge
from pointsman_conformance.laws.judgement import requirement
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.mutants.plans import PLANS
from pointsman_conformance.postgres import PostgresServer
from pointsman_conformance.replay import Replay, Replayed, ReplayOutcome, load, of_failure, replay, save
from pointsman_conformance.report.account import Failure
from tests.acceptance.protocol.subjects import BOOK, SELLER_TRANSFER, SPEC, on_pipe

NAME = "fresh_key_each_attempt"
ROLES = ("reversal_worker",)


def in_process(name: str | None) -> InProcess:
    make = {} if name is None else {"make": WRONG[name].make}
    return InProcess(SELLER_TRANSFER, roles=ROLES, **make)  # type: ignore[arg-type]  # what makes a copy


def again(saved: Replay, driver: Driver) -> Replayed:
    return replay(saved, SELLER_TRANSFER, driver)


@pytest.fixture
def saved(tmp_path: Path) -> Replay:
    """A failure that was found in memory, as its file has it."""
    driver = in_process(NAME)
    driver.begin("a case")
    for step in PLANS[NAME]:
        driver.play(step)
    history = driver.history()
    verdict = next(each for each in judge(SELLER_TRANSFER, history) if each.law == WRONG[NAME].law)
    breach = verdict.breaches[0]
    found = Failure(verdict.law, requirement(verdict.law, breach.element), breach, PLANS[NAME], history)
    return load(save(tmp_path, of_failure(found, SELLER_TRANSFER, driver.about, spec=str(SPEC), driver="book")))


def test_it_shows_what_happened(saved: Replay) -> None:
    assert any(record.get("shows") for record in saved.history)
    assert {record["kind"] for record in saved.history} >= {"write", "request"}


def test_in_memory(saved: Replay) -> None:
    assert again(saved, in_process(NAME)).outcome is ReplayOutcome.FAILED
    assert again(saved, in_process(None)).outcome is ReplayOutcome.FIXED
    assert again(saved, in_process("hot_loop")).outcome is ReplayOutcome.CHANGED


def test_on_a_pipe(saved: Replay, postgres: PostgresServer, tmp_path: Path) -> None:
    who = tmp_path / "who"
    who.write_text(NAME, encoding="utf-8")
    command = [*BOOK[:-1], ",".join(ROLES), "--wrong-file", str(who)]
    with postgres.database() as dsn, on_pipe(dsn, command) as driver:
        assert again(saved, driver).outcome is ReplayOutcome.FAILED
        who.write_text("", encoding="utf-8")
        assert again(saved, driver).outcome is ReplayOutcome.FIXED


@pytest.mark.parametrize(("name", "outcome"), [(NAME, ReplayOutcome.FAILED), (None, ReplayOutcome.FIXED)])
def test_in_a_black_box(saved: Replay, postgres: PostgresServer, name: str | None, outcome: ReplayOutcome) -> None:
    words = [sys.executable, "-m", "pointsman_conformance.reference", str(SPEC), "--actor", *ROLES]
    command = Command((*words, *(("--wrong", name) if name else ())))
    with postgres.database() as dsn, closing(BlackBox(SELLER_TRANSFER, command, ROLES, dsn)) as driver:
        found = again(saved, driver)
        assert found.outcome is outcome, found.says
