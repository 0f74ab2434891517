"""unknown-is-not-failure: silence moves nothing."""

from __future__ import annotations

import pytest

from tests.histories import BAD, BROKEN, LEASE, Tale, broken, judged, kept

LAW = "unknown-is-not-failure"


@pytest.mark.parametrize(("status", "target"), [("pending", "failed"), ("reversal_pending", "permanently_failed")])
@pytest.mark.parametrize("how", ["timeout", "connection", "500", "cut off", "no receipt"])
def test_an_unknown_outcome_that_takes_such_a_transition_is_a_breach_by_this_law_alone(
    status: str, target: str, how: str
) -> None:
    tale = Tale()
    tale.insert(status)
    tale.claim()
    hear(tale, tale.send(), how)
    tale.move(target)
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "although it was not known whether it was" in breach.says


def hear(tale: Tale, asked: str, how: str) -> None:
    if how == "500":
        tale.reply(asked, 500, BROKEN)
    elif how == "cut off":
        tale.reply(asked, 200, '{"id": "trr_')
    elif how == "no receipt":
        tale.reply(asked, 200, {"object": "transfer"})
    else:
        tale.silence(asked, how)


def test_a_row_that_stays_after_silence_is_met() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    tale.silence(tale.send())
    tale.record(after=LEASE)
    assert kept(LAW, tale) == ["pending->failed"]


def test_a_refusal_may_take_the_transition() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    tale.reply(tale.send(), 400, BAD)
    tale.move("failed", key_generation=1, key_first_used_at=None)
    assert kept(LAW, tale) == []


def test_a_refusal_of_the_same_key_says_that_the_silent_request_did_nothing_either() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    tale.silence(tale.send())
    tale.record(after=LEASE)
    tale.wait(LEASE + 1)
    tale.claim()
    tale.reply(tale.send(), 400, BAD)
    tale.move("failed", key_generation=1, key_first_used_at=None)
    assert broken(tale) == set()


def test_an_absence_may_take_the_transition() -> None:
    tale = Tale()
    tale.insert("pending", retry_count=2)
    tale.claim()
    tale.reply(tale.send(), 500, BROKEN)
    tale.listed(tale.look_up())
    tale.move("failed", key_generation=1, key_first_used_at=None)
    assert broken(tale) == set()


def test_a_move_that_needs_nothing_is_free() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.silence(tale.send())
    tale.effect("trr_1", "create_reversal")
    tale.move("reversed", who="kit", actor="webhook", stripe_reversal_id="trr_1")
    assert broken(tale) == set()
