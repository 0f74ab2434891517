"""What the guide chooses, and what it never does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.meaning import longest_pause_of
from pointsman_conformance.core.plan import (
    Advance,
    Create,
    Fault,
    FaultKind,
    Happen,
    Move,
    Plan,
    Point,
    SetUnknownStatus,
    Step,
    Work,
)
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.search.campaign import Chance
from pointsman_conformance.search.cells import survey
from pointsman_conformance.search.coverage import Coverage
from pointsman_conformance.search.guide import Guide
from pointsman_conformance.search.planned import tours
from tests.unit.search.standin import ALL, SELLER, SPECS, StandIn, row


def guide_of(lifecycle: Lifecycle, driver: StandIn | InProcess) -> Guide:
    coverage = Coverage(survey(lifecycle, driver.about.roles, ALL))
    return Guide(lifecycle, driver.about, coverage)


def run(lifecycle: Lifecycle, seed: int, steps: int = 25) -> Plan:
    driver = InProcess(lifecycle)
    guide, source, plan = guide_of(lifecycle, driver), Chance(seed), list[Step]()
    for _ in range(steps):
        plan.append(guide.step(source, driver))
        guide.saw(plan[-1], driver.play(plan[-1]))
    return tuple(plan)


class Fixed:
    """A source that gives its numbers in turn, then zeros."""

    def __init__(self, *numbers: int) -> None:
        self._numbers = list(numbers)

    def below(self, n: int) -> int:
        return min(self._numbers.pop(0), n - 1) if self._numbers else 0


def test_the_first_step_makes_a_row() -> None:
    assert isinstance(guide_of(SELLER, StandIn({})).step(Fixed(), StandIn({})), Create)


def test_the_simplest_choice_is_what_the_spec_enables() -> None:
    driver = StandIn({"1": row("reversal_pending")}, "reversal_worker")
    assert guide_of(SELLER, driver).step(Fixed(), driver) == Work("reversal_worker")


def test_what_is_not_due_is_waited_for() -> None:
    driver = StandIn({"1": row("reversal_pending", next_retry_at=160.0)}, "reversal_worker")
    assert guide_of(SELLER, driver).step(Fixed(), driver) == Advance(60.001)


def test_a_run_is_the_same_for_the_same_seed() -> None:
    assert run(SELLER, 7) == run(SELLER, 7)
    assert run(SELLER, 7) != run(SELLER, 8)


def test_most_steps_are_enabled_some_are_not_and_some_have_faults() -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        for step in run(SELLER, seed):
            seen[step.word] += 1
            seen["faults"] += bool(getattr(step, "faults", ()))
    total = 40 * 25
    assert 0.05 * total < seen["faults"] < 0.3 * total
    assert seen["work"] > 0.1 * total
    assert all(seen[word] for word in ("create", "happen", "hook", "move", "estrange", "advance", "dashboard", "crash"))


def test_a_run_in_two_is_rough() -> None:
    """With so many faults that several strike the same row, beside refusals, which are a way like others."""
    struck = [sum(each.kind is not FaultKind.REFUSED for each in faults(run(SELLER, seed))) for seed in range(60)]
    assert 15 < sum(number >= 4 for number in struck) < 45
    assert 15 < sum(number <= 2 for number in struck) < 45


def test_where_rows_have_ended_others_are_made_and_time_does_not_go_by_in_vain() -> None:
    """Nothing can be done about rows at their end but what the spec does not enable."""
    steps = [step for seed in range(40) for step in run(SELLER, seed)]
    assert sum(isinstance(step, Advance) for step in steps) < 0.15 * len(steps)
    most = max(len({step.row for step in run(SELLER, seed) if isinstance(step, Create)}) for seed in range(40))
    assert most > 3


def test_no_more_rows_that_can_go_on_than_were_asked_for() -> None:
    driver = StandIn({str(n): row("completed", id=n) for n in range(1, 4)}, "refund_handler")
    guide = guide_of(SELLER, driver)
    assert not any(isinstance(guide.step(Chance(seed), driver), Create) for seed in range(200))


def test_a_row_that_came_a_long_way_is_asked_for_more_than_one_that_stands_where_it_was_made() -> None:
    driver = StandIn({"1": row("reversed")})
    guide, asked = guide_of(SELLER, driver), Counter[str]()
    for status in ("pending", "failed", "completed", "reversal_pending", "reversed"):
        driver.held["2"] = row(status, id=2)
        guide.step(Chance(0), driver)
    for seed in range(400):
        step = guide.step(Chance(seed), driver)
        asked[step.row if isinstance(step, Happen | Move) else ""] += 1
    assert asked["2"] > 2 * asked["1"]


def test_one_who_handles_an_event_dies_is_cut_off_and_stands_still_while_the_row_moves_on() -> None:
    struck = [fault for seed in range(60) for step in run(SELLER, seed) if isinstance(step, Happen)
              for fault in step.faults]  # fmt: skip
    assert {fault.kind for fault in struck} == {FaultKind.CRASH, FaultKind.CUT, FaultKind.PAUSE}
    assert all(fault.during for fault in struck if fault.kind is FaultKind.PAUSE)


def test_an_event_that_is_told_again_is_the_same_event() -> None:
    sent: dict[tuple[str, str], list[Happen]] = {}
    for seed in range(60):
        for step in run(SELLER, seed):
            if isinstance(step, Happen) and not step.faults:
                sent.setdefault((str(seed), step.id), []).append(step)
    again = [steps for steps in sent.values() if len(steps) > 1]
    assert again
    assert all(step == steps[0] for steps in again for step in steps)


def test_an_event_that_comes_once_comes_once_to_a_row() -> None:
    lifecycle = load(SPECS / "payout.yaml")
    for seed in range(40):
        came = [step for step in run(lifecycle, seed) if isinstance(step, Happen) and step.event == "called_off"]
        assert len({step.row for step in came}) == len(came)


def test_moves_are_those_that_the_spec_does_not_have() -> None:
    lifecycle = load(SPECS / "refund.yaml")
    moves = [step for seed in range(20) for step in run(lifecycle, seed) if isinstance(step, Move)]
    assert moves
    assert all(move.actor in lifecycle.actor for move in moves)


def test_one_row_at_most_is_in_an_undeclared_status() -> None:
    for seed in range(30):
        assert sum(isinstance(step, SetUnknownStatus) for step in run(SELLER, seed)) <= 2


# --- premises: what only the implementation can be blamed for ------------------------------


def faults(steps: Plan) -> Iterator[Fault]:
    for step in steps:
        for fault in getattr(step, "faults", ()):
            yield fault
            yield from faults(fault.during)


def blameless(lifecycle: Lifecycle, plan: Plan) -> None:
    """A long pause stands at the reply to a claim or at the provider's; a request takes effect in time."""
    settles = [call.settles_within for call in lifecycle.calls if call.settles_within is not None]
    for step in plan:
        for fault in getattr(step, "faults", ()):
            if fault.kind is FaultKind.EXECUTING:
                assert fault.seconds < min(each.total_seconds() for each in settles)
            waits = sum(each.seconds for each in fault.during if isinstance(each, Advance))
            if fault.kind is FaultKind.PAUSE and isinstance(step, Work):
                at_reply = fault.point in (Point.WRITE_AFTER, Point.REQUEST_AFTER)
                assert at_reply or waits <= longest_pause_of(lifecycle)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_plan_breaks_a_premise(path) -> None:  # type: ignore[no-untyped-def]  # a path
    lifecycle = load(path)
    for seed in range(12):
        blameless(lifecycle, run(lifecycle, seed))
    for tour in tours(lifecycle, InProcess(lifecycle).about):
        blameless(lifecycle, tour.plan)


def test_a_copy_stands_still_for_long_at_a_reply_only_while_no_other_row_waits() -> None:
    """An implementation may look at all its claims first and send then: its second request would be too late."""
    rows = {"1": row("reversal_pending"), "2": row("reversal_pending", id=2)}
    driver = StandIn(rows, "reversal_worker")
    guide = guide_of(SELLER, driver)
    for seed in range(600):
        step = guide.step(Chance(seed), driver)
        for fault in faults((step,)):
            if fault.kind is FaultKind.PAUSE and fault.point is Point.REQUEST_AFTER:
                assert sum(each.seconds for each in fault.during if isinstance(each, Advance)) <= longest_pause_of(
                    SELLER
                )
