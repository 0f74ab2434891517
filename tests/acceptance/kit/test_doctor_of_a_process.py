"""The doctor names the cause: a slow process is not told of a wrong address, nor a lost one that it is slow."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pointsman_conformance import doctor
from pointsman_conformance.core.driver import DriverError
from pointsman_conformance.core.plan import Work
from pointsman_conformance.doctor import Sign, examine
from pointsman_conformance.drivers.black_box import BlackBox, Command
from pointsman_conformance.drivers.environment import USUAL
from pointsman_conformance.drivers.patience import Patience
from tests.acceptance.kit.boxes import ROOT, play, seller_transfer, shell
from tests.acceptance.kit.test_bad_workers import DIES_AFTER_A_CLAIM, ROLE, ROW

SERVICE = ROOT / "examples" / "seller_transfers"
HASTY = Patience(claimed=0.5, unseen=0.3, due=0.5)


def ill(dsn: str, command: Command, patience: Patience) -> dict[str, Sign]:
    """The signs that are not well."""
    made = [BlackBox(seller_transfer(), command, [ROLE], dsn, patience=patience)]
    return {sign.name: sign for sign in examine(seller_transfer(), made.pop) if sign.good is False}


def service(monkeypatch: pytest.MonkeyPatch, design: str = "plain", **variables: str) -> Command:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(SERVICE), str(ROOT)]))
    program = Path(__file__).with_name("right_workers.py")
    return Command((sys.executable, str(program), design, ROLE), folder=str(SERVICE), templates={**USUAL, **variables})


def test_a_well_connected_process_has_no_ill_sign(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ill(database, service(monkeypatch), Patience()) == {}


def test_a_process_that_thinks_for_longer_than_the_kit_waits_is_called_slow(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ill(database, service(monkeypatch, "slow"), HASTY)
    assert list(found) == [f"{ROLE} reaches the provider"]
    (sign,) = found.values()
    assert "only after 2 s, and the kit goes on after 0.5 s" in sign.says
    assert "It is slow, not lost: give it --patience 4" in sign.do


def test_a_process_that_sends_elsewhere_is_told_to_set_the_address_and_not_to_wait(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ill(database, service(monkeypatch, STRIPE_API_BASE="http://127.0.0.1:9"), Patience())
    assert list(found) == [f"{ROLE} reaches the provider"]
    (sign,) = found.values()
    assert sign.says.startswith("It sent nothing for create_reversal")
    assert "base address" in sign.do


def test_a_process_that_stands_still_with_a_claim_is_told_so(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MOST_WAITED", 2.0)
    found = ill(database, shell(DIES_AFTER_A_CLAIM.replace("WHAT", "time.sleep(1000)")), HASTY)
    sign = found[f"{ROLE} reaches the provider"]
    assert sign.says == "It claimed the row, and sent nothing for create_reversal in 2 s, nor did it write again."


@pytest.mark.parametrize(
    ("script", "ready", "why"),
    [
        ("sleep 1000", None, "it never connected to the database that it was told"),
        ("exec $BOOK", "all systems go", "it printed no line that matches 'all systems go'"),
    ],
)
def test_a_process_that_does_not_get_ready_is_told_what_is_missing(
    database: str, script: str, ready: str | None, why: str
) -> None:
    with BlackBox(seller_transfer(), shell(script, ready=ready), [ROLE], database, patience=Patience(start=1.0)) as box:
        play(box, (ROW,))
        with pytest.raises(DriverError, match="(?s)" + why + ".*--starts-within"):
            box.play(Work(ROLE))


def test_the_setup_has_the_usual_variables_and_those_that_are_given(database: str) -> None:
    told = 'test -n "$STRIPE_API_BASE" && test -n "$STRIPE_API_KEY" && test -n "$WEBHOOK_PORT" && test -n "$EXTRA"'
    seen = f'{told} && echo "$DATABASE_URL" >&2 && exit 4'
    plain = shell("exec $BOOK")
    command = Command(
        plain.words, folder=str(ROOT), templates={**USUAL, "EXTRA": "{db.host}"}, setup=("/bin/sh", "-c", seen)
    )
    with pytest.raises(DriverError, match=r"(?s)setup failed \(4\).*postgresql://"):
        BlackBox(seller_transfer(), command, [ROLE], database)
