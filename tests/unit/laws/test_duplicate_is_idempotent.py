"""duplicate-is-idempotent, on histories by hand."""

from collections.abc import Mapping

import pytest

from tests.histories import Tale, broken, judged, kept

LAW = "duplicate-is-idempotent"
TO = "refund_handler"


def handled(status: str = "completed") -> Tale:
    """A refund that was dealt with once."""
    tale = Tale(roles=(TO,), subject=("h1",))
    tale.insert(status)
    tale.deliver("refund_requested", TO, who="h1")
    if status == "completed":
        tale.move("reversal_pending", who="h1", reversal_cents=400)
    else:
        tale.write(who="h1", refund_requested_at=0.0, reversal_cents=400)
    tale.answer("applied", TO, who="h1")
    tale.wait(10)
    return tale


def again(tale: Tale, event_id: str = "e1", **columns: float | None) -> Tale:
    tale.deliver("refund_requested", TO, who="h1", event_id=event_id)
    if columns:
        tale.put(columns, who="h1")
    tale.answer("applied", TO, who="h1")
    return tale


def test_a_repeated_event_that_changes_nothing_is_right_whatever_is_answered() -> None:
    assert kept(LAW, again(handled())) == ["refund_requested"]
    assert kept(LAW, again(handled("pending"))) == ["refund_requested"]


def test_a_repeated_event_that_is_applied_twice_is_a_breach() -> None:
    tale = again(handled(), next_retry_at=10.0, retry_count=0, reversal_cents=800)
    assert broken(tale) == {LAW, "bump-only"}  # no actor changes the amount while a reversal of it may be out
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.path == ("events", "refund_requested")
    assert "came again as e1, and changed next_retry_at from 0.0 to 10.0, reversal_cents from 400 to 800" in breach.says


def test_an_event_that_was_kept_is_not_kept_again() -> None:
    tale = again(handled("pending"), refund_requested_at=10.0)
    assert broken(tale) == {LAW}


def test_another_event_is_no_duplicate() -> None:
    assert judged(LAW, again(handled(), event_id="e2", next_retry_at=10.0)) == ([], [])


def test_one_that_was_never_answered_may_be_dealt_with_again() -> None:
    tale = Tale(roles=(TO,), subject=("h1",))
    tale.insert("completed")
    tale.deliver("refund_requested", TO, who="h1")
    tale.crash("h1")
    tale.deliver("refund_requested", TO, who="h1")
    tale.move("reversal_pending", who="h1", reversal_cents=400)
    tale.answer("applied", TO, who="h1")
    assert judged(LAW, tale) == ([], [])


def test_one_that_applies_to_the_row_as_it_is_now_may_be_applied() -> None:
    tale = handled("pending")
    tale.write(who="kit", refund_requested_at=None)
    tale.move("completed", who="kit", stripe_transfer_id="tr_1")
    tale.deliver("refund_requested", TO, who="h1")
    tale.move("reversal_pending", who="h1", reversal_cents=400)
    tale.answer("applied", TO, who="h1")
    assert kept(LAW, tale) == ["refund_requested"]


def test_a_kept_event_that_is_swept_meanwhile_is_no_duplicate() -> None:
    tale = handled("pending")
    tale.move("completed", who="kit", stripe_transfer_id="tr_1")
    tale.deliver("refund_requested", TO, who="h1")
    tale.move("reversal_pending", who="h1")
    tale.answer("ignored", TO, who="h1")
    assert kept(LAW, tale) == ["refund_requested"]


def test_what_a_worker_in_the_same_process_writes_meanwhile_is_not_the_events() -> None:
    tale = Tale(roles=(TO, "reversal_worker"), subject=("h1",))
    tale.insert("completed")
    tale.deliver("refund_requested", TO, who="h1")
    tale.move("reversal_pending", who="h1", reversal_cents=1000)
    tale.answer("applied", TO, who="h1")
    tale.deliver("refund_requested", TO, who="h1")
    tale.claim(who="h1")
    tale.answer("ignored", TO, who="h1")
    assert kept(LAW, tale) == ["refund_requested"]


