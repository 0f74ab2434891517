"""The in-process driver: steps, points, faults, copies and time."""

from __future__ import annotations

from random import Random

import pytest

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.driver import Ack, Driver, DriverError
from pointsman_conformance.core.history import (
    DASHBOARD,
    KIT,
    Answered,
    Crashed,
    Cut,
    Delivered,
    Effect,
    Mark,
    Paused,
    Request,
    Response,
    Resumed,
    Started,
    Turn,
    Write,
)
from pointsman_conformance.core.plan import (
    Advance,
    Crash,
    Create,
    Dashboard,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Move,
    Point,
    Settle,
    SetUnknownStatus,
    Step,
    Work,
)
from pointsman_conformance.drivers.in_process import InProcess, by_the_book
from pointsman_conformance.reference.implementation import ReferenceImplementation
from pointsman_conformance.reference.operation import ClaimRows
from pointsman_conformance.reference.operation import TurnSteps as Conversation
from tests.checkout import TOP

TRANSFER = load(TOP / "spec/seller_transfer.yaml")
PAYOUT = load(TOP / "spec/payout.yaml")
JOB = load(TOP / "spec/job_run.yaml")
REFUND = Happen("1", "refund_requested", "refund_handler", "refund_1", {"amount": 300})


def played(*steps: Step, roles: list[str] | None = None) -> InProcess:
    driver = by_the_book(TRANSFER, roles)
    driver.begin("a test")
    for step in steps:
        driver.play(step)
    return driver


def kinds(driver: InProcess) -> list[str]:
    return [record.kind for record in driver.history().records]


def status(driver: InProcess, row: str = "1") -> object:
    return driver.rows()[row]["status"]


def test_it_is_a_driver() -> None:
    driver: Driver = by_the_book(TRANSFER)
    assert driver.about.roles == {actor.name for actor in TRANSFER.actors}
    driver.close()


def test_a_transfer_is_made_and_taken_back() -> None:
    driver = played(Create("1", "pending"), Work("transfer_worker"), REFUND, Work("reversal_worker"))
    row = driver.rows()["1"]
    assert (row["status"], row["stripe_transfer_id"], row["stripe_reversal_id"]) == ("reversed", "tr_1", "trr_1")
    effects = [record for record in driver.history().records if isinstance(record, Effect)]
    assert [(effect.call, effect.amount, effect.row) for effect in effects] == [
        ("create_transfer", 1000, "1"),
        ("create_reversal", 300, "1"),
    ]


def test_a_turn_is_told_with_its_claim_its_request_and_its_record() -> None:
    driver = played(Create("1", "pending"), Work("transfer_worker"))
    assert kinds(driver) == [
        "write", "started", "turn", "write", "request", "effect", "reply", "write", "answered",
    ]  # fmt: skip
    whos = [record.who for record in driver.history().records]
    assert whos == [KIT, *["transfer_worker.1"] * 8]
    assert driver.history().subject == {"transfer_worker.1"}


def test_points_are_counted_where_a_fault_could_have_struck() -> None:
    driver = played(Create("1", "pending"))
    assert driver.play(Work("transfer_worker")).points == (
        Point.WRITE_BEFORE, Point.WRITE_AFTER, Point.READ_BEFORE, Point.READ_AFTER,
        Point.REQUEST_BEFORE, Point.REQUEST_AFTER, Point.WRITE_BEFORE, Point.WRITE_AFTER,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("point", "made", "claimed"),
    [
        (Point.WRITE_BEFORE, 0, False),
        (Point.WRITE_AFTER, 0, True),
        (Point.REQUEST_BEFORE, 0, True),
        (Point.REQUEST_AFTER, 1, True),
    ],
)
def test_a_crash_leaves_what_was_done_and_nothing_else(point: Point, made: int, claimed: bool) -> None:
    driver = played(Create("1", "pending"))
    result = driver.play(Work("transfer_worker", faults=(Fault(FaultKind.CRASH, point),)))
    assert (result.answer, result.fired, result.trouble) == (None, (0,), None)
    assert kinds(driver)[-1] == "crashed"
    assert (kinds(driver).count("effect"), driver.rows()["1"]["claim_count"] == 1) == (made, claimed)
    driver.play(Settle())
    assert status(driver) == "completed"
    assert kinds(driver).count("effect") == 1


