"""The faults that may strike a turn, by point: only those that leave the implementation responsible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.spec.lifecycle import Call, Queue
from pointsman.spec.meaning import lease_of, longest_pause_of, seconds
from pointsman_conformance.core.driver import Capability
from pointsman_conformance.core.plan import BEFORE_TRANSITIONS, Advance, Fault, FaultKind, Point, Step, Work
from pointsman_conformance.provider.odd_answers import lie
from pointsman_conformance.search.cells import CAN, Cell, fault_cell, fault_points, point_cell
from pointsman_conformance.search.ways import Route, Way, Ways, can_lead

ZOMBIES = (Point.WRITE_AFTER, Point.REQUEST_AFTER)
"""The points of long pauses: after the claim is written, and after the provider's reply.

A long pause between the last check of a claim and the request breaks a premise of the spec, so no law judges it.
"""

_NTHS = {Point.WRITE_BEFORE: 3, Point.WRITE_AFTER: 3, Point.READ_BEFORE: 2, Point.READ_AFTER: 2}
"""By point: the highest `nth` of a fault that is tried, since a turn may pass a point several times."""


_IN_REAL_TIME = (FaultKind.SLOW, FaultKind.PARTITION)
"""The faults for which a run waits seconds of real time: planned runs play them, and guided runs do not."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault at a point, with the cells that it reaches if it strikes."""

    kind: FaultKind
    point: Point
    cells: tuple[Cell, ...]


def strikes(
    ways: Ways, queue: Queue, status: str, capabilities: frozenset[Capability], roles: frozenset[str]
) -> Iterator[Strike]:
    """The faults that can strike a turn of the worker of `queue` about a row in `status`."""
    call = ways.lifecycle.call_of(queue)
    for kind, point in fault_points():
        need = CAN.get(kind)
        if kind in _IN_REAL_TIME or (need is not None and need not in capabilities):
            continue
        if call is None and point in (Point.REQUEST_BEFORE, Point.REQUEST_AFTER):
            continue
        if call is not None and lie(call, kind) is not None:
            continue
        leads = [
            way.number
            for way in ways.out_of[status]
            if kind in BEFORE_TRANSITIONS and _may_follow(way, queue, call, kind)
        ]
        cells = [fault_cell(ways.lifecycle, number, kind) for number in leads]
        if queue.worker in roles and queue.worker is not None:
            cells.append(point_cell(queue.worker, kind, point))
        if kind not in (FaultKind.REFUSED, FaultKind.REFUSED_FOR_NOW) or leads:
            yield Strike(kind, point, tuple(cells))


def _may_follow(way: Way, queue: Queue, call: Call | None, kind: FaultKind) -> bool:
    """True if the worker of `queue` can take `way` after such a fault."""
    at_work = way.route is Route.WORK and way.queue is queue
    return at_work and (call is None or can_lead(way, call, kind) is None)


def times(point: Point) -> int:
    """The highest `nth` of a fault at this point that is tried."""
    return _NTHS.get(point, 1)


def executing_for(call: Call | None, share: int) -> float:
    """The seconds that a request executes after its caller gave up: (`share` + 1) / 11 of `settles_within`, or of 60 s.

    `share` is 0 to 9, so that the premise settles-within holds.
    """
    longest = seconds(call.settles_within if call is not None else None) or 60.0
    return round(longest * (share + 1) / 11, 3)


def zombie(ways: Ways, point: Point, meanwhile: tuple[Step, ...], nth: int = 1) -> Fault:
    """A pause of the copy at `point` until its lease has run out, during which `meanwhile` is played."""
    gone = lease_of(ways.lifecycle) or 1.0
    during: tuple[Step, ...] = (Advance(gone + 1), *meanwhile)
    return Fault(FaultKind.PAUSE, point, nth, during)


def others_turn(queue: Queue, capabilities: frozenset[Capability], faults: tuple[Fault, ...] = ()) -> tuple[Step, ...]:
    """A turn of the worker's second copy; empty if the driver has no copies or the queue no worker."""
    if queue.worker is None or Capability.COPIES not in capabilities:
        return ()
    return (Work(queue.worker, 2, faults),)


def short_pause(ways: Ways, point: Point) -> Fault:
    """A pause of a third of `longest_pause`, which the premises allow at every point."""
    return Fault(FaultKind.PAUSE, point, 1, (Advance(round(longest_pause_of(ways.lifecycle) / 3, 3)),))
