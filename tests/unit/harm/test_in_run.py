"""The harm in one run: what became of money, rows and receipts, read from histories by hand."""

import pytest

from pointsman_conformance.core.clock import NEVER
from pointsman_conformance.harm.in_run import harm_in_run
from pointsman_conformance.laws.reader import read
from tests.histories import NO_BALANCE, Tale


def _harm(tale: Tale, row: str | None = "1", law: str = "stable-key") -> str | None:
    return harm_in_run(read(tale.lifecycle, tale.history()), law, row)


def _reversed_under_two_keys(second: str = "w1") -> Tale:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.made(tale.send(), "trr_1")
    tale.wait(700.0)
    tale.claim(who=second)
    tale.made(tale.send(who=second, key="another"), "trr_2")
    return tale


def test_two_effects_of_one_leg_are_money_moved_twice() -> None:
    says = _harm(_reversed_under_two_keys())
    assert says == "money moved twice: create_reversal was made for row 1 as trr_1, trr_2"


def test_money_that_the_kit_alone_moved_is_no_harm_of_the_implementation() -> None:
    tale = Tale(subject=("w2",))
    tale.insert()
    tale.made(tale.send(), "trr_1")
    tale.made(tale.send(key="another"), "trr_2")
    assert _harm(tale) is None


def test_an_effect_by_hand_beside_ours_is_no_harm() -> None:
    tale = Tale()
    tale.insert()
    tale.effect("trr_9", "create_reversal", by_hand=True)
    tale.claim()
    tale.made(tale.send(), "trr_1")
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert _harm(tale) is None


def test_an_effect_larger_than_the_row_ever_asked_for_is_more_money_than_was_asked() -> None:
    tale = Tale()
    tale.insert(reversal_cents=400)
    tale.claim()
    tale.made(tale.send(amount="1000"), "trr_1")
    says = "more money moved than was asked for: create_reversal was made for row 1 over 1000 as trr_1, and its"
    assert _harm(tale) == f"{says} reversal_cents was 400"


def test_an_effect_over_what_the_row_asks_is_no_harm() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.made(tale.send(), "trr_1")
    assert _harm(tale) is None


def test_the_harm_to_another_row_is_not_told_of_this_one() -> None:
    tale = _reversed_under_two_keys()
    tale.insert(row="2")
    assert _harm(tale, "2") is None
    assert _harm(tale, None) is not None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_that_was_denied_and_is_in_the_ledger_is_a_false_status(when: str) -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    sent = tale.send()
    if when == "before":
        tale.effect("trr_1", "create_reversal", request=sent)
    tale.silence(sent)
    tale.move("permanently_failed")
    if when == "after":
        tale.effect("trr_1", "create_reversal", request=sent)
    says = _harm(tale)
    assert says is not None
    assert says.startswith("row 1 became permanently_failed, which says that create_reversal was not done")
    assert says.endswith("trr_1")


def test_a_call_that_was_refused_may_be_denied() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE)
    tale.move("permanently_failed")
    assert _harm(tale) is None


def test_a_status_that_says_done_without_an_effect_is_false() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.move("reversed", stripe_reversal_id="trr_7")
    says = _harm(tale)
    assert says == "row 1 is reversed, which says that create_reversal is done, and the provider's ledger has none"


def test_a_required_receipt_that_is_null_is_lost() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.made(tale.send(), "trr_1")
    tale.move("reversed")
    says = _harm(tale)
    assert says == "the receipt is lost: row 1 is reversed with stripe_reversal_id null; the ledger has trr_1"


def test_a_receipt_that_a_write_replaces_is_lost() -> None:
    tale = Tale()
    tale.insert("completed")
    tale.write(stripe_transfer_id="something else")
    assert _harm(tale) == "the receipt is lost: row 1 had stripe_transfer_id tr_1, and a write replaced it"


@pytest.mark.parametrize("due", [None, NEVER * 2])
def test_a_row_whose_due_time_never_comes_is_stuck(due: float | None) -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.record(next_retry_at=due)
    assert _harm(tale) == "row 1 is stuck in reversal_pending: its next_retry_at never comes"


def test_a_row_that_is_due_in_three_days_is_put_off_and_not_stuck() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.record(after=3 * 86_400.0)
    says = "row 1 is put off for 3d in reversal_pending; no pause, lease or key of the queue reversal lasts longer"
    assert _harm(tale) == f"{says} than 1d"


def test_a_row_that_comes_back_while_its_key_is_remembered_is_not_put_off() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.record(after=23 * 3600.0)
    assert _harm(tale) is None


def test_an_unknown_status_that_is_overwritten_is_lost() -> None:
    tale = Tale()
    tale.insert("on_hold")
    tale.move("pending")
    assert _harm(tale) == "what row 1 said is lost: its status 'on_hold', which the spec does not know, was overwritten"


def test_a_row_that_is_never_resolved_is_stuck_by_the_law_itself() -> None:
    tale = Tale()
    tale.insert()
    assert _harm(tale, law="progress") == "a row is stuck"
    assert _harm(tale, law="backoff") is None
