"""An unmodified process as a black box: faults strike where they were told to, and an honest one keeps all laws."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from pointsman.loading.load import load
from pointsman_conformance.core.driver import Ack, Played
from pointsman_conformance.core.history import Crashed, Cut, Mark, Paused, Request, Resumed, Started, Write
from pointsman_conformance.core.plan import (
    AT_A_REQUEST,
    Advance,
    Crash,
    Create,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Move,
    Plan,
    Point,
    Settle,
    SetUnknownStatus,
    Work,
)
from pointsman_conformance.drivers.black_box import BlackBox
from pointsman_conformance.drivers.kill_points import kill_points
from pointsman_conformance.postgres import PostgresServer
from tests.acceptance.kit.boxes import SPECS, book, breaches, kinds, play, seller_transfer

ROLE = "reversal_worker"
ROW = Create("1", "reversal_pending")
WHO = "reversal_worker.1"
TURN = [
    Point.WRITE_BEFORE,
    Point.WRITE_AFTER,
    Point.READ_BEFORE,
    Point.READ_AFTER,
    Point.REQUEST_BEFORE,
    Point.REQUEST_AFTER,
    Point.WRITE_BEFORE,
    Point.WRITE_AFTER,
]
"""The bounds of an honest reversal: claim, last look, request, record."""


@pytest.fixture(scope="module")
def box(postgres: PostgresServer) -> Iterator[BlackBox]:
    """The reversal worker by the book."""
    with postgres.database() as dsn, BlackBox(seller_transfer(), book(ROLE), [ROLE], dsn) as driver:
        yield driver


def honest(box: BlackBox, plan: Plan, status: str = "reversed") -> list[Played]:
    """Play the plan; the row must end in `status`, and no law may be broken."""
    played = play(box, plan)
    assert [each.trouble for each in played if each.trouble] == []
    assert breaches(box.lifecycle, box.history()) == []
    assert box.rows()["1"]["status"] == status
    return played


def with_fault(kind: FaultKind, point: Point = Point.REQUEST_BEFORE, **more: object) -> Plan:
    fault = Fault(kind, point, **more)  # type: ignore[arg-type]  # a test's shorthand
    return (ROW, Work(ROLE, faults=(fault,)), Settle())


def test_a_turn_passes_its_bounds_in_order_and_is_over_when_nothing_is_due(box: BlackBox) -> None:
    _, first, second = honest(box, (ROW, Work(ROLE), Work(ROLE)))
    assert list(first.points) == TURN
    assert first.answer is Ack.APPLIED
    assert second == Played(answer=Ack.SKIPPED)
    assert kinds(box.history().records, WHO) == [
        "started", "turn", "write", "request", "effect", "reply", "write", "turn",
    ]  # fmt: skip


def test_who_did_what_is_known(box: BlackBox) -> None:
    play(box, (Create("1", "completed"), Happen("1", "refund_requested", "refund_handler", "e1"), Work(ROLE)))
    history = box.history()
    wrote = [(record.who, record.actor) for record in history.records if isinstance(record, Write)]
    assert wrote == [("kit", None), ("kit", "refund_handler"), (WHO, ROLE), (WHO, ROLE)]
    assert history.subject == {WHO}
    assert history.roles == {ROLE}


def test_a_process_that_lives_on_meets_no_row_twice(box: BlackBox) -> None:
    honest(box, (ROW, Work(ROLE)))
    first = box.key("1")
    honest(box, (ROW, Work(ROLE)))
    assert box.key("1") != first
    assert kinds(box.history().records, WHO)[0] == "started"


def test_a_process_that_has_begun_something_does_not_live_on(box: BlackBox) -> None:
    lost = Fault(FaultKind.CUT, Point.REQUEST_AFTER)
    for _ in range(3):
        play(box, (ROW, Work(ROLE, faults=(lost,))))
        honest(box, (ROW, Work(ROLE)))


def test_every_case_may_have_fresh_processes_and_the_same_keys(database: str) -> None:
    with BlackBox(seller_transfer(), book(ROLE), [ROLE], database, fresh=True) as box:
        for _ in range(2):
            honest(box, (ROW, Work(ROLE)))
            assert box.key("1") == "1"


def test_nothing_is_done_between_two_steps(box: BlackBox) -> None:
    play(box, (ROW, Work(ROLE), Create("2", "reversal_pending"), Advance(50), Create("3", "reversal_pending")))
    assert [row["status"] for row in box.rows().values()] == ["reversed", "reversal_pending", "reversal_pending"]
    box.play(Work(ROLE))
    assert [row["status"] for row in box.rows().values()] == ["reversed", "reversed", "reversed"]


def test_the_rows_key_and_clock_are_those_of_the_history(box: BlackBox) -> None:
    play(box, (ROW, Create("b", "pending"), Advance(3600)))
    assert set(box.rows()) == {"1", "b"}
    assert 3600 <= box.now() < 3660
    for label in ("1", "b"):
        assert box.rows()[label] == box.history().rows[box.key(label)]
        assert str(box.rows()[label]["id"]) == box.key(label)


@pytest.mark.parametrize("kind", sorted(AT_A_REQUEST))
def test_every_fault_of_a_request_strikes_and_is_survived(box: BlackBox, kind: FaultKind) -> None:
    seconds = 0.05 if kind is FaultKind.SLOW else 30.0
    refusals = {FaultKind.REFUSED, FaultKind.HTML_400, FaultKind.SHOULD_RETRY}
    end = "permanently_failed" if kind in refusals else "reversed"
    _, worked, _ = honest(box, with_fault(kind, seconds=seconds), end)
    assert worked.fired == (0,)


def test_death_at_every_bound_is_survived(box: BlackBox) -> None:
    plans = list(kill_points(box, (ROW,), Work(ROLE)))
    assert [plan[1].faults[-1].point for plan in plans if isinstance(plan[1], Work)] == TURN
    for number, plan in enumerate(plans, 1):
        _, worked, _ = honest(box, plan)
        assert worked.fired == (0,)
        assert list(worked.points) == TURN[:number], "it dies exactly there"
        records = box.history().records
        died = next(place for place, record in enumerate(records) if isinstance(record, Crashed))
        assert records[died] == Crashed(at=records[died].at, who=WHO, killed=True)
        healthy = next(place for place, record in enumerate(records) if isinstance(record, Mark))
        assert died < healthy
        late = [record for record in records[died:healthy] if isinstance(record, Write | Request)]
        assert late == [], "the dead do nothing"


def test_the_dead_hear_no_answer(box: BlackBox) -> None:
    play(box, with_fault(FaultKind.CRASH, Point.REQUEST_AFTER)[:2])
    heard: list[object] = []
    deadline = time.monotonic() + 5
    while not heard and time.monotonic() < deadline:  # the provider's thread notes it when the caller is dead
        heard = [getattr(record, "heard", None) for record in box.history().records if record.kind == "reply"]
    assert heard == [False]


@pytest.mark.parametrize("point", list(Point))
def test_a_connection_that_is_lost_at_any_bound_is_survived(box: BlackBox, point: Point) -> None:
    _, worked, _ = honest(box, with_fault(FaultKind.CUT, point))
    assert worked.fired == (0,)
    cuts = [record for record in box.history().records if isinstance(record, Cut)]
    assert [(cut.who, cut.done) for cut in cuts] == [(WHO, point.value.endswith("after"))]
    assert "crashed" not in kinds(box.history().records)


def test_a_write_before_whose_statement_the_connection_is_lost_is_not_done(box: BlackBox) -> None:
    cut = Fault(FaultKind.CUT, Point.WRITE_BEFORE, nth=2)
    play(box, (ROW, Work(ROLE, faults=(cut,))))
    assert box.rows()["1"]["status"] == "reversal_pending"
    done = Fault(FaultKind.CUT, Point.WRITE_AFTER, nth=2)
    play(box, (ROW, Work(ROLE, faults=(done,))))
    assert box.rows()["1"]["status"] == "reversed"


@pytest.mark.parametrize("point", [Point.WRITE_AFTER, Point.REQUEST_AFTER])
@pytest.mark.parametrize("somebody_else", [True, False])
def test_a_zombie_that_wakes_up_after_its_lease_is_harmless(
    box: BlackBox, point: Point, *, somebody_else: bool
) -> None:
    during = (Advance(700), *((Work(ROLE, copy=2),) if somebody_else else ()))
    _, worked, _ = honest(box, with_fault(FaultKind.PAUSE, point, during=during))
    assert worked.fired == (0,)
    records = box.history().records
    paused, resumed = (
        next(place for place, record in enumerate(records) if isinstance(record, kind)) for kind in (Paused, Resumed)
    )
    between = records[paused + 1 : resumed]
    assert not [record for record in between if record.who == WHO], "it stands still"
    assert any(record.who == "reversal_worker.2" for record in between) is somebody_else
    assert resumed > paused
    assert records[resumed].at - records[paused].at > 700


def test_a_paused_process_can_die(box: BlackBox) -> None:
    during = (Advance(700), Crash(ROLE), Work(ROLE, copy=2))
    honest(box, with_fault(FaultKind.PAUSE, Point.WRITE_AFTER, during=during))
    assert kinds(box.history().records, WHO)[:5] == ["started", "turn", "write", "paused", "crashed"]


def test_a_paused_process_gets_no_turn(box: BlackBox) -> None:
    during = (Work(ROLE), Create("2", "reversal_pending"))
    honest(box, with_fault(FaultKind.PAUSE, Point.REQUEST_AFTER, during=during))
    assert box.rows()["2"]["status"] == "reversed"


def test_two_copies_share_the_work(box: BlackBox) -> None:
    rows = tuple(Create(str(number), "reversal_pending") for number in range(1, 31))
    honest(box, (Work(ROLE), Work(ROLE, copy=2), *rows, Settle()))
    assert {row["status"] for row in box.rows().values()} == {"reversed"}
    effects = [record for record in box.history().records if record.kind == "effect" and record.who != "kit"]
    assert len(effects) == len(rows)


def test_a_process_that_was_killed_is_there_again_for_its_next_turn(box: BlackBox) -> None:
    honest(box, (Work(ROLE), Crash(ROLE), ROW, Work(ROLE)))
    records = [record for record in box.history().records if isinstance(record, Started | Crashed)]
    assert [(record.kind, record.who) for record in records] == [
        ("started", WHO), ("crashed", WHO), ("started", WHO),
    ]  # fmt: skip


def test_a_row_that_ran_out_of_attempts_is_settled(box: BlackBox) -> None:
    lost = Work(ROLE, faults=(Fault(FaultKind.LOST_REPLY),))
    honest(box, (ROW, *(step for _ in range(14) for step in (lost, Advance(26_000))), Settle()))


def test_rows_that_keep_coming_starve_none(box: BlackBox) -> None:
    lost = Work(ROLE, faults=(Fault(FaultKind.LOST_REQUEST),))
    honest(box, (ROW, lost, Settle(rounds=8, arrivals=3)))
    assert {row["status"] for row in box.rows().values()} == {"reversed"}


def test_a_row_of_unknown_status_is_left_alone(box: BlackBox) -> None:
    honest(box, (ROW, SetUnknownStatus("1"), Work(ROLE), Settle(rounds=2)), "in_limbo")


def test_steps_that_make_no_sense_do_nothing(box: BlackBox) -> None:
    played = play(
        box,
        (
            Create("1", "no_such_status"),
            Happen("1", "refund_requested", "nobody", "e"),
            Happen("1", "refund_requested", ROLE, "e"),
            Work("nobody"),
            Advance(0),
            DeliverWebhooks("7"),
            SetUnknownStatus("8"),
            Move("9", "reversed", ROLE),
            Crash("nobody"),
            Crash(ROLE, copy=5),
        ),
    )
    assert all(each.trouble is None for each in played)
    assert box.rows() == {}
    assert box.history().records == ()


def test_times_in_the_history_never_go_back_by_much(box: BlackBox) -> None:
    honest(box, (*with_fault(FaultKind.LOST_REPLY), Advance(100)))
    times = [record.at for record in box.history().records]
    assert all(later - earlier > -0.5 for earlier, later in pairwise(times))


def test_a_process_that_plays_several_actors_keeps_all_laws(database: str) -> None:
    roles = ["transfer_worker", "retry_worker", ROLE]
    with BlackBox(seller_transfer(), book(*roles), roles, database) as box:
        refused = Work("transfer_worker", faults=(Fault(FaultKind.LOST_REQUEST),))
        plan = (
            Create("1", "pending"),
            refused,
            Create("2", "pending"),
            Create("3", "failed"),
            Happen("2", "refund_requested", "refund_handler", "e1"),
            Settle(),
        )
        honest(box, plan, "completed")
        assert box.rows()["2"]["status"] == "reversed"
        assert box.rows()["3"]["status"] == "completed"
        honest(box, (Create("1", "pending"), Work(roles[0], faults=(Fault(FaultKind.CRASH),)), Settle()), "completed")
        assert box.history().subject == {"copy.1"}


def test_the_database_may_enforce_the_lifecycle(database: str) -> None:
    with BlackBox(seller_transfer(), book(ROLE), [ROLE], database, enforced=True) as box:
        honest(box, with_fault(FaultKind.LOST_REPLY))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_workers_of_every_spec_keep_all_laws_as_one_process(database: str, spec: Path) -> None:
    lifecycle = load(spec)
    workers = list(dict.fromkeys(queue.worker for queue in lifecycle.queues if queue.worker is not None))
    waiting = list(dict.fromkeys(status for queue in lifecycle.queues for status in queue.statuses))
    rows = tuple(Create(str(number), status) for number, status in enumerate(waiting, 1))
    with BlackBox(lifecycle, book(*workers, spec=spec), workers, database) as box:
        for kind in (FaultKind.LOST_REPLY, FaultKind.CRASH, FaultKind.CUT):
            played = play(box, (*rows, Work(workers[0], faults=(Fault(kind),)), Settle(rounds=10)))
            assert [each.trouble for each in played if each.trouble] == []
            assert breaches(lifecycle, box.history()) == []
