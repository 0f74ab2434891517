"""Failing plans made small."""

from __future__ import annotations

from pointsman_conformance.core.plan import (
    Advance,
    Create,
    Fault,
    FaultKind,
    Happen,
    Plan,
    Point,
    Settle,
    Work,
    to_json,
)
from pointsman_conformance.search.shrink import nearly_worn, shrink
from tests.unit.search.standin import SELLER

NOISE: Plan = (
    Create("1", "pending"),
    Create("2", "completed", {"retry_count": 3}),
    Work("transfer_worker"),
    Happen("2", "refund_requested", "refund_handler", "ev1"),
    Advance(4217.5),
    Work("reversal_worker", 2, (Fault(FaultKind.LOST_REPLY), Fault(FaultKind.CRASH, Point.WRITE_AFTER, 2))),
    Advance(1.0),
    Work("retry_worker"),
    Settle(arrivals=2),
)


def words(plan: Plan) -> list[str]:
    return [step.word for step in plan]


def test_what_the_failure_does_not_need_goes() -> None:
    least = shrink(NOISE, lambda plan: any(isinstance(step, Happen) for step in plan))
    assert least == (NOISE[3],)


def test_rows_go_with_all_their_steps() -> None:
    asked: list[Plan] = []

    def fails(plan: Plan) -> bool:
        asked.append(plan)
        return any(isinstance(step, Create) and step.row == "2" for step in plan)

    assert words(shrink(NOISE, fails)) == ["create"]
    assert all(getattr(step, "row", "2") == "2" for step in asked[0])


def test_faults_that_are_needed_stay_and_become_plain() -> None:
    def fails(plan: Plan) -> bool:
        return any(fault.kind is FaultKind.CRASH for step in plan if isinstance(step, Work) for fault in step.faults)

    assert shrink(NOISE, fails) == (Work("reversal_worker", 1, (Fault(FaultKind.CRASH, Point.WRITE_AFTER),)),)


def test_times_become_round_and_short_enough_to_still_fail() -> None:
    least = shrink(NOISE, lambda plan: sum(step.seconds for step in plan if isinstance(step, Advance)) > 500)
    assert least == (Advance(600.0),)


def test_what_happens_during_a_pause_is_made_small_too() -> None:
    during = (Advance(700.0), Work("reversal_worker", 2), Advance(5.0))
    plan = (Create("1", "reversal_pending"), Work("reversal_worker", faults=(Fault(FaultKind.PAUSE, during=during),)))

    def fails(each: Plan) -> bool:
        return any(
            isinstance(inner, Work)
            for step in each
            if isinstance(step, Work)
            for fault in step.faults
            for inner in fault.during
        )

    assert shrink(plan, fails) == (
        Work("reversal_worker", faults=(Fault(FaultKind.PAUSE, during=(Work("reversal_worker"),)),)),
    )


def test_no_plan_is_replayed_twice_and_no_more_than_allowed() -> None:
    asked: list[str] = []

    def fails(plan: Plan) -> bool:
        asked.append(repr(to_json(plan)))
        return len(plan) > 5

    least = shrink(NOISE, fails, most=17)
    assert len(least) <= len(NOISE)
    assert len(asked) == len(set(asked)) <= 17


def test_a_failure_that_never_comes_again_is_left_as_it_was() -> None:
    assert shrink(NOISE, lambda _: False) == NOISE


def test_rows_may_begin_at_their_last_attempt() -> None:
    turns = tuple(step for _ in range(12) for step in (Work("reversal_worker"), Advance(9.0)))
    plan = (Create("1", "reversal_pending"), *turns)

    def fails(each: Plan) -> bool:
        counted = sum(dict(step.columns).get("retry_count", 0) for step in each if isinstance(step, Create))  # type: ignore[misc]  # whole numbers
        made = any(isinstance(step, Create) for step in each)
        return made and counted + sum(isinstance(step, Work) for step in each) >= 12

    assert words(shrink(plan, fails, first=(nearly_worn(SELLER),))) == ["create", "work"]
