"""Which outcome a response is, and which columns it fills."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.spec.lifecycle import Call, Match, Outcome, OutcomeRule
from pointsman.spec.meaning import ReceivedResponse, error_field, line_of, outcome_of, receipts_of
from pointsman_conformance.core.history import Response
from pointsman_conformance.core.wire import HttpReply, Json, NoReply, received
from tests.unit.meaning.responses import JOB, PUT_FILE, REVERSAL, TRANSFER, error, silent

FULLY_REVERSED = error(400, message="Transfer tr_1 is already fully reversed.")


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (ReceivedResponse(200, {"id": "tr_1"}), Outcome.ACCEPTED),
        (ReceivedResponse(200, {"object": "transfer"}), Outcome.UNKNOWN),
        (ReceivedResponse(200, {"id": None}), Outcome.UNKNOWN),
        (ReceivedResponse(200, {"id": {"of": "tr_1"}}), Outcome.UNKNOWN),
        (ReceivedResponse(200, '{"id": "tr_'), Outcome.UNKNOWN),
        (FULLY_REVERSED, Outcome.ALREADY_DONE),
        (error(400, message="It is already fully reversed. Really."), Outcome.REFUSED),
        (error(400, code="balance_insufficient"), Outcome.REFUSED_FOR_NOW),
        (error(400, type="idempotency_error"), Outcome.MISUSED),
        (error(400, code="parameter_missing"), Outcome.REFUSED),
        (ReceivedResponse(404, "not found"), Outcome.REFUSED),
        (ReceivedResponse(401), Outcome.NOT_TRIED),
        (error(409, code="idempotency_key_in_use"), Outcome.NOT_TRIED),
        (error(429), Outcome.NOT_TRIED),
        (error(402), Outcome.REFUSED),
        (error(418), Outcome.UNKNOWN),
        (ReceivedResponse(302), Outcome.UNKNOWN),
        (error(500), Outcome.UNKNOWN),
        (silent("timeout"), Outcome.UNKNOWN),
        (silent("connection"), Outcome.UNKNOWN),
    ],
)
@pytest.mark.parametrize("call", [TRANSFER, REVERSAL], ids=["transfer", "reversal"])
def test_the_first_line_that_matches_says_what_a_response_is(
    call: Call, response: ReceivedResponse, outcome: Outcome
) -> None:
    assert outcome_of(call, response) is outcome


def test_an_error_may_stand_in_the_body_itself() -> None:
    assert outcome_of(JOB, ReceivedResponse(409, {"code": "AlreadyExists"})) is Outcome.ALREADY_DONE
    assert outcome_of(JOB, ReceivedResponse(409, {"code": "Conflict"})) is Outcome.REFUSED


@pytest.mark.parametrize("wrapped", [{}, None, "declined", {"code": None}, {"code": 400}, {"message": "no"}])
def test_an_error_object_without_a_code_hides_no_code_beside_it(wrapped: Json) -> None:
    response = ReceivedResponse(400, {"error": wrapped, "code": "balance_insufficient"})
    assert outcome_of(TRANSFER, response) is Outcome.REFUSED_FOR_NOW


def test_the_error_object_comes_before_the_body() -> None:
    body: dict[str, Json] = {"error": {"code": "inner"}, "code": "outer", "type": "outer"}
    assert error_field(body, "code") == "inner"
    assert error_field(body, "type") == "outer"
    assert error_field(body, "message") is None
    assert error_field('{"code": "outer"', "code") is None
    assert error_field({"code": 404}, "code") is None


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("status", [200, 201, 208, 299])
def test_a_success_whose_body_was_cut_off_is_unknown_whatever_it_is_listed_as(outcome: Outcome, status: int) -> None:
    line = OutcomeRule(outcome, (Match(((status, status),)), Match(((200, 299),))))
    call = replace(TRANSFER, outcomes=(line, *TRANSFER.outcomes))
    cut_off = ReceivedResponse(status, '{"object": "tra')
    assert outcome_of(call, cut_off) is Outcome.UNKNOWN
    assert line_of(call, cut_off) is None
    whole = ReceivedResponse(status, {"id": "tr_1"})
    assert outcome_of(call, whole) is outcome


def test_a_refusal_whose_body_was_cut_off_is_known_by_its_status() -> None:
    assert outcome_of(TRANSFER, ReceivedResponse(402, '{"error": {')) is Outcome.REFUSED


def test_a_receipt_may_lie_deeper_in_the_body() -> None:
    assert outcome_of(JOB, ReceivedResponse(201, {"metadata": {"uid": "u1"}})) is Outcome.ACCEPTED
    assert outcome_of(JOB, ReceivedResponse(201, {"metadata": {}})) is Outcome.UNKNOWN


def test_a_receipt_may_lie_in_a_list() -> None:
    call = replace(TRANSFER, records=(("stripe_transfer_id", "charges.data.0.id"),))
    body: dict[str, Json] = {"id": "tr_1", "charges": {"data": [{"id": "ch_1"}]}}
    assert receipts_of(call, ReceivedResponse(200, body)) == {"stripe_transfer_id": "ch_1"}
    assert outcome_of(call, ReceivedResponse(200, body)) is Outcome.ACCEPTED
    assert outcome_of(call, ReceivedResponse(200, {"id": "tr_1", "charges": {"data": []}})) is Outcome.UNKNOWN


def test_receipts_are_all_or_none() -> None:
    two = replace(TRANSFER, records=(("stripe_transfer_id", "id"), ("stripe_reversal_id", "balance_transaction")))
    assert receipts_of(two, ReceivedResponse(200, {"id": "tr_1", "balance_transaction": "txn_1"})) == {
        "stripe_transfer_id": "tr_1",
        "stripe_reversal_id": "txn_1",
    }
    assert receipts_of(two, ReceivedResponse(200, {"id": "tr_1"})) is None
    assert receipts_of(TRANSFER, ReceivedResponse(200, {})) is None
    assert receipts_of(TRANSFER, silent("timeout")) is None
    assert receipts_of(replace(TRANSFER, records=()), ReceivedResponse(200, "{")) is None


def test_a_receipt_may_come_as_a_header() -> None:
    assert receipts_of(PUT_FILE, ReceivedResponse(200, "", {"etag": "x"})) == {"object_etag": "x"}
    assert ReceivedResponse(200, "", {"etag": "x"}).field("ETag") == "x"
    assert ReceivedResponse(200, {"ETag": "body"}, {"etag": "header"}).field("ETag") == "body"


def test_a_pattern_is_over_the_whole_message() -> None:
    def taken(pattern: str, message: str) -> bool:
        call = replace(TRANSFER, outcomes=(OutcomeRule(Outcome.REFUSED, (Match(message=pattern),)),))
        return outcome_of(call, error(400, message=message)) is Outcome.REFUSED

    assert taken("*reversed.", "Transfer tr_1 is already fully reversed.")
    assert not taken("*reversed.", "It is reversed. Really.")
    assert taken("no ?", "no 1")
    assert not taken("no ?", "no 10")
    assert taken("[ab]c", "bc")
    assert not taken("[!ab]c", "bc")
    assert not taken("NO", "no")
    assert taken("first*second", "first\nsecond")


def test_the_kits_own_forms_of_a_response_are_read_alike() -> None:
    body: dict[str, Json] = {"id": "tr_1"}
    assert received(HttpReply(200, body, {"A": "b"})) == ReceivedResponse(200, body, {"A": "b"})
    assert received(NoReply("timeout")) == silent("timeout")
    assert Response(at=0, request="rq_1", status=200, body=body).received() == ReceivedResponse(200, body)
    assert Response(at=0, request="rq_1", silence="timeout").received() == silent("timeout")
    assert Response(at=0, request="rq_1", silence="connection").received() == silent("connection")
    assert Response(at=0, request="rq_1").received() == silent("connection")
