"""claim-is-a-write: what is sent, and what is given up, was taken by a write."""

from __future__ import annotations

import pytest

from pointsman_conformance.core.history import Value
from tests.histories import BAD, Tale, broken, judged, kept

LAW = "claim-is-a-write"


def test_a_request_under_a_claim_is_right() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    tale.made(tale.send(), "tr_1")
    tale.move("completed", stripe_transfer_id="tr_1")
    assert kept(LAW, tale) == ["transfer"]


def test_a_request_for_a_row_that_was_only_read_is_a_breach_by_this_law_alone() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.made(tale.send())
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.path == ("queues", "reversal")


def test_the_claim_of_another_copy_is_none() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim(who="w2")
    tale.send(who="w1")
    assert broken(tale) == {LAW}


def test_a_claim_serves_one_recording() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, {"error": {"code": "balance_insufficient"}})
    tale.record(renew=True)
    tale.wait(60)
    tale.send()
    assert LAW in broken(tale)


def test_a_claim_of_a_dead_process_is_none() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.crash()
    tale.send()
    assert broken(tale) == {LAW}


@pytest.mark.parametrize("due", [60.0, 540.0])
def test_a_claim_with_less_than_the_lease_is_a_breach(due: float) -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim(next_retry_at=tale.now + due)
    tale.send()
    (breach,) = judged(LAW, tale)[1]
    assert "the lease of the spec is 600 s" in breach.says


def test_a_claim_in_a_transaction_that_was_begun_some_seconds_before_is_right() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim(next_retry_at=tale.now + 595.0)
    tale.send()
    assert broken(tale) == set()


def test_a_batch_of_claims_takes_each_of_its_rows() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.insert("reversal_pending", row="2", stripe_transfer_id="tr_2")
    tale.claim()
    tale.claim(row="2")
    tale.made(tale.send(row="2"), "trr_2", row="2")
    tale.move("reversed", row="2", stripe_reversal_id="trr_2")
    tale.made(tale.send())
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert kept(LAW, tale) == ["reversal", "reversal"]


def test_a_look_up_needs_no_claim() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.listed(tale.look_up())
    assert broken(tale) == set()


def test_an_admin_who_gives_up_without_a_claim_breaks_it() -> None:
    tale = Tale(roles=("admin",), subject=("a1",))
    tale.insert("reversal_pending")
    tale.move("permanently_failed", who="a1", actor="admin")
    assert broken(tale) == {LAW}


def test_an_admin_who_claims_first_is_right() -> None:
    tale = Tale(roles=("admin",), subject=("a1",))
    tale.insert("reversal_pending")
    tale.claim(who="a1", actor="admin", retry_count=0, key_first_used_at=None)
    tale.listed(tale.look_up(who="a1"))
    tale.move("permanently_failed", who="a1", actor="admin")
    assert kept(LAW, tale) == ["reversal_pending->permanently_failed"]


def test_a_refusal_under_a_claim_may_give_up() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, BAD)
    tale.move("permanently_failed", key_generation=1, key_first_used_at=None)
    assert kept(LAW, tale) == ["reversal", "reversal_pending->permanently_failed"]


def renewed(wait: float = 300.0, **columns: Value) -> Tale:
    """A copy that renews the lease of its claim after `wait` seconds, then sends."""
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.wait(wait)
    tale.put({"next_retry_at": tale.now + 600.0, **columns})
    tale.wait(500)
    return tale


def test_a_claim_whose_lease_was_renewed_is_still_the_claim() -> None:
    tale = renewed()
    tale.made(tale.send())
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert broken(tale) == set()
    assert kept(LAW, tale) == ["reversal"]


def test_a_lease_that_is_renewed_while_the_call_is_on_its_way_ends_no_claim() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    request = tale.send()
    tale.wait(300)
    tale.put({"next_retry_at": tale.now + 600.0})
    tale.made(request)
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert broken(tale) == set()


@pytest.mark.parametrize(
    ("wait", "columns"),
    [(700.0, {}), (300.0, {"retry_count": 5}), (300.0, {"next_retry_at": 660.0})],
    ids=["after the lease is over", "with another column", "for less than a lease"],
)
def test_a_write_that_is_no_renewal_ends_the_claim(wait: float, columns: dict[str, Value]) -> None:
    tale = renewed(wait, **columns)
    tale.send()
    assert LAW in broken(tale)


def test_a_renewal_after_the_answer_is_a_recording() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 500, {})
    tale.wait(10)
    tale.put({"next_retry_at": tale.now + 600.0})
    tale.wait(60)
    tale.send()
    assert LAW in broken(tale)


def test_a_lease_that_another_copy_has_taken_cannot_be_renewed() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.wait(601)
    tale.claim(who="w2")
    tale.put({"next_retry_at": tale.now + 600.0})
    tale.send()
    assert broken(tale) & {LAW, "conditional-write"}


def versioned(tale: Tale, **columns: Value) -> int:
    """A write of an object-relational mapper whose version column is the fence: each write raises it."""
    fence = tale.rows["1"]["claim_count"]
    assert isinstance(fence, int)
    return tale.put({"claim_count": fence + 1, **columns})


def test_a_version_column_that_every_write_raises_is_a_fence() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.wait(10)
    versioned(tale, next_retry_at=tale.now + 600.0)
    tale.reply(tale.send(), 400, {"error": {"code": "balance_insufficient"}})
    versioned(tale, next_retry_at=tale.now + 60.0, key_generation=1, key_first_used_at=None)
    tale.wait(61)
    tale.claim()
    tale.made(tale.send())
    tale.move("reversed", stripe_reversal_id="trr_1", claim_count=5)
    assert broken(tale) == set()
    assert kept("due-only", tale) == ["reversal", "reversal"]


def test_a_claim_before_the_due_time_is_one_though_the_copy_wrote_the_row_before() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, {"error": {"code": "balance_insufficient"}})
    versioned(tale, next_retry_at=tale.now + 60.0, key_generation=1, key_first_used_at=None)
    tale.wait(10)
    tale.claim()
    assert "due-only" in broken(tale)


def test_what_is_sent_after_a_recording_that_raised_the_fence_is_under_no_claim() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, {"error": {"code": "balance_insufficient"}})
    versioned(tale, next_retry_at=tale.now + 60.0, key_generation=1, key_first_used_at=None)
    tale.send()
    assert LAW in broken(tale)


def test_a_copy_that_claims_its_own_row_again_too_early_is_another_laws() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.wait(10)
    tale.claim()
    tale.made(tale.send())
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert broken(tale) == {"due-only"}
