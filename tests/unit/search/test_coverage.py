"""What a run has reached, read off its history."""

from __future__ import annotations

from pointsman.loading.load import load
from pointsman_conformance.core.driver import Played
from pointsman_conformance.core.history import Answered, Delivered, History, Turn, Write
from pointsman_conformance.core.plan import Create, Fault, FaultKind, Happen, Move, Plan, Point, Settle, Work
from pointsman_conformance.drivers.in_process import InProcess
from pointsman_conformance.laws.judgement import LawVerdict
from pointsman_conformance.search.campaign import play
from pointsman_conformance.search.cells import Cell, CellKind, Survey
from pointsman_conformance.search.coverage import Coverage, covered, met
from tests.unit.search.standin import SELLER, SPECS, row


def names(cells: frozenset[Cell], sort: CellKind) -> set[str]:
    return {cell.name for cell in cells if cell.sort is sort}


def reached(plan: Plan, *roles: str) -> frozenset[Cell]:
    driver = InProcess(SELLER, roles=roles or None)
    history, played = play(driver, plan)
    return covered(SELLER, history, plan, played, driver.key)


def test_a_transition_counts_for_the_role_that_took_it() -> None:
    plan = (Create("1", "pending"), Work("transfer_worker"))
    assert names(reached(plan, "transfer_worker"), CellKind.TRANSITION) == {"pending->completed"}
    assert not names(reached(plan, "reversal_worker"), CellKind.TRANSITION)
    assert names(reached(plan), CellKind.STATUS) == {"pending", "completed"}


def test_two_transitions_of_a_row_are_a_pair_if_one_of_them_is_ours() -> None:
    plan = (
        Create("1", "completed"),
        Happen("1", "refund_requested", "refund_handler", "ev1"),
        Work("reversal_worker"),
    )
    pair = "completed->reversal_pending, reversal_pending->reversed"
    assert names(reached(plan, "reversal_worker"), CellKind.PAIR) == {pair}
    assert not names(reached(plan, "transfer_worker"), CellKind.PAIR)


def test_a_move_that_the_spec_does_not_have_is_a_refused_pair_when_it_is_asked_for() -> None:
    plan = (Create("1", "reversed"), Move("1", "pending", "admin"))
    assert names(reached(plan), CellKind.REFUSED) == {"reversed->pending"}
    assert not names(reached(plan, "refund_handler"), CellKind.REFUSED)


def test_an_event_in_a_status_without_its_transition_asks_for_a_refused_pair() -> None:
    plan = (Create("1", "reversed"), Happen("1", "refund_requested", "refund_handler", "ev1"))
    found = reached(plan, "refund_handler")
    assert names(found, CellKind.EVENT) == {"refund_requested in reversed"}
    assert names(found, CellKind.REFUSED) == {"reversed->reversal_pending"}


def test_a_fault_counts_for_the_transition_that_the_row_takes_next() -> None:
    lost = Fault(FaultKind.LOST_REPLY)
    plan = (Create("1", "reversal_pending"), Work("reversal_worker", faults=(lost,)))
    assert names(reached(plan), CellKind.POINT) == {"lost_reply at request.before of reversal_worker"}
    assert not names(reached(plan), CellKind.FAULT)
    assert names(reached((*plan, Settle())), CellKind.FAULT) == {"lost_reply before reversal_pending->reversed"}


def test_a_fault_at_a_point_that_was_not_passed_counts_for_nothing() -> None:
    never = Fault(FaultKind.CRASH, Point.WRITE_AFTER, 9)
    assert not names(reached((Create("1", "pending"), Work("transfer_worker", faults=(never,)))), CellKind.POINT)


def test_an_event_that_stays_in_its_status_is_a_transition_where_the_spec_says_so() -> None:
    lifecycle = load(SPECS / "payout.yaml")
    status = lifecycle.status["paid"].value
    records = (
        Write(at=0, row="1", old=None, new={"id": 1, "status": status}),
        Delivered(at=1, who="w", id="e", to="webhook", row="1", event="details_changed"),
        Answered(at=1, who="w", to="webhook", answer="applied", row="1"),
    )
    history = History(records, frozenset({"webhook"}), frozenset({"w"}))
    assert names(covered(lifecycle, history, (), ()), CellKind.TRANSITION) == {"paid->paid"}


def test_a_turn_that_wrote_nothing_is_about_all_rows_that_waited_for_it() -> None:
    records = (
        Write(at=0, row="1", old=None, new=row("pending")),
        Turn(at=1, who="w", actor="transfer_worker"),
        Turn(at=2, who="w", actor="transfer_worker"),
        Write(at=2, who="w", row="1", old=row("pending"), new=row("completed")),
    )
    history = History(records, frozenset({"transfer_worker"}), frozenset({"w"}))
    crash = Work("transfer_worker", faults=(Fault(FaultKind.CRASH, Point.WRITE_BEFORE),))
    played = (Played(), Played(fired=(0,)), Played())
    plan = (Create("1", "pending"), crash, Work("transfer_worker"))
    assert names(covered(SELLER, history, plan, played), CellKind.FAULT) == {"crash before pending->completed"}


def test_coverage_is_counted_and_told_in_words() -> None:
    cells = [Cell(CellKind.STATUS, "a"), Cell(CellKind.STATUS, "b"), Cell(CellKind.PAIR, "a->b, b->c")]
    coverage = Coverage(Survey(frozenset(cells)))
    coverage.add(cells[:1])
    assert coverage.share == 1 / 3
    assert coverage.in_words() == "statuses: b. pairs of transitions: a->b, b->c."
    assert coverage.by_sort()[CellKind.STATUS] == (2, ("b",))
    coverage.add(cells[1:])
    assert coverage.complete
    assert coverage.in_words() == ""


def test_a_law_without_evidence_is_not_met() -> None:
    assert met([LawVerdict("due-only", (), ()), LawVerdict("backoff", (), (("backoff/retry", 2),))]) == {
        Cell(CellKind.LAW, "backoff")
    }
