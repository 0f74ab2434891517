"""backoff, on histories by hand: what was heard, when the row may be due again."""

import pytest

from tests.histories import BAD, BROKEN, LATER, NO_BALANCE, Tale, broken, judged, kept

LAW = "backoff"


def heard(status: int, body: object, after: float, *, count: int = 0, renew: bool = False, wait: float = 5.0) -> Tale:
    """A reversal whose request is answered so, and recorded as due `after` seconds later."""
    tale = Tale()
    tale.insert(retry_count=count)
    tale.claim()
    tale.reply(tale.send(), status, body)  # type: ignore[arg-type]  # bodies are of the builder's module
    tale.wait(wait)
    tale.record(after=after, renew=renew)
    return tale


def silent(after: float, *, wait: float = 5.0, count: int = 0) -> Tale:
    tale = Tale()
    tale.insert(retry_count=count)
    tale.claim()
    tale.silence(tale.send())
    tale.wait(wait)
    tale.record(after=after)
    return tale


@pytest.mark.parametrize("after", [48.0, 60.0, 72.0])
def test_refused_for_now_is_tried_again_after_the_pause(after: float) -> None:
    assert kept(LAW, heard(400, NO_BALANCE, after, renew=True)) == ["reversal"]


@pytest.mark.parametrize("after", [0.0, 30.0, 90.0, 600.0])
def test_sooner_or_later_than_that_is_a_breach(after: float) -> None:
    tale = heard(400, NO_BALANCE, after, renew=True)
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.path == ("queues", "reversal", "backoff")
    assert f"due in {after:.0f} seconds" in breach.says


def test_the_pause_grows_with_the_count() -> None:
    assert kept(LAW, heard(400, NO_BALANCE, 480.0, count=3, renew=True)) == ["reversal"]
    assert judged(LAW, heard(400, NO_BALANCE, 60.0, count=3, renew=True))[1]


def test_after_an_unknown_the_row_is_not_due_before_the_lease_ends() -> None:
    assert kept(LAW, silent(595.0)) == ["reversal"]
    assert "unknown outcome" in judged(LAW, silent(60.0))[1][0].says
    assert broken(silent(0.0)) == {LAW}


def test_after_an_unknown_a_pause_that_is_longer_than_the_lease_counts() -> None:
    assert kept(LAW, silent(3840.0, count=6)) == ["reversal"]
    assert judged(LAW, silent(700.0, count=6))[1]
    assert judged(LAW, silent(9000.0, count=6))[1]


def test_after_a_late_unknown_the_pause_counts_from_then() -> None:
    assert kept(LAW, silent(60.0, wait=590.0)) == ["reversal"]
    assert judged(LAW, silent(11.0, wait=590.0))[1]


def test_what_was_not_tried_waits_for_the_first_pause_at_least() -> None:
    tale = Tale()
    tale.insert(retry_count=5)
    tale.claim()
    tale.reply(tale.send(), 429, LATER)
    tale.record(after=60.0, retry_count=5)
    assert kept(LAW, tale) == ["reversal"]
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.reply(tale.send(), 429, LATER)
    tale.record(after=0.0, retry_count=0)
    assert judged(LAW, tale)[1]


def test_after_a_settled_absence_the_row_may_be_due_at_once_or_later() -> None:
    for after in (0.0, 60.0, 500.0):
        tale = Tale()
        tale.insert()
        tale.claim()
        tale.reply(tale.send(), 500, BROKEN)
        tale.listed(tale.look_up())
        tale.record(after=after, renew=True)
        assert kept(LAW, tale) == ["reversal"]


def test_a_look_up_without_an_answer_is_not_repeated_at_once() -> None:
    for after, wrong in ((0.0, True), (600.0, False), (21_600.0, False), (90_000.0, True)):
        tale = Tale()
        tale.insert(retry_count=12, key_first_used_at=0.0)
        tale.claim()
        tale.silence(tale.look_up())
        tale.record(after=after)
        assert bool(judged(LAW, tale)[1]) is wrong


def test_one_that_records_nothing_or_dies_is_not_judged() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE)
    tale.crash()
    tale.wait(700)
    tale.claim(who="w2")
    assert judged(LAW, tale) == ([], [])


def test_a_move_is_not_judged() -> None:
    tale = heard(400, BAD, 0.0)
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.reply(tale.send(), 400, BAD)
    tale.move("permanently_failed")
    assert judged(LAW, tale) == ([], [])


def test_one_that_stood_still_before_it_recorded_is_not_judged() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE)
    tale.pause()
    tale.wait(300)
    tale.resume()
    tale.record(after=-240.0, renew=True)
    assert judged(LAW, tale) == ([], [])


def test_a_later_write_of_the_same_copy_is_no_record() -> None:
    tale = heard(400, NO_BALANCE, 60.0, renew=True)
    tale.record(after=0.0)
    assert kept(LAW, tale) == ["reversal"]


def test_a_refusal_that_settles_leaves_nothing_to_wait_for() -> None:
    tale = Tale()
    tale.insert(retry_count=12, key_first_used_at=0.0)
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE)
    tale.record(after=0.0, renew=True)
    assert judged(LAW, tale) == ([], [])


def test_a_record_under_a_claim_that_was_lost_is_another_laws() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE)
    tale.wait(700)
    tale.claim(who="w2")
    tale.record(after=0.0, renew=True)
    assert judged(LAW, tale) == ([], [])


@pytest.mark.parametrize(("after", "renew"), [(60.0, True), (595.0, False)])
def test_after_a_page_with_400_the_pause_is_that_of_a_refusal_or_that_of_an_unknown_outcome(
    after: float, renew: bool
) -> None:
    tale = Tale()
    tale.insert("failed")
    tale.claim()
    tale.reply(tale.send(), 400, "<html>400</html>")
    tale.record(after=after, renew=renew)
    assert broken(tale) == set()
