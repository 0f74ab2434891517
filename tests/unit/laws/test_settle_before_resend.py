"""settle-before-resend: no key is sent that the provider may have forgotten."""

from __future__ import annotations

import pytest

from tests.histories import HOUR, LEASE, Tale, broken, judged, kept

LAW = "settle-before-resend"


def silent(hours: float) -> Tale:
    """A request without an answer, and a claim so many hours later."""
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.silence(tale.send())
    tale.record(after=LEASE)
    tale.wait(hours * HOUR)
    tale.claim()
    return tale


@pytest.mark.parametrize("hours", [1.0, 23.9])
def test_a_key_within_its_lifetime_may_be_sent_again(hours: float) -> None:
    tale = silent(hours)
    tale.send()
    assert broken(tale) == set()


def test_a_key_past_its_lifetime_is_a_breach_by_this_law_alone() -> None:
    tale = silent(24.1)
    tale.send()
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "first sent 24.1 h before" in breach.says


def test_a_look_up_instead_is_met() -> None:
    tale = silent(24.1)
    tale.listed(tale.look_up())
    tale.record(renew=True, after=0.0, retry_count=1)
    tale.claim()
    tale.send()
    assert kept(LAW, tale) == ["create_reversal"]


def test_the_lifetime_counts_from_the_first_request() -> None:
    tale = silent(13.0)
    tale.silence(tale.send())
    tale.record(after=LEASE)
    tale.wait(13 * HOUR)
    tale.claim()
    tale.send()
    assert broken(tale) == {LAW}


def test_the_same_key_after_it_was_asked_for_is_the_business_of_renewing() -> None:
    tale = silent(24.1)
    tale.listed(tale.look_up())
    tale.record(after=0.0, retry_count=1)
    tale.claim()
    tale.send()
    assert broken(tale) == {"renew-key-after-refusal"}
