"""Reversal workers of other designs that are right: the laws blame none of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pointsman_conformance.core.history import Crashed
from pointsman_conformance.core.plan import Advance, Create, Settle, Work
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.drivers.patience import Patience
from pointsman_conformance.search.campaign import Budget, run
from tests.acceptance.kit.boxes import ROOT, breaches, play, seller_transfer

ROLE = "reversal_worker"
SERVICE = ROOT / "examples" / "seller_transfers"
NEEDED = {"claim-is-a-write", "stale-claim-sends-nothing", "due-only", "conditional-write", "backoff", "stable-key"}


def designed(design: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(SERVICE), str(ROOT)]))
    program = Path(__file__).with_name("right_workers.py")
    return Command((sys.executable, str(program), design, ROLE), folder=str(SERVICE))


@pytest.mark.parametrize("design", ["heartbeat", "version"])
def test_a_right_worker_of_another_design_is_not_blamed(
    database: str, monkeypatch: pytest.MonkeyPatch, design: str
) -> None:
    command = designed(design, monkeypatch)
    found = run(
        seller_transfer(), lambda: BlackBox(seller_transfer(), command, [ROLE], database),
        budget=Budget(seconds=12.0, until_covered=True),
    )  # fmt: skip
    assert found.breaches == {}
    assert found.trouble == ()
    assert {law for law in NEEDED if not found.of_law(law).met} == set()


def test_time_does_not_move_under_a_slow_worker_that_is_on_its_way(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, hasty = designed("slow", monkeypatch), Patience(claimed=1.2, unseen=0.3)
    with BlackBox(seller_transfer(), command, [ROLE], database, patience=hasty) as box:
        play(box, (Create("1", "reversal_pending"), Work(ROLE), Settle()))
        assert box.rows()["1"]["status"] == "reversed"
        assert breaches(seller_transfer(), box.history()) == []


def test_a_worker_that_is_on_its_way_for_longer_than_the_kit_waits_dies_before_time_moves(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, hasty = designed("slow", monkeypatch), Patience(claimed=0.5, unseen=0.3, settle=20.0)
    with BlackBox(seller_transfer(), command, [ROLE], database, patience=hasty) as box:
        play(box, (Create("1", "reversal_pending"), Work(ROLE), Work(ROLE), Advance(3600.0)))
        assert any(isinstance(record, Crashed) for record in box.history().records)
        assert breaches(seller_transfer(), box.history()) == []
