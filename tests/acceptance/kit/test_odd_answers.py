"""Answers that client libraries read in different ways, given to a worker with an official SDK."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pointsman_conformance.core.history import Crashed
from pointsman_conformance.core.plan import ODD_ANSWERS, Advance, Create, Fault, FaultKind, Plan, Settle, Work
from pointsman_conformance.drivers.black_box import BlackBox, Command
from tests.acceptance.kit.boxes import ROOT, breaches, play, seller_transfer

ROLE = "reversal_worker"
SERVICE = ROOT / "examples" / "seller_transfers"


def struck(kind: FaultKind) -> Plan:
    """A turn under the fault; then the row is due twice more, and the world is healthy."""
    turn = (Work(ROLE), Advance(700.0))
    return (Create("1", "reversal_pending"), Work(ROLE, faults=(Fault(kind),)), Advance(700.0), *turn, Settle())


@contextmanager
def worker(way: str, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlackBox]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(SERVICE), str(ROOT)]))
    program = Path(__file__).with_name("careless_workers.py")
    command = Command((sys.executable, str(program), way, ROLE), folder=str(SERVICE))
    with BlackBox(seller_transfer(), command, [ROLE], database) as box:
        yield box


def test_a_right_worker_gets_over_every_odd_answer(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with worker("right", database, monkeypatch) as box:
        for kind in sorted(ODD_ANSWERS):
            played = play(box, struck(kind))
            assert played[1].fired == (0,), kind
            assert breaches(seller_transfer(), box.history()) == [], kind
            ended = "permanently_failed" if kind is FaultKind.SHOULD_RETRY else "reversed"
            assert [row["status"] for row in box.rows().values()] == [ended], kind


@pytest.mark.parametrize(
    ("way", "kind", "law"),
    [
        ("takes-any-200", FaultKind.ERROR_IN_200, "record-with-status"),
        ("takes-any-200", FaultKind.EMPTY, "record-with-status"),
        ("takes-an-error-object", FaultKind.ERROR_IN_200, "unknown-is-not-failure"),
        ("takes-any-page", FaultKind.HTML_503, "unknown-is-not-failure"),
        ("obeys-the-header", FaultKind.SHOULD_RETRY, "renew-key-after-refusal"),
    ],
)
def test_a_worker_that_is_careless_about_an_odd_answer_is_found_by_it(
    database: str, monkeypatch: pytest.MonkeyPatch, way: str, kind: FaultKind, law: str
) -> None:
    with worker(way, database, monkeypatch) as box:
        play(box, struck(kind))
        assert law in {found for found, _ in breaches(seller_transfer(), box.history())}


def test_a_worker_that_dies_of_a_page_is_seen_to_die(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with worker("reads-no-page", database, monkeypatch) as box:
        play(box, struck(FaultKind.HTML_400))
        died = [record for record in box.history().records if isinstance(record, Crashed)]
        assert [record.killed for record in died] == [False]
