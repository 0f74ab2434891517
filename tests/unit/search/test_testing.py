"""The function to call from a test file, and the pytest plugin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pointsman_conformance.core.driver import Capability
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.search.campaign import Budget
from pointsman_conformance.testing import IncompleteError, NotConformantError, conforms
from tests.unit.search.standin import SELLER, SPECS

SPEC = SPECS / "seller_transfer.yaml"
BRIEF = Budget(until_covered=True)


def test_a_class_is_judged_as_the_actors_that_it_plays() -> None:
    campaign = conforms(SPEC, ReferenceImplementation, roles=["reversal_worker"], budget=BRIEF)
    assert campaign.about.roles == {"reversal_worker"}
    assert campaign.about.name == "ReferenceImplementation"


def test_a_driver_or_a_function_that_makes_one_is_judged_as_it_is() -> None:
    conforms(SELLER, InProcess(SELLER, roles=["admin"]), budget=BRIEF)
    conforms(SELLER, lambda: InProcess(SELLER, roles=["admin"]), budget=BRIEF)


def test_a_wrong_implementation_is_told_what_it_broke_and_where_the_spec_asks_for_it() -> None:
    with pytest.raises(NotConformantError) as caught:
        conforms(SPEC, WRONG["hot_loop"].make, roles=["reversal_worker"], laws=["backoff"], budget=Budget(steps=0))
    words = str(caught.value)
    assert "breaks backoff (seed 0)" in words
    assert "seller_transfer.yaml:" in words
    assert "work reversal_worker" in words


def test_what_was_not_put_to_the_test_is_no_pass() -> None:
    with pytest.raises(IncompleteError, match="not everything was put to the test"):
        conforms(SPEC, ReferenceImplementation, roles=["reversal_worker"], budget=Budget(steps=20, tours=False))


class Weak(InProcess):
    """A driver that can do little is asked for little."""

    @property
    def about(self):  # type: ignore[no-untyped-def]  # as the driver's
        told = super().about
        return type(told)(told.name, told.roles, capabilities=frozenset({Capability.CRASHES}))


def test_a_driver_with_few_powers_can_still_be_complete() -> None:
    conforms(SPEC, lambda: Weak(SELLER, roles=["reversal_worker"]), budget=BRIEF)


TEST_FILE = """
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.mutants import WRONG

SPEC = {spec!r}

def test_right(conforms):
    conforms(SPEC, ReferenceImplementation, roles=["refund_handler"])

def test_wrong(conforms):
    conforms(SPEC, WRONG["drops_early_refund"].make, roles=["refund_handler"])
"""


def test_the_plugin_gives_a_fixture_and_tells_failures_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST_FILE.format(spec=str(SPEC)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "--pointsman-seed", "3", "--pointsman-budget", "3", "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "breaks event-not-lost" in done.stdout
    assert "(seed 3)" in done.stdout
    assert "testing.py" not in done.stdout
