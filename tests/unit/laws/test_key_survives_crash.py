"""key-survives-crash: the next worker after a crash finds the key in the row."""

from __future__ import annotations

from tests.histories import LEASE, NO_BALANCE, Tale, broken, judged, kept

LAW = "key-survives-crash"


def crashed() -> Tale:
    """w1 sends and dies; its lease is over and the row claimed anew."""
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.silence(tale.send())
    tale.crash()
    tale.wait(LEASE + 1)
    tale.claim()
    return tale


def test_the_same_key_after_a_crash_is_right() -> None:
    tale = crashed()
    tale.send()
    assert kept(LAW, tale) == ["create_reversal"]


def test_another_key_after_a_crash_is_a_breach_by_this_law_alone() -> None:
    tale = crashed()
    tale.send(key="made-up-2")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "w1 died after it had sent create_reversal under the key 'reversal-1-0'" in breach.says


def test_a_crash_before_the_first_request_is_no_matter() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.crash()
    tale.wait(LEASE + 1)
    tale.claim()
    tale.send(key="made-up-1")
    assert broken(tale) == set()


def test_a_key_that_was_refused_before_the_crash_may_go() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE)
    tale.record(renew=True)
    tale.crash()
    tale.wait(LEASE + 1)
    tale.claim()
    tale.send()
    assert broken(tale) == set()


def test_another_copy_that_knows_the_key_is_of_no_use_to_the_one_that_has_forgotten_it() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    for who in ("w1", "w2"):
        tale.claim(who=who)
        tale.silence(tale.send(who=who))
        tale.wait(LEASE + 1)
    tale.crash("w1")
    tale.claim(who="w1")
    tale.send(key="made-up-2")
    assert broken(tale) == {LAW}


def test_another_copy_with_another_key_shows_that_it_was_not_in_the_row() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.silence(tale.send())
    tale.wait(LEASE + 1)
    tale.claim(who="w2")
    tale.send(who="w2", key="made-up-2")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "w1 had sent create_reversal" in breach.says
    assert "by w2 under 'made-up-2'" in breach.says


def test_a_key_that_was_renewed_in_the_row_is_the_other_law_for_any_sender() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.silence(tale.send())
    tale.record(renew=True, after=LEASE)
    tale.crash()
    tale.wait(LEASE + 1)
    tale.claim(who="w2")
    tale.send(who="w2")
    assert broken(tale) == {"stable-key"}
