"""A Ctrl-C during exploring: what was found until then can be told."""

from __future__ import annotations

import signal

import pytest

from pointsman.checking.explore import Explorer, Reduction
from pointsman.checking.interrupts import interrupts_held_back
from pointsman.loading.load import load
from pointsman.world.build import build
from pointsman.world.scope import Scope
from tests.checkout import TOP

SYSTEM = build(load(str(TOP / "spec" / "payout.yaml")), Scope(workers=1, attempts=1))


def test_a_ctrl_c_waits_until_it_is_looked_for() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts_held_back() as look:  # noqa: PT012 - where it comes is the point
        signal.raise_signal(signal.SIGINT)
        done.append("a table is written")
        look()
        done.append("never")
    assert done == ["a table is written"]


def test_a_ctrl_c_that_was_not_looked_for_comes_at_the_end() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_held_back():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_comes_through_at_once() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts_held_back():  # noqa: PT012 - where it comes is the point
        signal.raise_signal(signal.SIGINT)
        done.append("held back")
        signal.raise_signal(signal.SIGINT)
        done.append("never")
    assert done == ["held back"]


def test_an_error_is_not_hidden_by_a_ctrl_c_that_was_held_back() -> None:
    with pytest.raises(ValueError, match="its own"), interrupts_held_back():  # noqa: PT012 - both happen
        signal.raise_signal(signal.SIGINT)
        raise ValueError("its own")


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_every_state_that_was_met_before_a_ctrl_c_has_a_way_to_it(depth: int) -> None:
    explorer = Explorer(SYSTEM, Reduction.TIDY)

    def interrupt(at: int, _states: int, _transitions: int) -> None:
        if at == depth:
            signal.raise_signal(signal.SIGINT)

    found = explorer.explore(progress=interrupt)
    assert found.interrupted
    assert found.cut == "interrupted"
    for index in range(found.levels[-1] + 1):
        assert len(explorer.path(found, index)) <= depth
