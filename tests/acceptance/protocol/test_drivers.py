"""Implementations behind the protocol, driven through whole plans on a real PostgreSQL."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.spec.errors import UsageError
from pointsman_conformance.core.driver import Ack, Capability, Driver, DriverError, Played
from pointsman_conformance.core.history import (
    KIT,
    Crashed,
    Delivered,
    History,
    Paused,
    Request,
    Resumed,
    Started,
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
    Plan,
    Point,
    Settle,
    SetUnknownStatus,
    Work,
)
from pointsman_conformance.drivers.adapter import Spoken
from pointsman_conformance.drivers.http import over_http
from pointsman_conformance.drivers.pipe import over_pipe
from pointsman_conformance.laws import judge
from pointsman_conformance.postgres import PostgresServer
from tests.acceptance.protocol.subjects import (
    BOOK,
    DOOR,
    HERE,
    ROLES,
    SCHEMA,
    SELLER_TRANSFER,
    book_over_http,
    door,
    misbehaving,
    on_pipe,
)

REFUND: Plan = (Create("1", "completed"), Happen("1", "refund_requested", "refund_handler", "evt_a"))
END: Plan = (DeliverWebhooks(), Settle(6))


@pytest.fixture(scope="module")
def book(postgres: PostgresServer) -> Iterator[Spoken]:
    """The book on a pipe, for tests that need no driver of their own."""
    with postgres.database() as dsn, on_pipe(dsn, BOOK) as driver:
        yield driver


def play(driver: Driver, plan: Plan) -> list[Played]:
    driver.begin("a case")
    return [driver.play(step) for step in plan]


def breaches(driver: Driver) -> list[tuple[str, str]]:
    verdicts = judge(SELLER_TRANSFER, driver.history())
    return [(verdict.law, breach.says) for verdict in verdicts for breach in verdict.breaches]


def statuses(driver: Driver) -> dict[str, object]:
    return {label: row["status"] for label, row in driver.rows().items()}


def of(history: History, kind: type) -> list[object]:
    return [record for record in history.records if isinstance(record, kind)]


# --- whole runs ------------------------------------------------------------------


def whole_run(driver: Spoken) -> None:
    """A refund, with duplicates, a late webhook, a stranger and a wish that is refused."""
    played = play(
        driver,
        (
            *REFUND,
            Happen("1", "refund_requested", "refund_handler", "evt_a"),
            Work("reversal_worker"),
            DeliverWebhooks(times=2, reverse=True),
            Move("1", "pending", "admin"),
            Create("2", "reversal_pending"),
            SetUnknownStatus("2"),
            Work("reversal_worker"),
            Create("3", "pending"),
            Work("transfer_worker"),
            Create("4", "completed"),
            Dashboard("4", "create_reversal", part=True),
            DeliverWebhooks("4"),
            *END,
        ),
    )
    assert [each.trouble for each in played if each.trouble] == []
    assert [each.answer for each in played[1:4]] == [Ack.APPLIED, Ack.IGNORED, Ack.APPLIED]
    assert played[5].answer is Ack.REFUSED
    assert statuses(driver) | {"4": ""} == {"1": "reversed", "2": "in_limbo", "3": "completed", "4": ""}
    assert breaches(driver) == []


def test_the_book_on_a_pipe_keeps_the_laws(book: Spoken) -> None:
    assert book.about.name == "book adapter"
    assert book.about.roles == set(ROLES.split(","))
    assert book.about.capabilities == set(Capability) - {Capability.SLOW_ANSWERS}
    whole_run(book)
    history = book.history()
    assert history.subject == {"copy.1"}
    assert [record.who for record in of(history, Started)] == ["copy.1"]  # type: ignore[attr-defined]  # records
    assert len([each for each in of(history, Delivered) if each.id == "evt_a"]) == 2  # type: ignore[attr-defined]  # records
    writers = {(each.who, each.actor) for each in history.records if isinstance(each, Write) and each.row == "1"}
    assert ("copy.1", "refund_handler") in writers
    assert ("copy.1", "reversal_worker") in writers
    requests = {(each.who, each.actor) for each in history.records if isinstance(each, Request)}
    assert requests == {("copy.1", "reversal_worker"), ("kit", "transfer_worker")}


def test_the_book_over_http_keeps_the_laws(database: str, tmp_path: Path) -> None:
    with book_over_http(database, tmp_path) as driver:
        assert driver.about.capabilities == {Capability.EVENTS, Capability.MOVES, Capability.CUTS}
        whole_run(driver)
        # Of the faults only those strike that can be done to a process which the kit has not started.
        faults = (Fault(FaultKind.CRASH, Point.WRITE_AFTER), Fault(FaultKind.LOST_REPLY))
        played = play(driver, (*REFUND, Work("reversal_worker", 2, faults), Work("reversal_worker", 2)))
        assert (played[2].fired, played[2].answer) == ((1,), Ack.APPLIED)
        assert driver.history().subject == {"copy.1"}
        play(driver, (*REFUND, Work("reversal_worker", faults=(Fault(FaultKind.CUT, Point.WRITE_AFTER),)), *END))
        assert statuses(driver) == {"1": "reversed"}


def test_roles_can_be_narrowed_and_the_kit_plays_the_rest(database: str) -> None:
    with on_pipe(database, BOOK, roles=["reversal_worker"]) as driver:
        assert driver.about.roles == {"reversal_worker"}
        play(driver, (*REFUND, Work("reversal_worker"), *END))
        assert {each.who for each in of(driver.history(), Delivered)} == {"kit"}  # type: ignore[attr-defined]  # records
        assert statuses(driver) == {"1": "reversed"}


def test_a_process_stays_from_one_case_to_the_next_and_forgets(database: str, tmp_path: Path) -> None:
    tap = tmp_path / "tap.jsonl"
    with on_pipe(database, BOOK, tap=tap) as driver:
        first = [played.points for played in play(driver, (*REFUND, Work("reversal_worker")))]
        assert [played.points for played in play(driver, (*REFUND, Work("reversal_worker")))] == first
    told = [json.loads(line)["cmd"] for line in tap.read_text(encoding="utf-8").splitlines()]
    assert told == ["start", "reset", "event", "work", "reset", "event", "work", "stop"]
    assert list(tmp_path.iterdir()) == [tap]


def test_the_kit_says_nothing_malformed_through_a_whole_run(database: str) -> None:
    command = [sys.executable, str(HERE / "linting_fake.py"), str(SCHEMA), ROLES, "events,hooks,moves"]
    with on_pipe(database, command) as driver:
        plan = (*REFUND, Work("reversal_worker"), Move("1", "pending", "admin"), *END)
        assert {played.answer for played in play(driver, plan)} <= {None, Ack.IGNORED, Ack.APPLIED}


# --- faults ------------------------------------------------------------------------


def test_killed_at_each_point_the_book_keeps_the_laws(book: Spoken) -> None:
    whole = play(book, (*REFUND, Work("reversal_worker")))[-1]
    counts: dict[Point, int] = {}
    assert len(whole.points) >= 6
    for point in whole.points:
        counts[point] = counts.get(point, 0) + 1
        fault = Fault(FaultKind.CRASH, point, counts[point])
        killed = play(book, (*REFUND, Work("reversal_worker", faults=(fault,)), Advance(700), *END))[2]
        assert (killed.fired, killed.answer, killed.trouble) == ((0,), None, None), point
        assert killed.points[-1] == point
        assert [each.killed for each in of(book.history(), Crashed)] == [True]  # type: ignore[attr-defined]  # records
        assert statuses(book) == {"1": "reversed"}, point
        assert breaches(book) == [], point


def test_a_zombie_stands_still_while_a_copy_works(book: Spoken) -> None:
    during = (Advance(700), Work("reversal_worker", 2))
    fault = Fault(FaultKind.PAUSE, Point.WRITE_AFTER, during=during)
    zombie = play(book, (*REFUND, Work("reversal_worker", faults=(fault,)), *END))[2]
    assert (zombie.fired, zombie.trouble) == ((0,), None)
    history = book.history()
    kinds = [record for record in history.records if isinstance(record, Paused | Resumed)]
    assert [(record.kind, record.who) for record in kinds] == [("paused", "copy.1"), ("resumed", "copy.1")]
    between = history.records[history.records.index(kinds[0]) : history.records.index(kinds[1])]
    assert {record.who for record in between if isinstance(record, Request)} == {"copy.2"}
    assert statuses(book) == {"1": "reversed"}
    assert breaches(book) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.CUT, Point.WRITE_AFTER),
        Fault(FaultKind.CUT, Point.READ_BEFORE),
        Fault(FaultKind.LOST_REPLY),
        Fault(FaultKind.LOST_REQUEST),
        Fault(FaultKind.ERROR_AFTER_EFFECT),
        Fault(FaultKind.THROTTLED),
        Fault(FaultKind.REFUSED_FOR_NOW),
        Fault(FaultKind.EXECUTING, seconds=30.0),
        Fault(FaultKind.TRUNCATED),
    ],
    ids=lambda fault: f"{fault.kind} {fault.point}",
)
def test_a_fault_strikes_and_the_book_keeps_the_laws(book: Spoken, fault: Fault) -> None:
    struck = play(book, (*REFUND, Work("reversal_worker", faults=(fault,)), Advance(700), *END))[2]
    assert struck.fired == (0,)
    assert statuses(book) == {"1": "reversed"}
    assert breaches(book) == []


def test_a_crash_between_turns_is_a_new_process(book: Spoken) -> None:
    play(book, (*REFUND, Crash("reversal_worker"), Work("reversal_worker")))
    kinds = [record.kind for record in book.history().records if isinstance(record, Started | Crashed)]
    assert kinds == ["started", "crashed", "started"]
    assert statuses(book) == {"1": "reversed"}


def test_of_several_webhooks_each_fault_strikes_one(book: Spoken) -> None:
    fault = Fault(FaultKind.CRASH, Point.READ_AFTER, 2)
    plan = (*REFUND, Work("reversal_worker"), DeliverWebhooks(times=3, faults=(fault,)), *END)
    played = play(book, plan)[3]
    assert played.fired == (0,)
    assert len(of(book.history(), Crashed)) == 1
    assert breaches(book) == []


# --- what goes wrong -----------------------------------------------------------------

TROUBLES = {
    "hangs on work": "at the message work: no answer within 2 s",
    "is killed": "it was ended by SIGSEGV",
    "ends": "exit status 3; its log ends: out of cheese",
    "no JSON": "what it said is no JSON",
    "an unknown word": 'not "done"',
    "half a line": "it closed its stdout",
    "floods stdout": "a line of more than",
}


@pytest.mark.parametrize(("way", "words"), TROUBLES.items(), ids=list(TROUBLES))
def test_an_implementation_that_is_lost_is_a_result_and_the_run_goes_on(database: str, way: str, words: str) -> None:
    command = [*misbehaving(way), "", "reversal_worker"]
    with on_pipe(database, command, deadline=2.0) as driver:
        played = play(driver, (Create("1", "reversal_pending"), Work("reversal_worker"), Work("reversal_worker")))
        assert words in (played[1].trouble or "")
        assert words in (played[2].trouble or "")
        crashes = [record for record in driver.history().records if isinstance(record, Crashed)]
        assert [(record.killed, words in record.why) for record in crashes] == [(False, True)] * 2
        assert statuses(driver) == {"1": "reversal_pending"}


def test_the_time_that_a_zombie_stands_still_is_not_its_own(book: Spoken, monkeypatch: pytest.MonkeyPatch) -> None:
    # The pause alone is longer than an answer may take.
    during = tuple(Advance(1.0) for _ in range(4))
    advance = book.stage.advance

    def slowly(seconds: float) -> Played:
        time.sleep(0.6)
        return advance(seconds)

    monkeypatch.setattr(book.stage, "advance", slowly)
    monkeypatch.setattr(book, "_deadline", 2.0)
    fault = Fault(FaultKind.PAUSE, Point.WRITE_AFTER, during=during)
    played = play(book, (*REFUND, Crash("reversal_worker"), Work("reversal_worker", faults=(fault,))))[3]
    assert (played.fired, played.trouble) == ((0,), None)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-command"], "no-such-command cannot be started: No such file"),
        (misbehaving("crashes on start"), "exit status 1; its log ends: no configuration"),
        (misbehaving("refuses to start"), "answered errored: that spec is not mine"),
        (misbehaving("wants another version"), "version must be 1, not 2"),
        (misbehaving("is nobody"), "It says that it plays worker; the spec's actors are"),
    ],
)
def test_an_implementation_that_cannot_be_started_is_no_verdict(database: str, command: list[str], words: str) -> None:
    with pytest.raises(DriverError) as error:
        over_pipe(SELLER_TRANSFER, command, database, deadline=1.0)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("roles", "capabilities", "words"),
    [
        ("refund_handler", "", "It plays refund_handler, but does not say that it takes events."),
        ("webhook", "events", "It plays webhook, but does not say that it takes hooks."),
        ("reversal_worker", "observes", "It keeps its rows itself, so the kit cannot play admin"),
    ],
)
def test_what_a_role_needs_must_be_declared(database: str, roles: str, capabilities: str, words: str) -> None:
    command = [sys.executable, str(HERE / "linting_fake.py"), str(SCHEMA), roles, capabilities]
    with pytest.raises(DriverError) as error:
        over_pipe(SELLER_TRANSFER, command, database)
    assert words in str(error.value)


def test_an_implementation_that_plays_no_asked_role_is_refused(database: str) -> None:
    with pytest.raises(DriverError, match="It plays none of transfer_worker"):
        over_pipe(SELLER_TRANSFER, BOOK, database, roles=["transfer_worker"])


def test_a_url_without_a_server_and_a_text_that_is_no_url_are_refused(database: str) -> None:
    with pytest.raises(DriverError, match=r"does not answer: .*refused"):
        over_http(SELLER_TRANSFER, "http://127.0.0.1:9/", database)
    with pytest.raises(UsageError, match="is no http:// or https:// address"):
        over_http(SELLER_TRANSFER, "ftp://127.0.0.1", database)


# --- who keeps rows elsewhere ----------------------------------------------------------

VISIT: Plan = (
    Create("1", "open"),
    Happen("1", "pushed", "porter", "e1"),
    Happen("1", "pushed", "porter", "e2"),
    Happen("1", "key_turned", "porter", "e3"),
    Advance(3600),
    Happen("1", "held", "porter", "e4"),
    Move("1", "open", "porter"),
)


def test_an_implementation_that_keeps_its_rows_tells_what_it_wrote(database: str) -> None:
    with on_pipe(database, door(), DOOR) as driver:
        assert driver.about.capabilities == {Capability.EVENTS, Capability.MOVES}
        for _ in range(2):
            answers = [played.answer for played in play(driver, VISIT)]
            assert answers == ["applied", "applied", "applied", "applied", "applied", "ignored", "refused"]
            assert statuses(driver) == {"1": "locked"}
            history = driver.history()
            writes = [record for record in history.records if isinstance(record, Write)]
            assert [write.new["status"] for write in writes if write.new] == ["open", "closing", "closing", "locked"]
            assert driver.now() >= 3600
            verdicts = judge(DOOR, history)
            assert [verdict.breaches for verdict in verdicts if verdict.breaches] == []


def test_who_keeps_rows_itself_is_told_to_crash_and_not_killed(database: str) -> None:
    with on_pipe(database, door(), DOOR) as driver:
        play(driver, (*VISIT[:2], Crash("porter"), Happen("1", "held", "porter", "e5")))
        kinds = [record.kind for record in driver.history().records if isinstance(record, Started | Crashed)]
        assert kinds == ["started", "crashed", "started"]
        assert statuses(driver) == {"1": "open"}


def test_a_row_that_the_kit_asks_for_is_the_kits_in_whatever_status_it_begins(database: str) -> None:
    with on_pipe(database, door(), DOOR) as driver:
        for status in DOOR.statuses:
            play(driver, (Create("1", status.name),))
            history = driver.history()
            assert [record.who for record in history.records if isinstance(record, Write)] == [KIT]
            assert [verdict.law for verdict in judge(DOOR, history) if verdict.breaches] == []


def test_a_row_that_it_makes_otherwise_than_asked_is_its_own(database: str) -> None:
    with on_pipe(database, door("begins_locked"), DOOR) as driver:
        play(driver, (Create("1", "open"),))
        broken = [verdict.law for verdict in judge(DOOR, driver.history()) if verdict.breaches]
        assert broken == ["guarded-write"]


def test_what_it_tells_is_judged(database: str) -> None:
    with on_pipe(database, door("reopens"), DOOR) as driver:
        play(driver, VISIT)
        broken = [verdict.law for verdict in judge(DOOR, driver.history()) if verdict.breaches]
        assert broken == ["guarded-write"]
