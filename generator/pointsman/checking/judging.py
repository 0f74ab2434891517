"""Drops each law in turn until a deadline; after Ctrl-C the answers found by then are kept."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import FrameType

from pointsman.checking.explore import Limits
from pointsman.checking.laws import Dropped, judge_laws
from pointsman.spec.lifecycle import Lifecycle


@dataclass(frozen=True)
class LawJudgement:
    """The consequence of dropping each law; `stopped` is the reason why some are missing, or empty."""

    dropped: tuple[Dropped, ...]
    stopped: str = ""
    interrupted: bool = False


class _OverError(Exception):
    """The time is over."""


def judge(
    lifecycle: Lifecycle,
    limits: Limits,
    jobs: int = 1,
    until: float | None = None,
    told: Callable[[Dropped], None] | None = None,
) -> LawJudgement:
    """Drop every law and premise by itself, until the monotonic clock reaches `until` (seconds).

    `limits` holds for each exploration. `told` is called with each answer.
    """
    found: list[Dropped] = []
    pressed: list[int] = []

    def on_interrupt(number: int, _: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def heard(one: Dropped) -> None:
        # An exploration that gets a Ctrl-C ends early, and its verdict is not to be used.
        if pressed:
            raise KeyboardInterrupt
        found.append(one)
        if told is not None:
            told(one)
        if until is not None and time.monotonic() > until:
            raise _OverError

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        return LawJudgement(judge_laws(_fresh(lifecycle), limits=limits, jobs=jobs, told=heard))
    except KeyboardInterrupt:
        return LawJudgement(tuple(found), "interrupted", interrupted=True)
    except _OverError:
        return LawJudgement(tuple(found), "the time was over")
    finally:
        signal.signal(signal.SIGINT, before)


def _fresh(lifecycle: Lifecycle) -> Lifecycle:
    """A copy of the lifecycle without its cached look-ups, which cannot be pickled for another process."""
    return replace(
        lifecycle,
        table=replace(lifecycle.table) if lifecycle.table is not None else None,
        queues=tuple(replace(queue) for queue in lifecycle.queues),
        source=replace(lifecycle.source),
    )
