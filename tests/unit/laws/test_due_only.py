"""due-only, on histories by hand."""

from dataclasses import replace

from pointsman.spec.lifecycle import Queue
from tests.histories import Tale, broken, judged, kept

LAW = "due-only"


def test_a_row_that_is_due_may_be_claimed() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    assert kept(LAW, tale) == ["reversal"]


def test_a_claim_before_the_due_time_is_a_breach() -> None:
    tale = Tale()
    tale.insert(next_retry_at=300.0)
    tale.claim()
    (breach,) = judged(LAW, tale)[1]
    assert breach.says == "claimed a row of the queue reversal 300 seconds before its next_retry_at"
    assert breach.element.path == ("queues", "reversal", "due")
    assert broken(tale) == {LAW}


def test_a_row_that_is_never_due_is_not_claimed() -> None:
    tale = Tale()
    tale.insert(next_retry_at=None)
    tale.claim()
    assert "null" in judged(LAW, tale)[1][0].says


def test_clocks_that_differ_by_a_second_are_no_breach() -> None:
    tale = Tale()
    tale.insert(next_retry_at=1.0)
    tale.claim()
    assert kept(LAW, tale) == ["reversal"]


def test_a_claim_within_the_lease_of_another_worker_is_a_breach() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.wait(60)
    tale.claim(who="w2")
    assert len(judged(LAW, tale)[1]) == 1
    tale.wait(600)
    tale.claim(who="w1")
    assert len(judged(LAW, tale)[1]) == 1


def test_a_copy_that_never_claims_sends_nothing_before_the_due_time() -> None:
    tale = Tale()
    tale.insert(next_retry_at=300.0)
    tale.send()
    assert "sent create_reversal 300 seconds before" in judged(LAW, tale)[1][0].says
    tale = Tale()
    tale.insert()
    tale.send()
    assert [met.element.name for met in judged(LAW, tale)[0]] == ["reversal"]


def test_a_request_after_the_own_claim_is_not_early_because_of_the_lease() -> None:
    tale = Tale()
    tale.insert()
    tale.claim()
    tale.send()
    assert kept(LAW, tale) == ["reversal"]


def test_a_row_that_another_worker_put_off_may_have_been_due_when_it_was_read() -> None:
    tale = Tale()
    tale.insert()
    tale.claim(who="w2")
    tale.send(who="w1")
    assert [breach.row for breach in judged(LAW, tale)[1]] == []


def test_an_admin_is_not_judged_by_it() -> None:
    tale = Tale(roles=("admin",), subject=("a1",))
    tale.insert(next_retry_at=300.0)
    tale.claim(who="a1", actor="admin")
    assert judged(LAW, tale) == ([], [])


def test_of_several_queues_the_writers_own_counts_or_any_if_the_writer_is_unknown() -> None:
    other = Queue("other", ("reversal_pending",), worker="retry_worker", due="key_first_used_at")

    def claimed_by(actor: str | None) -> Tale:
        tale = Tale()
        tale.lifecycle = replace(tale.lifecycle, queues=(*tale.lifecycle.queues, other))
        tale.insert(next_retry_at=300.0, key_first_used_at=0.0)
        tale.claim(actor=actor)
        return tale

    assert judged(LAW, claimed_by("reversal_worker"))[1]
    assert judged(LAW, claimed_by(None))[1] == []


def moved(next_retry_at: float = 0.0) -> Tale:
    """A lifecycle without claims, whose worker moves a row out of its queue."""
    tale = Tale()
    tale.lifecycle = replace(tale.lifecycle, claims=None)
    tale.insert(next_retry_at=next_retry_at)
    tale.move("reversed", actor="reversal_worker", stripe_reversal_id="trr_1")
    return tale


def test_without_claims_a_worker_moves_a_row_when_it_is_due() -> None:
    assert [met.element.name for met in judged(LAW, moved())[0]] == ["reversal"]


def test_without_claims_a_worker_that_moves_a_row_early_is_a_breach() -> None:
    (breach,) = judged(LAW, moved(next_retry_at=300.0))[1]
    assert breach.says == "moved a row of the queue reversal 300 seconds before its next_retry_at"
