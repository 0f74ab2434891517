"""settle-before-giving-up: the last answer is found out first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.histories import BAD, BROKEN, FULLY_REVERSED, LEASE, NO_BALANCE, Tale, broken, judged, kept

LAW = "settle-before-giving-up"


def exhausted(hear: Callable[[Tale, str], object]) -> Tale:
    """The last attempt, what is heard, and the claim that is only for settling."""
    tale = Tale()
    tale.insert("reversal_pending", retry_count=11)
    tale.claim()
    hear(tale, tale.send())
    tale.record(after=6 * 3600.0)
    tale.wait(8 * 3600.0)
    tale.claim()
    return tale


def silence(tale: Tale, asked: str) -> None:
    tale.silence(asked)


def error(tale: Tale, asked: str) -> None:
    tale.reply(asked, 500, BROKEN)


@pytest.mark.parametrize("hear", [silence, error])
def test_giving_up_while_the_last_outcome_is_unknown_is_a_breach_by_this_law_alone(
    hear: Callable[[Tale, str], object],
) -> None:
    tale = exhausted(hear)
    tale.move("permanently_failed")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.name == "reversal_pending->permanently_failed"
    assert "send the same key once more, or look it up" in breach.says


def test_taking_the_last_requests_own_time_out_for_an_answer_is_another_laws() -> None:
    for count in (11, 12):
        tale = Tale()
        tale.insert("reversal_pending", retry_count=count, key_first_used_at=0.0)
        tale.claim()
        tale.silence(tale.send())
        tale.move("permanently_failed")
        assert broken(tale) == {"unknown-is-not-failure"}


def test_giving_up_after_a_look_up_that_found_nothing_is_right() -> None:
    tale = exhausted(silence)
    tale.listed(tale.look_up())
    tale.move("permanently_failed")
    assert kept(LAW, tale) == ["reversal_pending->permanently_failed"]


def test_giving_up_after_the_same_key_was_refused_is_right() -> None:
    tale = exhausted(silence)
    tale.reply(tale.send(), 400, BAD)
    tale.move("permanently_failed")
    assert kept(LAW, tale) == ["reversal_pending->permanently_failed"]


def test_a_look_up_without_an_answer_settles_nothing() -> None:
    tale = exhausted(silence)
    tale.silence(tale.look_up())
    tale.move("permanently_failed")
    assert broken(tale) == {LAW}


def test_a_look_up_from_before_the_last_request_settles_nothing() -> None:
    tale = Tale()
    tale.insert("reversal_pending", retry_count=12, key_first_used_at=0.0)
    tale.claim()
    tale.listed(tale.look_up())
    tale.silence(tale.send())
    tale.wait(LEASE + 1)
    tale.claim()
    tale.move("permanently_failed")
    assert broken(tale) == {LAW}


def test_a_look_up_that_found_the_effect_is_no_reason_to_give_up() -> None:
    tale = exhausted(silence)
    tale.effect("trr_1", "create_reversal")
    tale.listed(tale.look_up(), "trr_1")
    tale.move("permanently_failed")
    assert LAW in broken(tale)


def test_another_question_than_the_specs_look_up_may_have_told_as_much() -> None:
    tale = exhausted(silence)
    tale.reply(tale.ask("/v1/transfers/tr_1"), 200, {"id": "tr_1", "reversed": False})
    tale.move("permanently_failed")
    assert broken(tale) == set()


def test_another_question_without_an_answer_tells_nothing() -> None:
    tale = exhausted(silence)
    tale.silence(tale.ask("/v1/transfers/tr_1"))
    tale.move("permanently_failed")
    assert broken(tale) == {LAW}


def test_where_nothing_was_sent_nothing_has_to_be_known() -> None:
    tale = Tale()
    tale.insert("reversal_pending", retry_count=12)
    tale.claim()
    tale.move("permanently_failed")
    assert kept(LAW, tale) == []


def test_an_admin_who_gives_up_blind_breaks_it_with_attempts_left() -> None:
    tale = Tale(roles=("admin",), subject=("a1",))
    tale.insert("reversal_pending")
    tale.claim(who="kit")
    tale.silence(tale.send(who="kit"))
    tale.wait(LEASE + 1)
    tale.claim(who="a1", actor="admin", retry_count=1)
    tale.move("permanently_failed", who="a1", actor="admin")
    assert broken(tale) == {LAW}


def test_what_was_already_done_is_another_laws() -> None:
    tale = exhausted(silence)
    tale.reply(tale.send(), 400, FULLY_REVERSED)
    tale.move("permanently_failed")
    assert broken(tale) == {"already-done-is-done"}


def test_a_refusal_for_now_of_the_last_attempt_is_an_answer() -> None:
    tale = Tale()
    tale.insert("reversal_pending", retry_count=11)
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE)
    tale.record(after=6 * 3600.0, renew=True)
    tale.wait(8 * 3600.0)
    tale.claim()
    tale.move("permanently_failed")
    assert kept(LAW, tale) == ["reversal_pending->permanently_failed"]
