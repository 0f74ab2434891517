"""What webhooks and early events mean in a status, and what a queue does after each result of its call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pointsman.loading.load import load
from pointsman.spec import meaning
from pointsman.spec.lifecycle import CallResult, ClaimBy, Claims, EarlyEvent, Event, NextStep, Queue, Webhook
from tests.checkout import TOP

SELLER = load(TOP / "spec" / "seller_transfer.yaml")
REVERSED = SELLER.call["create_reversal"].webhooks[0]
REFUND = SELLER.event["refund_requested"]
QUEUE = SELLER.queue["transfer"]
BARE = Queue("bare", ("pending",))


# --- events from outside -------------------------------------------------------------------


def test_a_webhook_means_its_event_and_another_where_the_spec_says_so() -> None:
    assert meaning.event_of(REVERSED, "reversal_pending") == "reversal_accepted"
    assert meaning.event_of(REVERSED, "completed") == "refund_requested"
    assert meaning.event_of(REVERSED, None) == "reversal_accepted"
    assert meaning.events_of(REVERSED) == ("reversal_accepted", "refund_requested")
    assert meaning.is_own_event(REVERSED, "reversal_pending", "reversal_accepted")
    assert not meaning.is_own_event(REVERSED, "completed", "reversal_accepted")


def test_a_type_that_several_calls_have_may_mean_the_event_of_each() -> None:
    transfer = SELLER.call["create_transfer"]
    both = replace(transfer, webhooks=(Webhook("transfer.reversed", "transfer_accepted"),))
    lifecycle = replace(SELLER, calls=(both, SELLER.call["create_reversal"]))
    assert meaning.webhooks_of(lifecycle, "transfer.reversed") == (
        (both, both.webhooks[0]),
        (SELLER.call["create_reversal"], REVERSED),
    )
    assert meaning.events_of_type(lifecycle, "transfer.reversed", "completed") == {
        "transfer_accepted",
        "refund_requested",
    }
    assert meaning.events_of_type(SELLER, "payout.paid", "completed") == frozenset()


@pytest.mark.parametrize(("value", "told"), [(True, True), (False, False), (None, False), ("true", False), (1, False)])
def test_a_webhook_tells_of_the_effect_where_its_field_is_true(value: meaning.Json, told: bool) -> None:
    assert meaning.tells(REVERSED, {"reversed": value}) is told
    assert not meaning.tells(REVERSED, {})
    assert meaning.tells(SELLER.call["create_transfer"].webhooks[0], {})


def test_an_early_event_is_kept_ignored_or_refused() -> None:
    assert meaning.early_event(REFUND, "pending") is EarlyEvent.KEEP
    assert meaning.early_event(REFUND, "reversed") is EarlyEvent.IGNORE
    assert meaning.early_event(replace(REFUND, otherwise=()), "pending") is EarlyEvent.REFUSE
    assert meaning.early_event(replace(REFUND, keep_in=None), "pending") is EarlyEvent.REFUSE
    assert meaning.early_event(None, "pending") is EarlyEvent.IGNORE
    assert meaning.keeps(REFUND)
    assert not meaning.keeps(replace(REFUND, keep_in=None))
    assert meaning.statuses_answering(REFUND, EarlyEvent.KEEP) == ("pending", "failed")
    assert meaning.early_statuses(REFUND)[:2] == ("pending", "failed")


def test_an_event_is_taken_by_the_transitions_of_its_actor() -> None:
    def targets(status: str, event: str | None, actor: str | None) -> list[str]:
        return [each.target for each in meaning.transitions_by(SELLER, status, event, actor)]

    assert targets("completed", "refund_requested", "admin") == ["reversal_pending"]
    assert targets("completed", "refund_requested", None) == ["reversal_pending"]
    assert targets("completed", "refund_requested", "transfer_worker") == []
    assert targets("pending", "refund_requested", None) == []
    assert targets("pending", None, None) == []


def test_an_event_fills_the_columns_whose_fields_it_has() -> None:
    event = Event("paid", "paid", carries=(("until", "lines.data.0.end"), ("by", "payer")))
    fields: dict[str, meaning.Json] = {"lines": {"data": [{"end": 5}]}, "payer": {"name": "x"}}
    assert meaning.carried(event, fields) == {"until": 5}
    assert meaning.carried(None, fields) == {}


# --- queues ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "step"),
    [
        (CallResult.ACCEPTED, NextStep.AGAIN),
        (CallResult.ALREADY_DONE, NextStep.LOOK_UP),
        (CallResult.REFUSED, NextStep.AGAIN),
        (CallResult.REFUSED_FOR_NOW, NextStep.AGAIN),
        (CallResult.MISUSED, NextStep.ALARM),
        (CallResult.NOT_TRIED, NextStep.WAIT),
        (CallResult.UNKNOWN, NextStep.AGAIN),
        (CallResult.EXHAUSTED, NextStep.SETTLE),
        (CallResult.SETTLED_DONE, NextStep.AGAIN),
        (CallResult.SETTLED_ABSENT, NextStep.AGAIN),
    ],
)
def test_a_result_that_then_does_not_answer_has_its_usual_step(result: CallResult, step: NextStep) -> None:
    assert meaning.after(BARE, result) == step
    assert meaning.step_after(BARE, result) is step
    assert meaning.event_after(BARE, result) is None


def test_then_answers_with_an_event_or_a_step() -> None:
    assert meaning.event_after(QUEUE, CallResult.REFUSED) == "transfer_not_made"
    assert meaning.step_after(QUEUE, CallResult.REFUSED) is None
    assert meaning.step_after(QUEUE, CallResult.UNKNOWN) is NextStep.AGAIN
    assert meaning.finds_out_after(QUEUE, CallResult.EXHAUSTED)
    assert not meaning.finds_out_after(QUEUE, CallResult.REFUSED)
    assert meaning.results_with(QUEUE, "transfer_accepted") == (CallResult.ACCEPTED, CallResult.SETTLED_DONE)
    assert meaning.effect_events(QUEUE) == {"transfer_accepted"}
    assert meaning.events_after(QUEUE) == {"transfer_accepted", "transfer_not_made"}
    assert [meaning.is_event(word) for word in ("transfer_accepted", "again", None)] == [True, False, False]


# --- rows and claims -------------------------------------------------------------------------------


def test_a_status_is_known_by_its_stored_value() -> None:
    spec = load(TOP / "spec" / "subscription.yaml")
    column = spec.table.status_column if spec.table is not None else ""
    status = meaning.status_in(spec, {column: "PAST DUE"})
    assert status is spec.status["past_due"] is spec.by_value["PAST DUE"]
    assert meaning.status_in(spec, {column: "past_due"}) is None
    assert meaning.status_in(spec, {column: None}) is None
    assert meaning.status_in(spec, None) is None
    assert meaning.status_in(replace(spec, table=None), {column: "PAST DUE"}) is None


def test_the_queues_of_a_status_and_the_call_of_a_queue() -> None:
    assert meaning.queues_in(SELLER, "pending") == (QUEUE,) == SELLER.queues_of["pending"]
    assert meaning.queues_in(SELLER, "completed") == ()
    assert meaning.queues_in(SELLER, None) == ()
    assert SELLER.call_of(QUEUE) is SELLER.call["create_transfer"]
    assert SELLER.call_of(BARE) is None
    assert SELLER.call_of(None) is None


def test_a_lease_is_in_seconds_and_there_may_be_none() -> None:
    assert meaning.lease_of(SELLER) == 600.0
    assert meaning.longest_pause_of(SELLER) == 120.0
    assert meaning.lease_of(replace(SELLER, claims=Claims(ClaimBy.LOCK))) is None
    assert meaning.lease_of(replace(SELLER, claims=None)) is None
    assert meaning.longest_pause_of(replace(SELLER, claims=None)) == 0.0
    assert meaning.seconds(timedelta(minutes=1)) == 60.0
    assert meaning.seconds(None) == 0.0


def test_the_statuses_of_a_call_are_those_of_every_queue_that_makes_it() -> None:
    assert meaning.statuses_of_call(SELLER, "create_transfer") == {"pending", "failed"}
    assert meaning.statuses_of_call(SELLER, "create_reversal") == {"reversal_pending"}
    assert meaning.statuses_of_call(SELLER, "another") == frozenset()
