"""stale-claim-sends-nothing: too little of the lease is left, or another worker has the claim."""

from __future__ import annotations

import pytest

from tests.histories import LEASE, Tale, broken, judged, kept

LAW = "stale-claim-sends-nothing"


def claimed() -> Tale:
    tale = Tale(roles=("reversal_worker",))
    tale.insert("reversal_pending")
    tale.claim()
    return tale


@pytest.mark.parametrize("waited", [0.0, 300.0, 509.0])
def test_a_request_that_can_take_effect_within_the_lease_is_right(waited: float) -> None:
    tale = claimed()
    tale.wait(waited)
    tale.send()
    assert kept(LAW, tale) == ["reversal"]


@pytest.mark.parametrize("waited", [511.0, 700.0])
def test_a_request_after_a_pause_is_a_breach_by_this_law_alone(waited: float) -> None:
    tale = claimed()
    tale.pause()
    tale.wait(waited)
    tale.resume()
    tale.send()
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert f"with {LEASE - waited:.0f} s of its lease left" in breach.says


def test_a_pause_that_nothing_follows_is_met() -> None:
    tale = claimed()
    tale.pause()
    tale.wait(LEASE + 1)
    tale.resume()
    assert kept(LAW, tale) == ["reversal"]


@pytest.mark.parametrize(("ago", "says"), [(60.0, 0), (130.0, 1)])
def test_the_row_may_have_been_taken_no_longer_ago_than_the_longest_pause(ago: float, says: int) -> None:
    tale = claimed()
    tale.put({"next_retry_at": tale.now}, who="kit")
    tale.claim(who="kit", actor="admin")
    tale.wait(ago)
    tale.send()
    assert len(judged(LAW, tale)[1]) == says


def test_a_look_up_may_come_late() -> None:
    tale = claimed()
    tale.wait(LEASE + 100)
    tale.look_up()
    assert broken(tale) == set()


def test_the_first_request_under_a_claim_is_what_check_knows_a_second_one_is_more() -> None:
    first, second, other = claimed(), claimed(), claimed()
    second.reply(second.send(), 500)
    for tale in (first, second, other):
        tale.pause()
        tale.wait(700.0)
        tale.resume()
    first.send()
    second.send()
    other.send(key="another")
    found = [[breach.wrong for breach in judged(LAW, tale)[1]] for tale in (first, second, other)]
    assert found == [["sends_after_a_pause"], [None], [None]]
