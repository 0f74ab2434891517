"""reset-on-entry, on histories by hand."""

from dataclasses import replace

from pointsman_conformance.core.history import Value
from tests.histories import Tale, broken, judged, kept

LAW = "reset-on-entry"
COLUMNS = ["retry_count", "next_retry_at", "key_first_used_at", "refund_requested_at"]


def refunded(**columns: float | None) -> Tale:
    """A handler moves a completed row whose transfer took some attempts."""
    tale = Tale(roles=("refund_handler",), subject=("h1",))
    tale.insert("completed", retry_count=2, next_retry_at=500.0, key_first_used_at=3.0)
    tale.wait(1000)
    settings: dict[str, Value] = {
        "status": "reversal_pending", "retry_count": 0, "next_retry_at": 1000.0, "key_first_used_at": None,
        "refund_requested_at": None, "reversal_cents": 400,
    }  # fmt: skip
    tale.put({**settings, **columns}, who="h1")
    return tale


def test_what_is_set_on_entry_is_set() -> None:
    assert kept(LAW, refunded()) == [f"reversal_pending.{column}" for column in COLUMNS]


def test_a_count_that_is_carried_over_is_a_breach() -> None:
    tale = refunded(retry_count=2)
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.path == ("statuses", "reversal_pending", "on_entry", "retry_count")
    assert breach.says == (
        "the row entered reversal_pending from completed with retry_count 2; the spec sets it to 0 on entry"
    )


def test_an_old_key_age_and_an_old_due_time_are_breaches() -> None:
    assert "null on entry" in judged(LAW, refunded(key_first_used_at=3.0))[1][0].says
    assert "now on entry" in judged(LAW, refunded(next_retry_at=500.0))[1][0].says
    assert judged(LAW, refunded(next_retry_at=None))[1]
    assert judged(LAW, refunded(next_retry_at=1300.0))[1]


def test_now_is_the_time_of_the_write_give_or_take() -> None:
    assert judged(LAW, refunded(next_retry_at=999.0))[1] == []
    tale = Tale(roles=("refund_handler",), subject=("h1",))
    tale.insert("completed")
    tale.pause("h1")
    tale.wait(1000)
    tale.resume("h1")
    tale.move("reversal_pending", who="h1", reversal_cents=400, next_retry_at=1.0)
    assert judged(LAW, tale)[1] == [], "its transaction may have begun before it stood still"


def test_moves_that_are_not_declared_and_those_of_the_kit_are_not_judged() -> None:
    tale = Tale()
    tale.insert("reversed")
    tale.move("reversal_pending", retry_count=3)
    tale.insert("completed", "2")
    tale.move("reversal_pending", "2", who="kit", retry_count=3)
    assert judged(LAW, tale) == ([], [])


def test_what_the_event_carries_is_the_events() -> None:
    tale = refunded()
    statuses = tuple(
        replace(status, on_entry=(*status.on_entry, ("reversal_cents", 0)))
        if status.name == "reversal_pending"
        else status
        for status in tale.lifecycle.statuses
    )
    tale.lifecycle = replace(tale.lifecycle, statuses=statuses)
    assert judged(LAW, tale)[1] == []
