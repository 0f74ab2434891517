"""Estimates early how large a world is: the sizes of its levels go on as the ratio of one to the next falls."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

LEVELS = 6
"""How many levels there have to be before anything is said."""
_MOST = 1e12
"""No more states than this are told apart."""
_SLOWEST = 0.02
"""The least that the logarithm of the ratio falls by, from level to level."""
_LARGE = 100_000
"""The states of a world that takes so long that an estimate helps."""
_WAYS = ((0.3, 2.0), (0.8, 1.0), (2.0, 0.5))
"""For few, likely, many: when the largest level comes, in times the levels so far, and how fast the ratio falls."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """An estimate of a whole exploration: states, seconds and bytes, each as the least, the likely, the most.

    No verdict rests on it.
    """

    states: tuple[int, int, int]
    seconds: tuple[float, float, float]
    bytes: tuple[int, int, int]


def forecast(sizes: Sequence[int], seconds: float, bytes_: int) -> Forecast | None:
    """What a whole exploration comes to, from the sizes of its first levels, which took `seconds` and `bytes_`.

    None: there are too few levels, or the last is empty.
    """
    if len(sizes) < LEVELS or min(sizes) <= 0:
        return None
    now = sum(sizes)
    few, likely, many = sorted(now + _further(sizes, peak, faster) for peak, faster in _WAYS)
    pace, each = seconds / now, bytes_ / now
    return Forecast(
        (round(few), round(likely), round(many)),
        (pace * few, pace * likely, pace * many),
        (round(each * few), round(each * likely), round(each * many)),
    )


def _further(sizes: Sequence[int], peak: float, faster: float) -> float:
    """States of the levels to come: the logarithm of the ratio of level to level goes on to fall, evenly."""
    depth = len(sizes) - 1
    last = max(1, min(4, depth // 3))
    grows = math.log(sizes[-1] / sizes[-1 - last]) / last
    falls = max(_fall(sizes) * faster, _SLOWEST)
    if grows > 0:
        falls = max(falls, grows / (peak * depth))
        grows -= falls * (last - 1) / 2  # it is the mean of the last few, and lies that far back
    found, size = 0.0, float(sizes[-1])
    while size >= 1 and found < _MOST:
        grows -= falls
        size *= math.exp(grows)
        found += size
    return min(found, _MOST)


def _fall(sizes: Sequence[int]) -> float:
    """By how much the logarithm of the ratio fell from level to level, in the later half of the levels."""
    ratios = [math.log(after / before) for before, after in itertools.pairwise(sizes)]
    late = ratios[-max(3, len(ratios) // 2) :]
    half = len(late) // 2
    return (sum(late[:half]) / half - sum(late[-half:]) / half) / (len(late) - half)


class Levels:
    """Collects the sizes of levels while a world is explored, and estimates the whole once it is no small world."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._began = time.monotonic()

    def met(self, states: int) -> Forecast | None:
        """An estimate after one more level, with which there are so many states; it says nothing of bytes."""
        before = sum(self._sizes)
        if states < before:  # another exploration begins
            self._sizes, before, self._began = [], 0, time.monotonic()
        self._sizes.append(states - before)
        return forecast(self._sizes, time.monotonic() - self._began, 0) if states >= _LARGE else None


def in_words(found: Forecast) -> str:
    """The estimate in a sentence."""
    few, likely, many = (number(each) for each in found.states)
    seconds = f"{duration(found.seconds[0])} to {duration(found.seconds[2])}"
    bytes_ = f"{size(found.bytes[0])} to {size(found.bytes[2])}"
    return f"estimate for the whole world: about {likely} states ({few} to {many}), {seconds}, {bytes_}"


def in_short(found: Forecast) -> str:
    """The estimate for a line of progress."""
    few, _, many = (number(each) for each in found.states)
    return f"estimated {few} to {many} in all, {duration(found.seconds[0])} to {duration(found.seconds[2])}"


def number(count: float) -> str:
    """A count of two digits, in thousands, millions and so on."""
    if count >= _MOST:
        return "10^12 or more"
    if count >= 100:
        step = 10 ** (math.floor(math.log10(count)) - 1)
        count = round(count / step) * step
    for unit, worth in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= worth:
            return f"{count / worth:g} {unit}"
    return f"{count:.0f}"


def duration(seconds: float) -> str:
    """Seconds, minutes, hours or days."""
    for unit, length, most in (("s", 1.0, 120.0), ("min", 60.0, 120.0), ("h", 3600.0, 48.0)):
        if seconds / length < most:
            return f"{max(1, round(seconds / length))} {unit}"
    return f"{number(seconds / 86400)} days"


def size(count: int) -> str:
    """Bytes as MiB or GiB."""
    mib = count / (1 << 20)
    return f"{max(1, round(mib)):,} MiB" if mib < 2048 else f"{number(mib / 1024)} GiB"
