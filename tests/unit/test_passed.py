"""Where faults strike: which passing of a point, and which requests, count."""

from __future__ import annotations

from pointsman_conformance.core.plan import Fault, FaultKind, Passed, Point
from pointsman_conformance.core.wire import HttpRequest

LOST = Fault(FaultKind.LOST_REPLY)
DEAD = Fault(FaultKind.CRASH, Point.REQUEST_BEFORE)


def asked(*methods: str) -> Passed:
    passed = Passed()
    for method in methods:
        passed.reach(Point.REQUEST_BEFORE, reads=HttpRequest(method, "/v1/transfers").reads)
    return passed


def test_a_fault_of_a_request_strikes_the_first_that_can_make_an_effect_after_however_many_look_ups() -> None:
    assert not asked("GET", "GET").strikes(LOST, Point.REQUEST_BEFORE)
    assert asked("GET", "GET", "POST").strikes(LOST, Point.REQUEST_BEFORE)
    assert not asked("POST", "POST").strikes(LOST, Point.REQUEST_BEFORE)


def test_a_fault_of_look_ups_counts_them_alone() -> None:
    deaf = Fault(FaultKind.ERROR, nth=2, reads=True)
    assert not asked("GET", "POST").strikes(deaf, Point.REQUEST_BEFORE)
    assert asked("GET", "POST", "GET").strikes(deaf, Point.REQUEST_BEFORE)


def test_a_copy_dies_at_any_request() -> None:
    assert asked("GET").strikes(DEAD, Point.REQUEST_BEFORE)
    assert not asked("GET", "POST").strikes(DEAD, Point.REQUEST_BEFORE)
