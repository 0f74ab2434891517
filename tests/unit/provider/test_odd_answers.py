"""Answers that client libraries read in different ways: where they are given, and what is true of the effect then."""

from __future__ import annotations

import pytest

from pointsman.loading.load import load, load_text
from pointsman.spec.lifecycle import Outcome
from pointsman.spec.meaning import outcome_of
from pointsman_conformance.core.plan import ODD_ANSWERS, FaultKind
from pointsman_conformance.core.wire import HttpRequest, received
from pointsman_conformance.provider.odd_answers import lie
from tests.unit.provider.desk import SELLER_TRANSFER, SPECS, Desk, body, error, reply

CALL = SELLER_TRANSFER.call["create_transfer"]
MADE = (FaultKind.ERROR_IN_200, FaultKind.EMPTY, FaultKind.HTML_503)


@pytest.mark.parametrize("fault", MADE)
def test_an_odd_answer_after_the_effect_is_unknown_and_the_key_brings_the_usual_one(fault: FaultKind) -> None:
    desk = Desk()
    heard = reply(desk.transfer(fault=fault))
    assert outcome_of(CALL, received(heard)) is Outcome.UNKNOWN
    assert desk.receipts == ["tr_1"]
    assert desk.tickets[-1].struck
    assert body(desk.transfer())["id"] == "tr_1"
    assert desk.receipts == ["tr_1"]


def test_the_three_odd_answers_look_as_the_libraries_were_shown_them() -> None:
    in_200, empty, page = (reply(Desk().transfer(fault=fault)) for fault in MADE)
    assert in_200.status == 200
    assert error(Desk().transfer(fault=FaultKind.ERROR_IN_200))[2]
    assert (empty.status, empty.body) == (200, "")
    assert (page.status, page.headers["Content-Type"]) == (503, "text/html")
    assert isinstance(page.body, str)
    assert page.body.startswith("<html>")


def test_a_page_with_400_comes_instead_of_the_provider_and_leaves_no_trace() -> None:
    desk = Desk()
    heard = reply(desk.transfer(fault=FaultKind.HTML_400))
    assert (heard.status, heard.headers["Content-Type"]) == (400, "text/html")
    assert not desk.receipts
    assert body(desk.transfer())["id"] == "tr_1"


@pytest.mark.parametrize("first", [None, FaultKind.LOST_REPLY, FaultKind.EXECUTING])
@pytest.mark.parametrize("key", ["transfer-7-0", "transfer-7-1"])
def test_no_page_with_400_comes_where_an_earlier_request_may_have_made_the_effect(
    first: FaultKind | None, key: str
) -> None:
    desk = Desk()
    desk.transfer(fault=first)
    desk.transfer(key, fault=FaultKind.HTML_400)
    assert not desk.tickets[-1].struck


def test_a_page_with_400_follows_a_request_that_never_arrived() -> None:
    desk = Desk()
    desk.transfer(fault=FaultKind.LOST_REQUEST)
    assert reply(desk.transfer(fault=FaultKind.HTML_400)).status == 400


def test_a_refusal_that_asks_to_be_retried_is_stored_with_what_it_asks() -> None:
    desk = Desk()
    for fault in (FaultKind.SHOULD_RETRY, None):
        heard = reply(desk.transfer(fault=fault))
        assert heard.status == 400
        assert heard.headers["Stripe-Should-Retry"] == "true"
    assert not desk.receipts


@pytest.mark.parametrize("fault", [FaultKind.ERROR_IN_200, FaultKind.EMPTY])
def test_a_look_up_never_hears_a_success_that_hides_what_is_there(fault: FaultKind) -> None:
    desk = Desk()
    desk.transfer()
    ticket = desk.provider.receive(HttpRequest("GET", "/v1/transfers", {"transfer_group": "7"}))
    desk.provider.execute(ticket, fault)
    assert not ticket.struck


def test_an_answer_that_the_spec_would_take_for_a_refusal_after_the_effect_is_never_given() -> None:
    text = (SPECS / "seller_transfer.yaml").read_text(encoding="utf-8")
    takes = load_text(text.replace("{refused: [{http: [400, 402, 404]}]", "{refused: [{http: [400, 402, 404, 503]}]"))
    assert lie(takes.call["create_transfer"], FaultKind.HTML_503) == (
        "the spec takes such an answer of create_transfer for refused"
    )
    desk = Desk(takes)
    assert body(desk.transfer(fault=FaultKind.HTML_503))["id"] == "tr_1"
    assert not desk.tickets[-1].struck


def test_a_page_that_the_spec_would_take_for_done_is_never_given() -> None:
    text = (SPECS / "seller_transfer.yaml").read_text(encoding="utf-8")
    takes = load_text(text.replace('{http: 400, message: "*is already fully reversed."}', "{http: 400}"))
    assert lie(takes.call["create_transfer"], FaultKind.HTML_400) == (
        "the spec takes such an answer of create_transfer for already done"
    )
    desk = Desk(takes)
    desk.transfer(fault=FaultKind.HTML_400)
    assert not desk.tickets[-1].struck


def test_every_odd_answer_can_be_given_to_the_calls_of_the_first_spec() -> None:
    assert {lie(call, kind) for call in load(SPECS / "seller_transfer.yaml").calls for kind in ODD_ANSWERS} == {None}