def test_a_dead_caller_has_heard_nothing() -> None:
    driver = played(
        Create("1", "pending"), Work("transfer_worker", faults=(Fault(FaultKind.CRASH, Point.REQUEST_AFTER),))
    )
    (reply,) = [record for record in driver.history().records if isinstance(record, Response)]
    assert (reply.status, reply.heard) == (200, False)


def test_a_copy_that_stands_still_does_nothing_while_others_act() -> None:
    during = (Advance(700), Work("transfer_worker"), Work("transfer_worker", 2))
    fault = Fault(FaultKind.PAUSE, Point.REQUEST_AFTER, 1, during)
    driver = played(Create("1", "pending"), Work("transfer_worker", faults=(fault,)))
    records = driver.history().records
    begins, ends = ([n for n, each in enumerate(records) if isinstance(each, kind)] for kind in (Paused, Resumed))
    between = records[begins[0] + 1 : ends[0]]
    assert {record.who for record in between} == {"transfer_worker.2"}
    assert status(driver) == "completed"


def test_a_statement_before_which_the_connection_is_lost_is_not_done() -> None:
    driver = played(Create("1", "pending"))
    lost = driver.play(Work("transfer_worker", faults=(Fault(FaultKind.CUT, Point.WRITE_BEFORE),)))
    assert (lost.answer, driver.rows()["1"]["claim_count"]) == (Ack.ERRORED, 0)


def test_a_statement_after_which_it_is_lost_is_done() -> None:
    driver = played(Create("1", "pending"))
    lost = driver.play(Work("transfer_worker", faults=(Fault(FaultKind.CUT, Point.WRITE_AFTER),)))
    assert (lost.answer, driver.rows()["1"]["claim_count"]) == (Ack.ERRORED, 1)
    assert [record.done for record in driver.history().records if isinstance(record, Cut)] == [True]


def test_a_connection_that_is_lost_during_a_request_is_missed_at_the_next_statement() -> None:
    driver = played(Create("1", "pending"))
    driver.play(Work("transfer_worker", faults=(Fault(FaultKind.CUT, Point.REQUEST_BEFORE),)))
    assert kinds(driver)[-4:] == ["cut", "effect", "reply", "answered"]
    assert status(driver) == "pending"


def test_a_fault_at_a_point_that_is_never_reached_does_not_fire() -> None:
    driver = played(Create("1", "pending"))
    result = driver.play(Work("transfer_worker", faults=(Fault(FaultKind.LOST_REPLY, nth=2),)))
    assert (result.fired, result.answer) == ((), Ack.APPLIED)


def test_a_crash_between_turns_ends_the_copy_and_its_next_turn_is_a_new_one() -> None:
    driver = played(Work("transfer_worker"), Crash("transfer_worker"), Work("transfer_worker"))
    assert [kind for kind in kinds(driver) if kind in {"started", "crashed"}] == ["started", "crashed", "started"]


def test_actors_that_the_subject_does_not_play_are_the_kits() -> None:
    driver = played(
        Create("1", "pending"), Work("transfer_worker"), REFUND, Work("reversal_worker"), roles=["reversal_worker"]
    )
    history = driver.history()
    assert history.roles == frozenset({"reversal_worker"})
    assert history.subject == frozenset({"reversal_worker.1"})
    writers = [(record.who, record.actor) for record in history.records if isinstance(record, Write)]
    assert writers == [
        (KIT, None),
        (KIT, "transfer_worker"),
        (KIT, "transfer_worker"),
        (KIT, "refund_handler"),
        ("reversal_worker.1", "reversal_worker"),
        ("reversal_worker.1", "reversal_worker"),
    ]
    assert [type(record) for record in history.records if record.who == "reversal_worker.1"][:2] == [Started, Turn]


def test_an_event_that_comes_early_is_kept_and_applied_by_a_sweep() -> None:
    driver = played(Create("1", "pending"), REFUND, Work("transfer_worker"))
    assert (status(driver), driver.rows()["1"]["reversal_cents"]) == ("completed", 300)
    driver.play(Work("refund_handler"))
    assert (status(driver), driver.rows()["1"]["refund_requested_at"]) == ("reversal_pending", None)


def test_the_same_event_a_second_time_is_ignored() -> None:
    driver = played(Create("1", "completed"), REFUND)
    assert driver.play(REFUND).answer is Ack.IGNORED


