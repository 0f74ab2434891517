"""Drops each law in turn, in the time that there is; Ctrl-C keeps what was found by then."""

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
    """What each dropped law leads to; `stopped` says why some were not looked at, or is empty."""

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
    """Drop every law and premise by itself, up to the moment `until` of the monotonic clock.

    The limits are those of each exploration. `told` is told each answer.
    """
    found: list[Dropped] = []
    pressed: list[int] = []

    def on_interrupt(number: int, _: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def heard(one: Dropped) -> None:
        # An exploration swallows a Ctrl-C and ends; what it then answers is no answer.
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
    """The same without what it has looked up so far: a process is sent the lifecycle, and such views cannot be sent."""
    return replace(
        lifecycle,
        table=replace(lifecycle.table) if lifecycle.table is not None else None,
        queues=tuple(replace(queue) for queue in lifecycle.queues),
        source=replace(lifecycle.source),
    )
