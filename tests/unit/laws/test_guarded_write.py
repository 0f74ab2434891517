"""guarded-write: only along a transition from the present status, by an actor that the spec allows."""

from __future__ import annotations

import pytest

from tests.histories import ALL_ROLES, Tale, broken, judged, kept

LAW = "guarded-write"


def test_a_declared_move_by_its_worker_is_right() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.made(tale.send())
    tale.move("reversed", stripe_reversal_id="trr_1")
    assert kept(LAW, tale) == ["reversal_pending->reversed"]


@pytest.mark.parametrize(
    ("source", "target"), [("pending", "reversed"), ("completed", "failed"), ("failed", "pending")]
)
def test_a_move_that_no_transition_makes_is_a_breach(source: str, target: str) -> None:
    tale = Tale(roles=ALL_ROLES)
    tale.insert(source)
    tale.turn("admin")
    tale.put({"status": target})
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.name == f"{source}->{target}"
    assert f"from {source} to {target}" in breach.says


def test_a_late_webhook_that_reopens_a_row_is_a_breach_by_this_law_alone() -> None:
    tale = Tale(roles=("webhook",), subject=("h1",))
    tale.insert("reversed")
    tale.deliver(None, "webhook", who="h1", hook="transfer.created")
    tale.put({"status": "completed"}, who="h1", actor="webhook")
    tale.answer("applied", "webhook", who="h1")
    assert broken(tale) == {LAW}


def test_a_late_event_that_moves_nothing_is_met_as_the_pair_that_it_must_not_make() -> None:
    tale = Tale(roles=("refund_handler",), subject=("h1",))
    tale.insert("reversed")
    tale.deliver("refund_requested", "refund_handler", who="h1")
    tale.answer("ignored", "refund_handler", who="h1")
    assert kept(LAW, tale) == ["reversed->reversal_pending"]


def test_a_move_that_was_asked_for_outright_and_refused_is_met() -> None:
    tale = Tale(roles=("admin",), subject=("a1",))
    tale.insert("completed")
    tale.deliver(None, "admin", who="a1", fields={"status": "pending"})
    tale.answer("refused", "admin", who="a1")
    assert kept(LAW, tale) == ["completed->pending"]


def test_a_move_by_an_actor_that_the_spec_does_not_name_is_a_breach() -> None:
    tale = Tale(roles=("refund_handler",), subject=("h1",))
    tale.insert("pending")
    tale.move("completed", who="h1", actor="refund_handler", stripe_transfer_id="tr_1")
    (breach,) = judged(LAW, tale)[1]
    assert "the spec lets transfer_worker or webhook do that" in breach.says


def test_a_copy_that_may_be_any_of_several_actors_gets_the_benefit_of_the_doubt() -> None:
    tale = Tale(roles=("refund_handler", "webhook"), subject=("h1",))
    tale.insert("pending")
    tale.effect("tr_1", "create_transfer")
    tale.move("completed", who="h1", stripe_transfer_id="tr_1")
    assert broken(tale) == set()


def test_a_status_that_the_spec_does_not_know_is_no_target() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.put({"status": "cancelled"})
    (breach,) = judged(LAW, tale)[1]
    assert "'cancelled'" in breach.says


def test_a_row_may_begin_only_where_rows_begin() -> None:
    tale = Tale()
    tale.insert("completed", who="w1")
    (breach,) = judged(LAW, tale)[1]
    assert breach.element.name == "completed"
    right = Tale()
    right.insert("pending", who="w1")
    assert kept(LAW, right) == ["pending"]


def test_what_the_kit_does_is_not_judged() -> None:
    tale = Tale()
    tale.insert("completed")
    tale.put({"status": "in_limbo"}, who="kit")
    assert judged(LAW, tale) == ([], [])


def test_giving_up_what_the_provider_has_accepted_is_a_breach() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.made(tale.send())
    tale.move("permanently_failed")
    (breach,) = judged(LAW, tale)[1]
    assert "needs create_reversal not done" in breach.says


def test_a_move_of_a_row_that_another_has_changed_meanwhile_is_the_other_laws() -> None:
    tale = Tale(roles=("webhook",), subject=("h1",))
    tale.insert("reversal_pending")
    tale.deliver(None, "webhook", who="h1", hook="transfer.reversed")
    tale.move("permanently_failed", who="kit")
    tale.put({"status": "reversed", "stripe_reversal_id": "trr_9"}, who="h1", actor="webhook")
    assert judged(LAW, tale)[1] == []
    assert "conditional-write" in broken(tale)