def test_a_repeated_webhook_is_one_too() -> None:
    def told_again(columns: Mapping[str, float]) -> Tale:
        tale = Tale(roles=("webhook",), subject=("h1",))
        tale.insert()
        tale.effect("trr_1", "create_reversal")
        for round_ in range(2):
            tale.deliver(None, "webhook", who="h1", event_id="evt_1", hook="transfer.reversed")
            if round_ == 0:
                tale.move("reversed", who="h1", stripe_reversal_id="trr_1")
            elif columns:
                tale.put(columns, who="h1")
            tale.answer("applied", "webhook", who="h1")
        return tale

    assert kept(LAW, told_again({})) == ["transfer.reversed"]
    assert broken(told_again({"retry_count": 5})) == {LAW}


def test_another_event_that_was_kept_may_be_applied_meanwhile() -> None:
    tale = Tale(roles=("webhook",), subject=("h1",))
    tale.insert("completed", refund_requested_at=0.0, reversal_cents=400)
    for round_ in range(2):
        tale.deliver(None, "webhook", who="h1", event_id="evt_1", hook="transfer.created")
        if round_ == 1:
            tale.move("reversal_pending", who="h1", actor="webhook")
        tale.answer("ignored", "webhook", who="h1")
    assert kept(LAW, tale) == ["transfer.created"]


def test_two_events_at_once_are_not_told_apart() -> None:
    tale = handled()
    tale.deliver("refund_requested", TO, who="h1")
    tale.deliver("given_up", "admin", who="h1", event_id="e7")
    tale.write(who="h1", reversal_cents=800)
    tale.answer("ignored", TO, who="h1")
    tale.answer("refused", "admin", who="h1")
    assert judged(LAW, tale) == ([], [])


def errored(tale: Tale, event_id: str = "e1", answer: str = "errored") -> Tale:
    tale.deliver("refund_requested", TO, who="h1", event_id=event_id)
    tale.answer(answer, TO, who="h1")
    return tale


def test_a_repeated_event_that_is_answered_with_an_error_is_a_breach() -> None:
    tale = errored(handled())
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.says == (
        "refund_requested came again as e1, and was answered with an error: its sender sends it for ever"
    )


def test_an_event_that_the_spec_ignores_where_it_comes_is_answered_with_no_error() -> None:
    tale = Tale(roles=(TO,), subject=("h1",))
    tale.insert("reversed")
    (breach,) = judged(LAW, errored(tale))[1]
    assert "came in reversed, where the spec ignores it, as e1" in breach.says


@pytest.mark.parametrize("answer", ["applied", "ignored", "refused", "unknown", "skipped"])
def test_another_answer_to_a_repeated_event_is_right(answer: str) -> None:
    assert judged(LAW, errored(handled(), answer=answer))[1] == []


def test_an_error_where_the_event_means_something_is_no_breach_of_this_law() -> None:
    for status in ("completed", "pending"):
        tale = Tale(roles=(TO,), subject=("h1",))
        tale.insert(status)
        assert judged(LAW, errored(tale)) == ([], [])


def test_an_error_of_a_copy_that_was_hindered_is_no_breach() -> None:
    for hinder in (Tale.cut, Tale.crash):
        tale = handled()
        tale.deliver("refund_requested", TO, who="h1")
        hinder(tale, "h1")
        tale.answer("errored", TO, who="h1")
        assert judged(LAW, tale)[1] == []
    tale = handled()
    tale.pause("h2")
    errored(tale)
    tale.resume("h2")
    assert judged(LAW, tale)[1] == []


def test_an_error_about_a_row_in_a_status_that_the_spec_does_not_know_is_no_breach() -> None:
    tale = handled()
    tale.put({"status": "in_limbo"}, who="kit")
    assert judged(LAW, errored(tale))[1] == []
