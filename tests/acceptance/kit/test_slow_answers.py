"""An answer of the provider that comes after its client has given up."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.history import Effect, Response
from pointsman_conformance.core.plan import Advance, Create, Fault, FaultKind, Plan, Settle, Work
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.drivers.environment import USUAL
from pointsman_conformance.provider.options import ProviderOptions
from tests.acceptance.kit.boxes import ROOT, breaches, play, seller_transfer

ROLE = "reversal_worker"
SERVICE = ROOT / "examples" / "seller_transfers"


def plan(kind: FaultKind) -> Plan:
    struck = Work(ROLE, faults=(Fault(kind),))
    return (Create("1", "reversal_pending"), struck, Advance(700.0), Work(ROLE), Settle())


def worker(way: str, database: str, monkeypatch: pytest.MonkeyPatch, *, slow: float) -> BlackBox:
    """A worker whose client waits for 0.4 seconds."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(SERVICE), str(ROOT)]))
    program = Path(__file__).with_name("careless_workers.py")
    waits = {**USUAL, "STRIPE_TIMEOUT_SECONDS": "0.4"}
    command = Command((sys.executable, str(program), way, ROLE), folder=str(SERVICE), templates=waits)
    options = ProviderOptions(slow_answer=slow)
    return BlackBox(seller_transfer(), command, [ROLE], database, options=options)


def test_a_slow_answer_outlasts_the_client_and_its_effect_is_there(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker("right", database, monkeypatch, slow=20.0) as box:
        assert Capability.SLOW_ANSWERS in box.about.capabilities
        began = time.monotonic()
        play(box, plan(FaultKind.SLOW))
        assert time.monotonic() - began < 15  # the kit does not wait for longer than the client does
        records = box.history().records
        first = next(record for record in records if isinstance(record, Response))
        assert (first.status, first.heard) == (200, False)
        assert (
            len([record for record in records if isinstance(record, Effect) and record.call == "create_reversal"]) == 1
        )
        assert box.rows()["1"]["status"] == "reversed"
        assert breaches(seller_transfer(), box.history()) == []


def test_only_a_slow_answer_finds_a_worker_that_takes_its_own_time_out_for_a_refusal(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker("takes-a-time-out-for-no", database, monkeypatch, slow=20.0) as box:
        play(box, plan(FaultKind.LOST_REPLY))
        assert breaches(seller_transfer(), box.history()) == []
        play(box, plan(FaultKind.SLOW))
        assert "unknown-is-not-failure" in {law for law, _ in breaches(seller_transfer(), box.history())}


def test_without_a_time_nothing_is_slow_and_the_box_says_so(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with worker("right", database, monkeypatch, slow=0.0) as box:
        assert Capability.SLOW_ANSWERS not in box.about.capabilities
