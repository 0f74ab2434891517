"""bump-only, on histories by hand."""

from dataclasses import replace

from pointsman.spec.lifecycle import Transition
from tests.histories import Tale, broken, judged, kept

LAW = "bump-only"


def test_a_claim_and_a_record_change_bump_columns_only() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.record(after=700.0)
    assert kept(LAW, tale) == ["same_status", "same_status"]


def test_a_bump_that_rewrites_the_amount_is_a_breach() -> None:
    tale = Tale()
    tale.insert()
    tale.claim(amount_cents=900)
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "amount_cents from 1000 to 900" in breach.says
    assert breach.element.path == ("same_status",)


def test_a_receipt_on_its_own_is_a_breach() -> None:
    tale = Tale()
    tale.insert()
    tale.write(stripe_reversal_id="trr_1")
    assert len(judged(LAW, tale)[1]) == 1


def test_an_event_that_leaves_the_row_as_it_is_is_right() -> None:
    tale = Tale(roles=("webhook",), subject=("h1",))
    tale.insert("reversed")
    tale.deliver(None, "webhook", who="h1", hook="transfer.reversed")
    tale.answer("ignored", "webhook", who="h1")
    assert kept(LAW, tale) == ["same_status"]


def test_columns_that_the_spec_does_not_know_are_nobodys_business() -> None:
    tale = Tale()
    tale.insert()
    tale.write(updated_at=3.0)
    assert kept(LAW, tale) == ["same_status"]


def test_a_change_of_status_and_a_write_of_the_kit_are_not_judged() -> None:
    tale = Tale()
    tale.insert("completed")
    tale.move("reversal_pending", reversal_cents=400, amount_cents=900)
    tale.write(who="kit", amount_cents=901)
    assert judged(LAW, tale) == ([], [])


def test_a_transition_onto_the_same_status_fills_what_its_event_carries() -> None:
    tale = Tale()
    tale.insert("completed")
    tale.write(reversal_cents=200)
    narrow = replace(tale.lifecycle, same_status=("retry_count",))
    tale.lifecycle = narrow
    assert judged(LAW, tale)[1]
    tale.lifecycle = replace(
        narrow, transitions=(*narrow.transitions, Transition("completed", "completed", "refund_requested"))
    )
    assert judged(LAW, tale)[1] == []