def test_webhooks_come_as_often_as_asked_and_the_newest_first_if_asked() -> None:
    driver = played(
        Create("1", "pending"),
        Work("transfer_worker"),
        REFUND,
        Work("reversal_worker"),
        DeliverWebhooks("1", 2, reverse=True),
    )
    hooks = [record.hook for record in driver.history().records if isinstance(record, Delivered) and record.hook]
    assert hooks == ["transfer.reversed", "transfer.reversed", "transfer.created", "transfer.created"]


def test_the_provider_tells_later_what_became_of_its_object() -> None:
    driver = by_the_book(PAYOUT)
    driver.begin("a test")
    arrived = Happen("1", "payout_arrived", "webhook", "h1")
    driver.play(Create("1", "scheduled"))
    assert driver.play(arrived).answer is None  # there is no object yet that a webhook could report
    answers = [driver.play(step).answer for step in (Work("payout_worker"), arrived, arrived)]
    assert answers == [Ack.APPLIED, Ack.APPLIED, Ack.IGNORED]
    assert driver.rows()["1"]["status"] == "paid"
    (first, second) = [record for record in driver.history().records if isinstance(record, Delivered)]
    assert (first.hook, first.id) == ("payout.paid", second.id)


def test_a_webhook_can_be_quicker_than_the_reply() -> None:
    during = (DeliverWebhooks("1"),)
    driver = played(
        Create("1", "pending"),
        Work("transfer_worker", faults=(Fault(FaultKind.PAUSE, Point.REQUEST_AFTER, 1, during),)),
    )
    writers = [each.who for each in driver.history().records if isinstance(each, Write) and each.who != KIT]
    assert (status(driver), writers) == ("completed", ["transfer_worker.1", "webhook.1"])


def test_a_part_by_hand_of_what_the_row_does_not_know_is_all_that_is_left() -> None:
    driver = played(Create("1", "completed"), Dashboard("1", "create_reversal", part=True))
    made = [each for each in driver.history().records if isinstance(each, Effect) and each.call == "create_reversal"]
    assert [each.amount for each in made] == [1000]


def test_a_reversal_by_hand_is_not_ours_and_the_webhook_reports_it() -> None:
    driver = played(
        Create("1", "completed"), Dashboard("1", "create_reversal"), DeliverWebhooks("1"), Work("reversal_worker")
    )
    effects = [record for record in driver.history().records if isinstance(record, Effect)]
    assert [(effect.who, effect.request) for effect in effects] == [(KIT, None), (DASHBOARD, None)]
    assert (status(driver), driver.rows()["1"]["stripe_reversal_id"]) == ("reversed", "trr_1")


def test_an_admin_gives_up_only_a_due_row_and_finds_out_before() -> None:
    given_up = Happen("1", "given_up", "admin", "a1")
    lost = Work("transfer_worker", faults=(Fault(FaultKind.REFUSED),))
    driver = played(Create("1", "pending"), lost)
    driver.play(Work("retry_worker", faults=(Fault(FaultKind.LOST_REPLY),)))
    assert (driver.play(given_up).answer, status(driver)) == (Ack.REFUSED, "failed")
    driver.play(Advance(700))
    # The transfer was made without a record: the admin's look-up finds it, so it cannot be given up.
    assert (driver.play(given_up).answer, status(driver)) == (Ack.APPLIED, "completed")


def test_a_status_that_is_asked_for_outright_is_refused() -> None:
    driver = played(Create("1", "reversed"))
    for name in TRANSFER.status:
        assert driver.play(Move("1", name, "admin")).answer is Ack.REFUSED
    assert status(driver) == "reversed"


def test_a_row_of_an_unknown_status_is_left_alone() -> None:
    driver = played(Create("1", "completed"), SetUnknownStatus("1", "in_limbo"))
    answers = {driver.play(step).answer for step in (REFUND, Move("1", "reversal_pending", "admin"))}
    driver.play(DeliverWebhooks("1"))
    driver.play(Settle())
    assert (status(driver), answers) == ("in_limbo", {Ack.REFUSED})


def test_to_settle_goes_on_until_nothing_is_due() -> None:
    driver = played(
        Create("1", "pending"), Work("transfer_worker", faults=(Fault(FaultKind.REFUSED_FOR_NOW),)), Settle(arrivals=1)
    )
    assert [record.name for record in driver.history().records if isinstance(record, Mark)] == ["healthy", "end"]
    assert {row["status"] for row in driver.rows().values()} == {"completed", "reversed"}
    assert len(driver.rows()) > 40


