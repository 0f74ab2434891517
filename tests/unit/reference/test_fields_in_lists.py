"""Receipts and events whose field lies in a list, at a provider that sends it and at one that does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle, LookUp
from pointsman_conformance.core.history import Delivered, Effect, Request, Response
from pointsman_conformance.core.plan import Advance, Create, Happen, Plan, Work
from pointsman_conformance.core.wire import Json
from pointsman_conformance.drivers.in_process import InProcess, by_the_book
from pointsman_conformance.search.campaign import Budget, run
from pointsman_conformance.search.values import Values
from tests.checkout import TOP
from tests.playing import failed, verdicts
from tests.random_plans import random_plan

IN_A_LIST = "charges.data.0.id"
SELLER = load(TOP / "spec/seller_transfer.yaml")
SUBSCRIPTION = load(TOP / "spec/subscription.yaml")


def with_receipt(path: str, provider: str) -> Lifecycle:
    """The seller transfer whose transfer is recorded by another field, at this provider."""
    transfer, reversal = SELLER.calls
    assert transfer.look_up is not None
    changed = replace(
        transfer,
        provider=provider,
        look_up=LookUp(transfer.look_up.request, path),
        records=(("stripe_transfer_id", path),),
    )
    return replace(SELLER, calls=(changed, replace(reversal, provider=provider)))


NEVER_SENT = with_receipt(IN_A_LIST, "stripe")
SENT = with_receipt(IN_A_LIST, "acme")


def played(lifecycle: Lifecycle, plan: Plan) -> InProcess:
    driver = by_the_book(lifecycle)
    driver.begin("a test")
    for step in plan:
        driver.play(step)
    return driver


def test_a_provider_made_from_the_spec_sends_a_list_where_the_path_has_a_number() -> None:
    driver = played(SENT, (Create("1", "pending"), Work("transfer_worker")))
    (response,) = (each for each in driver.history().records if isinstance(each, Response))
    assert isinstance(response.body, Mapping)
    row = driver.rows()["1"]
    assert row["status"] == "completed"
    assert response.body["charges"] == {"data": [{"id": row["stripe_transfer_id"]}]}


def test_an_event_carries_a_list_where_the_path_has_a_number() -> None:
    driver = played(SUBSCRIPTION, (Create("1", "past_due"), Happen("1", "invoice_paid", "stripe", "e1")))
    (told,) = (each.fields for each in driver.history().records if isinstance(each, Delivered))
    row = driver.rows()["1"]
    assert SUBSCRIPTION.table is not None
    assert row[SUBSCRIPTION.table.status_column] == "ACTIVE"
    assert told["lines"] == {"data": [{"period": {"end": row["paid_until"]}}]}


@pytest.mark.parametrize("path", ["lines.data.0.cents", "lines.data.1.cents"])
def test_the_search_makes_lists_of_the_same_form(path: str) -> None:
    event = replace(SELLER.event["refund_requested"], carries=(("reversal_cents", path),))
    changed = replace(SELLER, events=(event,))
    (taken,) = (each for each in changed.transitions if each.event == event.name)
    fields = Values(changed).fields(event.name, taken, {"amount_cents": 1000}, part=1)
    gap: list[Json] = [None] if ".1." in path else []
    assert fields == {"lines": {"data": [*gap, {"cents": 500}]}}


def test_an_effect_that_is_found_without_its_receipt_is_never_made_again() -> None:
    turns = tuple(step for _ in range(20) for step in (Work("transfer_worker"), Advance(7 * 3600.0)))
    driver = played(NEVER_SENT, (Create("1", "pending"), *turns))
    records = driver.history().records
    assert len([each for each in records if isinstance(each, Effect)]) == 1
    keys = {each.key for each in records if isinstance(each, Request) and each.method == "POST"}
    assert keys == {"transfer-1-0"}
    row = driver.rows()["1"]
    assert (row["status"], row["key_generation"]) == ("pending", 0)


def test_the_reference_implementation_breaks_no_law_where_the_receipt_is_never_sent() -> None:
    campaign = run(NEVER_SENT, lambda: by_the_book(NEVER_SENT, ["transfer_worker"]), budget=Budget(steps=600))
    assert [(failure.law, failure.breach.says) for failure in campaign.failures] == []


def test_the_reference_implementation_breaks_no_law_where_the_receipt_lies_in_a_list() -> None:
    driver = by_the_book(SENT)
    alarms = {seed: told for seed in range(20) if (told := failed(verdicts(SENT, driver, random_plan(SENT, seed))))}
    assert alarms == {}
