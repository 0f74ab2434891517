"""What the second pass of a search, in which the database enforces the spec too, adds to the account."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pointsman_conformance import running
from pointsman_conformance.core.driver import Driver
from pointsman_conformance.core.implementation import Implementation
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.search.campaign import Budget, Campaign, run
from tests.unit.search.standin import SELLER

SHORT = Budget(steps=21, tours=False)


@contextlib.contextmanager
def opened(*_: object, **__: object) -> Iterator[Driver]:
    with contextlib.closing(InProcess(SELLER, roles=["reversal_worker"])) as driver:
        yield driver


@pytest.mark.parametrize("tampered", ["", "the table differs"])
def test_a_hidden_write_of_the_second_pass_is_told(monkeypatch: pytest.MonkeyPatch, tampered: str) -> None:
    def searched(_: object, make: object, **options: object) -> Campaign:
        found = run(SELLER, lambda: InProcess(SELLER, roles=["reversal_worker"]), budget=SHORT)
        return replace(found, tampered=tampered if options["laws"] == ["progress"] else "")

    monkeypatch.setattr(running, "reached", opened)
    monkeypatch.setattr(running, "run", searched)
    judged = Implementation(name="worker", driver="black-box", roles=("reversal_worker",), command=("worker",))
    account = running.account_of(SELLER, judged, running.CampaignEffort(seconds=1.0), lambda _: None)
    assert account.tampered == tampered
