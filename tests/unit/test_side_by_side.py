"""Work in processes of its own: what comes back, and what does not."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

import pytest

from pointsman.spec.errors import UsageError
from pointsman_conformance.processes.parallel import Lost, side_by_side


def doubled(number: int) -> int:
    sys.stdout.write("this is no result\n")
    sys.stdout.flush()
    return 2 * number


def refused(word: str) -> str:
    raise UsageError(word)


def killed(_number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def until_told(number: int) -> str:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        return f"{number} was told"
    return "nobody said anything"


def interrupting(after: float) -> Callable[[], None]:
    """Raises once, after so many seconds."""
    at = [time.monotonic() + after]

    def tell() -> None:
        if at and time.monotonic() > at[0]:
            at.clear()
            raise KeyboardInterrupt

    return tell


def test_results_come_in_the_order_of_the_work_whatever_is_printed() -> None:
    assert side_by_side(doubled, [3, 1, 2]) == [6, 2, 4]


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(UsageError, match="no such thing"):
        side_by_side(refused, ["no such thing"])


def test_a_process_that_was_killed_is_lost_and_the_others_are_not() -> None:
    assert side_by_side(killed, [1]) == [Lost("was ended by SIGKILL")]


def test_an_interrupt_is_passed_on_and_what_they_have_by_then_comes_back() -> None:
    came, told = side_by_side(until_told, [1, 2], interrupting(2.0))
    assert (came, told) == ("1 was told", "2 was told")
