"""Reversal workers of other designs that are right: the laws blame none of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.search.campaign import Budget, run
from tests.acceptance.kit.boxes import ROOT, seller_transfer

ROLE = "reversal_worker"
SERVICE = ROOT / "examples" / "seller_transfers"
NEEDED = {"claim-is-a-write", "stale-claim-sends-nothing", "due-only", "conditional-write", "backoff", "stable-key"}


@pytest.mark.parametrize("design", ["heartbeat", "version"])
def test_a_right_worker_of_another_design_is_not_blamed(
    database: str, monkeypatch: pytest.MonkeyPatch, design: str
) -> None:
    path = os.pathsep.join([str(SERVICE), str(ROOT)])
    monkeypatch.setenv("PYTHONPATH", path)
    program = Path(__file__).with_name("right_workers.py")
    command = Command((sys.executable, str(program), design, ROLE), folder=str(SERVICE))
    found = run(
        seller_transfer(), lambda: BlackBox(seller_transfer(), command, [ROLE], database),
        budget=Budget(seconds=12.0, until_covered=True),
    )  # fmt: skip
    assert found.breaches == {}
    assert found.trouble == ()
    assert {law for law in NEEDED if not found.of_law(law).met} == set()
