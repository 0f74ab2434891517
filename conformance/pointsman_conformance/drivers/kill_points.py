"""One plan for every point at which a process can die in a turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from pointsman_conformance.core.driver import Driver
from pointsman_conformance.core.plan import Fault, FaultKind, Plan, Point, Settle, Work

RECOVERY: Plan = (Settle(),)
"""The steps after a death: every actor gets turns until nothing is left to do."""


def kill_points(driver: Driver, prepare: Plan, work: Work, *, recovery: Plan = RECOVERY) -> Iterator[Plan]:
    """Play `work` once after `prepare`. Yields a plan for each point that it passed: a death there, then `recovery`."""
    driver.begin("kill points")
    for step in prepare:
        driver.play(step)
    times: Counter[Point] = Counter()
    for point in driver.play(work).points:
        times[point] += 1
        fault = Fault(FaultKind.CRASH, point, times[point])
        yield (*prepare, replace(work, faults=(*work.faults, fault)), *recovery)
