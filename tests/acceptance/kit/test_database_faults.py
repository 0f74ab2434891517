"""The ways in which a database is lost, with workers whose client libraries take them in different ways."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pointsman_conformance.core.history import Write
from pointsman_conformance.core.plan import Advance, Create, Fault, FaultKind, Plan, Point, Settle, Work
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.drivers.patience import Patience
from tests.acceptance.kit.boxes import ROOT, breaches, play, seller_transfer

ROLE = "reversal_worker"
SERVICE = ROOT / "examples" / "seller_transfers"

CLAIMS = Fault(FaultKind.CUT, Point.WRITE_AFTER)
COMMITS = Fault(FaultKind.TERMINATED, Point.WRITE_AFTER, 2)
ASKS = Fault(FaultKind.TERMINATED, Point.WRITE_BEFORE)
IDLES = Fault(FaultKind.TERMINATED, Point.REQUEST_AFTER)
SILENT = Fault(FaultKind.PARTITION, Point.WRITE_AFTER, 2)


def plan(*faults: Fault) -> Plan:
    """A turn under the faults; then the row is due again, and the world is healthy."""
    return (Create("1", "reversal_pending"), Work(ROLE, faults=faults), Advance(700.0), Work(ROLE), Settle())


@contextmanager
def worker(way: str, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlackBox]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(SERVICE), str(ROOT)]))
    program = Path(__file__).with_name("database_clients.py")
    command = Command((sys.executable, str(program), way, ROLE), folder=str(SERVICE))
    with BlackBox(seller_transfer(), command, [ROLE], dsn, patience=Patience(due=0.7, unseen=0.3)) as box:
        yield box


def laws_broken(box: BlackBox, *faults: Fault) -> set[str]:
    played = play(box, plan(*faults))
    assert played[1].fired == tuple(range(len(faults)))
    return {law for law, _ in breaches(seller_transfer(), box.history())}


@pytest.mark.parametrize("way", ["right", "runs-again"])
def test_a_right_worker_gets_over_every_loss_of_its_database(
    database: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    with worker(way, database, monkeypatch) as box:
        for fault in (CLAIMS, ASKS, COMMITS, IDLES, SILENT):
            assert laws_broken(box, fault) == set(), fault
            assert [row["status"] for row in box.rows().values()] == ["reversed"], fault


@pytest.mark.parametrize(
    ("way", "fault", "law"),
    [
        ("runs-again-blind", CLAIMS, "due-only"),
        ("takes-57p01-for-no", COMMITS, "guarded-write"),
        ("keeps-an-ended-session", ASKS, "progress"),
        ("takes-a-time-out-for-no", SILENT, "guarded-write"),
    ],
)
def test_each_loss_alone_finds_the_worker_whose_library_misleads_it(
    database: str, monkeypatch: pytest.MonkeyPatch, way: str, fault: Fault, law: str
) -> None:
    cut = Fault(FaultKind.CUT, fault.point, fault.nth)
    with worker(way, database, monkeypatch) as box:
        assert law not in laws_broken(box)
        if fault is not CLAIMS:
            assert law not in laws_broken(box, cut)
        assert law in laws_broken(box, fault)


def test_a_statement_that_a_library_runs_again_is_counted_in_the_table(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker("runs-again-blind", database, monkeypatch) as box:
        play(box, (Create("1", "reversal_pending"), Work(ROLE, faults=(CLAIMS,))))
        counts = [
            (record.new or {})["retry_count"]
            for record in box.history().records
            if isinstance(record, Write) and record.who != "kit" and (record.new or {})["status"] == "reversal_pending"
        ]
        assert counts == [1, 2]
