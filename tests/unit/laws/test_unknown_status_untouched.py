"""unknown-status-untouched, on histories by hand."""

from tests.histories import Tale, broken, judged, kept

LAW = "unknown-status-untouched"


def estranged() -> Tale:
    tale = Tale(roles=("reversal_worker", "refund_handler"))
    tale.insert()
    tale.put({"status": "in_limbo"}, who="kit")
    return tale


def test_a_row_that_is_left_alone_through_a_turn_or_an_event_is_right() -> None:
    tale = estranged()
    tale.turn("reversal_worker")
    assert kept(LAW, tale) == ["unknown_status"]
    tale = estranged()
    tale.deliver("refund_requested", "refund_handler")
    tale.answer("refused", "refund_handler")
    assert kept(LAW, tale) == ["unknown_status"]


def test_without_either_there_is_no_evidence() -> None:
    tale = estranged()
    tale.deliver("refund_requested", "refund_handler", row="2")
    assert judged(LAW, tale) == ([], [])


def test_a_row_that_is_put_right_is_a_breach() -> None:
    tale = estranged()
    tale.put({"status": "permanently_failed"})
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "'in_limbo'" in breach.says
    assert "made it permanently_failed" in breach.says


def test_a_bump_is_one_too() -> None:
    tale = estranged()
    tale.write(retry_count=3)
    assert judged(LAW, tale)[1]


def test_the_kit_may_put_it_right() -> None:
    tale = estranged()
    tale.put({"status": "reversal_pending"}, who="kit")
    tale.claim()
    assert judged(LAW, tale)[1] == []
