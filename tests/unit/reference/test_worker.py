"""What a worker by the book leaves behind after each thing that a provider can do to it: the design, line by line."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load
from pointsman_conformance.core.history import Columns, Request, Write
from pointsman_conformance.core.plan import Advance, Create, Dashboard, Fault, FaultKind, Step, Work
from pointsman_conformance.drivers.in_process import InProcess, by_the_book
from tests.checkout import TOP

TRANSFER = load(TOP / "spec/seller_transfer.yaml")
EXPORT = load(TOP / "spec/export_file.yaml")
JOB = load(TOP / "spec/job_run.yaml")
LEASE, HOUR = 600.0, 3600.0


def played(*steps: Step) -> InProcess:
    driver = by_the_book(TRANSFER)
    driver.begin("a test")
    for step in steps:
        driver.play(step)
    return driver


def work(actor: str, *kinds: FaultKind) -> Work:
    return Work(actor, faults=tuple(Fault(kind, nth=nth) for nth, kind in enumerate(kinds, 1)))


def requests(driver: InProcess) -> list[tuple[str, str | None]]:
    return [(each.method, each.key) for each in driver.history().records if isinstance(each, Request)]


def about(row: Columns) -> tuple[object, object, object, bool]:
    """Status, attempts, generation of the key, and whether a key may be out."""
    return row["status"], row["retry_count"], row["key_generation"], row["key_first_used_at"] is not None


def due(driver: InProcess) -> float:
    """Seconds until the row is due."""
    at = driver.rows()["1"]["next_retry_at"]
    assert isinstance(at, float)
    return at - driver.now()


@pytest.mark.parametrize(
    ("status", "actor", "kind", "left"),
    [
        ("pending", "transfer_worker", FaultKind.REFUSED, ("failed", 0, 1, False)),
        ("pending", "transfer_worker", FaultKind.REFUSED_FOR_NOW, ("pending", 1, 1, False)),
        ("pending", "transfer_worker", FaultKind.THROTTLED, ("pending", 0, 0, True)),
        ("pending", "transfer_worker", FaultKind.UNAUTHORIZED, ("pending", 0, 0, True)),
        ("pending", "transfer_worker", FaultKind.BUSY, ("pending", 0, 0, True)),
        ("pending", "transfer_worker", FaultKind.LOST_REQUEST, ("pending", 1, 0, True)),
        ("pending", "transfer_worker", FaultKind.LOST_REPLY, ("pending", 1, 0, True)),
        ("pending", "transfer_worker", FaultKind.EXECUTING, ("pending", 1, 0, True)),
        ("pending", "transfer_worker", FaultKind.ERROR, ("pending", 1, 1, False)),
        ("pending", "transfer_worker", FaultKind.ERROR_AFTER_EFFECT, ("completed", 1, 0, True)),
        ("pending", "transfer_worker", FaultKind.TRUNCATED, ("completed", 1, 0, True)),
        ("failed", "retry_worker", FaultKind.REFUSED, ("failed", 1, 1, False)),
        ("reversal_pending", "reversal_worker", FaultKind.REFUSED, ("permanently_failed", 1, 1, False)),
        ("reversal_pending", "reversal_worker", FaultKind.ERROR_AFTER_EFFECT, ("reversed", 1, 0, True)),
    ],
)
def test_after_one_attempt(status: str, actor: str, kind: FaultKind, left: tuple[object, ...]) -> None:
    assert about(played(Create("1", status), work(actor, kind)).rows()["1"]) == left


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        (FaultKind.REFUSED_FOR_NOW, 48, 72),
        (FaultKind.THROTTLED, 48, 72),
        (FaultKind.ERROR, 48, 72),
        (FaultKind.LOST_REPLY, LEASE, LEASE),
        (FaultKind.BUSY, LEASE, LEASE),
    ],
)
def test_the_row_is_due_after_the_backoff_and_after_an_unknown_not_before_the_lease_ends(
    kind: FaultKind, least: float, most: float
) -> None:
    assert least <= due(played(Create("1", "pending"), work("transfer_worker", kind))) <= most


def test_the_same_key_until_something_is_known_and_then_another() -> None:
    steps: list[Step] = [Create("1", "pending")]
    for kind in (FaultKind.LOST_REQUEST, FaultKind.REFUSED_FOR_NOW, FaultKind.SLOW):
        steps += [work("transfer_worker", kind), Advance(LEASE)]
    driver = played(*steps)
    assert requests(driver) == [("POST", "transfer-1-0"), ("POST", "transfer-1-0"), ("POST", "transfer-1-1")]
    assert driver.rows()["1"]["status"] == "completed"


def test_with_nothing_out_used_up_attempts_need_no_request() -> None:
    driver = played(Create("1", "pending", {"retry_count": 3}), Work("transfer_worker"))
    assert (about(driver.rows()["1"]), requests(driver)) == (("failed", 0, 1, False), [])


def exhausted() -> list[Step]:
    steps: list[Step] = [Create("1", "pending")]
    for _ in range(3):
        steps += [work("transfer_worker", FaultKind.LOST_REQUEST), Advance(LEASE)]
    return steps


def test_a_live_key_is_sent_again_to_settle_and_that_is_no_attempt() -> None:
    driver = played(*exhausted(), work("transfer_worker", FaultKind.LOST_REQUEST))
    assert (driver.rows()["1"]["retry_count"], requests(driver)) == (3, [("POST", "transfer-1-0")] * 4)


def test_an_old_key_is_looked_up_and_its_absence_gives_up() -> None:
    driver = played(*exhausted(), Advance(24 * HOUR), Work("transfer_worker"))
    assert (about(driver.rows()["1"]), requests(driver)[-1]) == (("failed", 0, 1, False), ("GET", None))


def test_a_look_up_without_an_answer_goes_on_at_the_ceiling() -> None:
    unheard = Work("transfer_worker", faults=(Fault(FaultKind.LOST_REPLY, reads=True),))
    driver = played(*exhausted(), Advance(24 * HOUR), unheard)
    assert about(driver.rows()["1"]) == ("pending", 3, 0, True)
    assert 6 * HOUR * 0.8 <= due(driver) <= 6 * HOUR * 1.2


def test_an_old_key_with_attempts_left_is_looked_up_and_renewed_and_the_row_is_due_at_once() -> None:
    lost = (Create("1", "pending"), work("transfer_worker", FaultKind.LOST_REQUEST), Advance(24 * HOUR))
    driver = played(*lost, Work("transfer_worker"))
    assert (about(driver.rows()["1"]), due(driver)) == (("pending", 1, 1, False), 0.0)
    driver.play(Work("transfer_worker"))
    assert driver.rows()["1"]["status"] == "completed"


def test_a_key_that_would_grow_too_old_within_the_lease_is_not_sent() -> None:
    lost = (Create("1", "pending"), work("transfer_worker", FaultKind.LOST_REPLY), Advance(24 * HOUR - LEASE + 1))
    driver = played(*lost, Work("transfer_worker"))
    assert (requests(driver)[-1], driver.rows()["1"]["stripe_transfer_id"]) == (("GET", None), "tr_1")


def test_already_done_is_looked_up_in_the_same_claim() -> None:
    driver = played(Create("1", "reversal_pending"), Dashboard("1", "create_reversal"), Work("reversal_worker"))
    row = driver.rows()["1"]
    assert (row["status"], row["stripe_reversal_id"], row["claim_count"]) == ("reversed", "trr_1", 1)


def test_oldest_first() -> None:
    driver = played(Create("2", "pending"), Advance(5), Create("1", "pending"), Advance(5), Work("transfer_worker"))
    claimed = [each.row for each in driver.history().records if isinstance(each, Write) and each.old is not None]
    assert claimed[:2] == ["2", "1"]


def test_by_row_lock_an_attempt_is_counted_when_it_is_recorded() -> None:
    driver = by_the_book(EXPORT)
    driver.begin("a test")
    driver.play(Create("1", "waiting"))
    driver.play(work("uploader", FaultKind.LOST_REQUEST))
    writes = [each for each in driver.history().records if isinstance(each, Write)]
    assert (driver.rows()["1"]["attempts"], len(writes)) == (1, 2)
    driver.play(Advance(HOUR))
    driver.play(Work("uploader"))
    assert driver.rows()["1"]["status"] == "written"


def test_without_a_key_the_provider_is_asked_before_giving_up() -> None:
    driver = by_the_book(JOB)
    driver.begin("a test")
    for step in (Create("1", "queued", {"tries": 20}), Work("starter")):
        driver.play(step)
    assert [method for method, _ in requests(driver)] == ["GET"]
    assert driver.rows()["1"]["status"] == "Not started"