@pytest.mark.parametrize(
    "step",
    [
        Happen("9", "refund_requested", "refund_handler", "e"),
        Happen("1", "refund_requested", "nobody", "e"),
        Happen("1", "unheard_of", "refund_handler", "e"),
        Work("nobody"),
        DeliverWebhooks("9"),
        Dashboard("9", "create_reversal"),
        Dashboard("1", "create_nothing"),
        SetUnknownStatus("9"),
        SetUnknownStatus("1", "completed"),
        Move("9", "reversed", "admin"),
        Move("1", "nowhere", "admin"),
        Create("1", "reversed"),
        Create("9", "nowhere"),
        Create("9", "pending", {"no_such_column": 1}),
        Crash("nobody"),
        Advance(-5),
    ],
)
def test_a_step_that_makes_no_sense_changes_no_row(step: Step) -> None:
    driver = played(Create("1", "pending"))
    before = driver.rows()["1"]
    driver.play(step)
    assert driver.rows()["1"] == before


class Raises(ReferenceImplementation):
    def work(self, actor: str) -> Conversation:
        yield from ()
        raise ValueError(f"{actor} cannot")


class NeverEnds(ReferenceImplementation):
    def work(self, actor: str) -> Conversation:
        while True:
            yield from self.sweep("refund_handler")


def test_what_an_implementation_raises_is_its_own_death_and_the_run_goes_on() -> None:
    driver = InProcess(TRANSFER, Raises)
    driver.begin("a test")
    driver.play(Create("1", "completed"))
    result = driver.play(Work("transfer_worker"))
    (crashed,) = [record for record in driver.history().records if isinstance(record, Crashed)]
    assert (result.trouble, crashed.killed, crashed.why) == (
        "ValueError: transfer_worker cannot", False, "ValueError: transfer_worker cannot",
    )  # fmt: skip
    assert driver.play(REFUND).answer is Ack.APPLIED


def test_a_turn_that_does_not_end_is_a_result() -> None:
    driver = InProcess(TRANSFER, NeverEnds)
    driver.begin("a test")
    assert "operations" in (driver.play(Work("transfer_worker")).trouble or "")


class Misspells(ReferenceImplementation):
    def work(self, actor: str) -> Conversation:
        yield ClaimRows(f"{actor}s_queue", 1)
        return "applied"


def test_a_statement_that_the_table_does_not_know_is_the_implementations_fault() -> None:
    driver = InProcess(TRANSFER, Misspells)
    driver.begin("a test")
    assert driver.play(Work("transfer_worker")).trouble == "KeyError: 'transfer_workers_queue'"


def test_an_implementation_that_cannot_be_made_is_no_verdict() -> None:
    def make(lifecycle: Lifecycle, actor: str, token: str, random: Random, inbox: set[str]) -> ReferenceImplementation:
        raise OSError("no such file")

    driver = InProcess(TRANSFER, make, name="mine")
    driver.begin("a test")
    with pytest.raises(DriverError, match="mine cannot be started: OSError: no such file"):
        driver.play(Work("transfer_worker"))


def test_each_copy_is_known_to_the_provider_by_a_secret_of_its_own() -> None:
    tokens: list[str] = []

    def make(lifecycle: Lifecycle, actor: str, token: str, random: Random, inbox: set[str]) -> ReferenceImplementation:
        tokens.append(token)
        return ReferenceImplementation(lifecycle, actor, token, random, inbox)

    driver = InProcess(TRANSFER, make)
    driver.begin("a test")
    for step in (Work("transfer_worker"), Work("transfer_worker", 2), Work("retry_worker")):
        driver.play(step)
    assert len(set(tokens)) == 3


def test_rows_are_named_by_keys_of_the_tables_type() -> None:
    driver = by_the_book(JOB)
    driver.begin("a test")
    assert (driver.key("7"), driver.key("a row").isdecimal()) == ("7", True)


def test_a_fresh_stage_remembers_nothing() -> None:
    driver = played(Create("1", "pending"), Work("transfer_worker"), Advance(100))
    driver.begin("another")
    assert (driver.rows(), driver.now(), driver.history().records) == ({}, 0.0, ())


def test_requests_and_answers_name_each_other() -> None:
    driver = played(Create("1", "pending"), Create("2", "pending"), Work("transfer_worker"))
    records = driver.history().records
    asked = [record.id for record in records if isinstance(record, Request)]
    assert asked == [record.request for record in records if isinstance(record, Response)] == ["rq_1", "rq_2"]
    assert [record.answer for record in records if isinstance(record, Answered)] == [Ack.APPLIED]
