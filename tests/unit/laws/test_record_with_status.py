"""record-with-status, on histories by hand."""

from tests.histories import BROKEN, FULLY_REVERSED, Tale, broken, judged, kept

LAW = "record-with-status"


def accepted() -> Tale:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.made(tale.send())
    return tale


def test_the_receipt_comes_with_the_status() -> None:
    tale = accepted()
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert kept(LAW, tale) == ["reversal_pending->reversed"]


def test_a_receipt_that_is_forgotten_is_a_breach_also_if_it_comes_later() -> None:
    tale = accepted()
    tale.move("reversed")
    tale.write(stripe_reversal_id="trr_1")
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.name == "reversal_pending->reversed"
    assert "stripe_reversal_id null" in breach.says
    assert LAW in broken(tale)


def test_a_receipt_that_the_provider_never_gave_out_is_a_breach() -> None:
    tale = accepted()
    tale.move("reversed", stripe_reversal_id="trr_99")
    assert "'trr_99'" in judged(LAW, tale)[1][0].says


def test_a_receipt_of_another_row_is_a_breach() -> None:
    tale = accepted()
    tale.insert(row="2", stripe_transfer_id="tr_2")
    tale.effect("trr_2", "create_reversal", "2")
    tale.move("reversed", stripe_reversal_id="trr_2")
    assert judged(LAW, tale)[1]


def test_a_receipt_that_was_looked_up_is_one() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    first = tale.send()
    tale.effect("trr_1", "create_reversal", request=first)
    tale.reply(first, 500, BROKEN)
    tale.listed(tale.look_up(), "trr_1")
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert kept(LAW, tale) == ["reversal_pending->reversed"]


def test_a_webhook_records_it_too() -> None:
    tale = Tale(roles=("webhook",), subject=("h1",))
    tale.insert()
    tale.effect("trr_1", "create_reversal")
    tale.move("reversed", who="h1", actor="webhook", stripe_reversal_id="trr_1")
    assert kept(LAW, tale) == ["reversal_pending->reversed"]
    tale = Tale(roles=("webhook",), subject=("h1",))
    tale.insert()
    tale.effect("trr_1", "create_reversal")
    tale.move("reversed", who="h1", actor="webhook")
    assert judged(LAW, tale)[1]


def test_what_follows_an_already_done_is_another_laws() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.effect("trr_1", "create_reversal", by_hand=True)
    tale.reply(tale.send(), 400, FULLY_REVERSED)
    tale.move("reversed")
    assert judged(LAW, tale) == ([], [])


def test_other_moves_and_the_kits_own_record_nothing() -> None:
    tale = Tale(roles=("refund_handler",), subject=("h1",))
    tale.insert("completed")
    tale.move("reversal_pending", who="h1", reversal_cents=1000)
    tale.move("reversed", who="kit")
    assert judged(LAW, tale) == ([], [])
