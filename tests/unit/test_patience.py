"""How long the kit waits for a process, as a user may say it."""

from __future__ import annotations

import pytest

from pointsman_conformance.drivers.patience import Patience


def test_a_slow_worker_may_be_silent_for_as_long_as_the_user_says() -> None:
    given = Patience.of(25.0, None, None)
    assert (given.claimed, given.due) == (25.0, 25.0)
    assert given.turn >= 100
    assert given.settle >= 300


def test_without_a_word_of_the_user_the_usual_times_hold() -> None:
    assert Patience.of(None, None, None) == Patience()


@pytest.mark.parametrize(
    ("given", "budget", "start"), [(None, 20.0, 10.0), (None, 2.0, 5.0), (None, None, 30.0), (45.0, 20.0, 45.0)]
)
def test_a_process_gets_half_of_the_budget_to_start_unless_the_user_says_more(
    given: float | None, budget: float | None, start: float
) -> None:
    assert Patience.of(None, given, budget).start == start


def test_a_turn_may_last_for_as_long_as_a_slow_answer_takes_besides() -> None:
    usual = Patience()
    slow = usual.outlasting(40.0)
    assert (slow.turn, slow.delivery) == (usual.turn + 40, usual.delivery + 40)
    assert (slow.claimed, slow.start) == (usual.claimed, usual.start)
