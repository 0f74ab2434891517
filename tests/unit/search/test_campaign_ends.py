"""However a search ends, what was found by then is its result."""

from __future__ import annotations

import time

import pytest

from pointsman_conformance.core.driver import DriverError, Played
from pointsman_conformance.core.plan import Step
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.mutants import WRONG
from pointsman_conformance.search import campaign as searching
from pointsman_conformance.search.campaign import Budget, run
from tests.unit.search.standin import SELLER

NAME = "timeout_means_failed"
LAW = WRONG[NAME].law
SMALL = Budget(steps=0, replays=60, confirmations=2)


class Ends(InProcess):
    """A wrong implementation on a stage that lives for so many runs, and one step."""

    def __init__(self, runs: int, problem: BaseException | None = None) -> None:
        super().__init__(SELLER, WRONG[NAME].make, name=NAME)
        self._left, self._problem = runs, problem

    def begin(self, case: str) -> None:
        self._left -= 1
        super().begin(case)

    def play(self, step: Step) -> Played:
        played = super().play(step)
        if self._left < 0 and self._problem is not None:
            raise self._problem
        if self._left < 0:
            time.sleep(60)
        return played


def runs_until_found() -> int:
    """How many runs are played until the law is broken, that one included."""
    found = run(
        SELLER, lambda: Ends(10**6), laws=[LAW], budget=Budget(steps=0, replays=0, confirmations=0, until_broken=LAW)
    )
    return found.runs


@pytest.mark.parametrize("more", [0, 1, 4])
def test_a_failure_is_kept_when_its_shrinking_is_interrupted(more: int) -> None:
    ended = run(SELLER, lambda: Ends(runs_until_found() + more, KeyboardInterrupt()), laws=[LAW], budget=SMALL)
    assert ended.interrupted
    assert [failure.law for failure in ended.failures] == [LAW]


def test_the_smallest_run_by_then_is_kept() -> None:
    first = run(SELLER, lambda: Ends(runs_until_found(), KeyboardInterrupt()), laws=[LAW], budget=SMALL)
    whole = run(SELLER, lambda: Ends(10**6), laws=[LAW], budget=SMALL)
    later = run(SELLER, lambda: Ends(runs_until_found() + 8, KeyboardInterrupt()), laws=[LAW], budget=SMALL)
    lengths = [len(each.failures[0].plan) for each in (whole, later, first)]
    assert lengths == sorted(lengths)


def test_a_stage_that_fails_ends_the_search_with_what_was_found_and_a_sentence() -> None:
    ended = run(SELLER, lambda: Ends(runs_until_found(), DriverError("no database")), laws=[LAW], budget=SMALL)
    assert [failure.law for failure in ended.failures] == [LAW]
    assert ended.trouble == ("The search ended early. no database",)
    assert not ended.interrupted


def test_a_stage_that_fails_at_once_is_an_error() -> None:
    with pytest.raises(DriverError, match="no database"):
        run(SELLER, lambda: Ends(0, DriverError("no database")), laws=[LAW], budget=SMALL)


def test_a_step_that_takes_for_ever_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "LAST_RUN", 0.2)
    began = time.monotonic()
    ended = run(SELLER, lambda: Ends(0), laws=[LAW], budget=Budget(seconds=0.3))
    assert time.monotonic() - began < 10
    assert not ended.interrupted
    assert len(ended.trouble) == 1
    assert "came to its end" in ended.trouble[0]
