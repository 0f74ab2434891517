"""What an answer is, by the spec's ordered outcomes, and what a look-up shows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle, Outcome
from pointsman_conformance.core.history import Columns, Response
from pointsman_conformance.core.wire import Json
from pointsman_conformance.laws.replies import LookedUp, looked_up, outcome_of
from tests.checkout import TOP
from tests.histories import BAD, BROKEN, FULLY_REVERSED, LATER, NO_BALANCE, seller_transfer

MISUSED: Mapping[str, Json] = {"error": {"type": "idempotency_error", "message": "Keys ..."}}


def reply(status: int | None, body: Mapping[str, Json] | str = "", silence: str | None = None) -> Response:
    return Response(at=0.0, request="rq_1", status=status, body=body, silence=silence)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply(200, {"id": "trr_1"}), Outcome.ACCEPTED),
        (reply(200, {"object": "transfer_reversal"}), Outcome.UNKNOWN),
        (reply(200, {"id": None}), Outcome.UNKNOWN),
        (reply(200, '{"id": "trr_'), Outcome.UNKNOWN),
        (reply(400, FULLY_REVERSED), Outcome.ALREADY_DONE),
        (reply(400, {"error": {"message": "It is already fully reversed. Really."}}), Outcome.REFUSED),
        (reply(400, NO_BALANCE), Outcome.REFUSED_FOR_NOW),
        (reply(400, MISUSED), Outcome.MISUSED),
        (reply(400, BAD), Outcome.REFUSED),
        (reply(404, "not found"), Outcome.REFUSED),
        (reply(401), Outcome.NOT_TRIED),
        (reply(409, LATER), Outcome.NOT_TRIED),
        (reply(500, BROKEN), Outcome.UNKNOWN),
        (reply(302), Outcome.UNKNOWN),
        (reply(None, silence="timeout"), Outcome.UNKNOWN),
        (reply(None, silence="connection"), Outcome.UNKNOWN),
    ],
)
def test_the_first_line_that_matches_says_what_an_answer_is(answer: Response, outcome: Outcome) -> None:
    assert outcome_of(seller_transfer().call["create_reversal"], answer) is outcome


def jobs() -> Lifecycle:
    return load(TOP / "spec" / "job_run.yaml")


def test_an_error_may_stand_in_the_body_itself() -> None:
    call = jobs().call["create_job"]
    assert outcome_of(call, reply(409, {"code": "AlreadyExists"})) is Outcome.ALREADY_DONE
    assert outcome_of(call, reply(409, {"code": "Conflict"})) is Outcome.REFUSED


def test_a_receipt_may_lie_deeper_in_the_body() -> None:
    call = jobs().call["create_job"]
    assert outcome_of(call, reply(201, {"metadata": {"uid": "u1"}})) is Outcome.ACCEPTED
    assert outcome_of(call, reply(201, {"metadata": {}})) is Outcome.UNKNOWN


ROW: Columns = {"id": 1, "stripe_transfer_id": "tr_1"}


def listing(*items: dict[str, Json], more: bool = False) -> Response:
    return reply(200, {"object": "list", "data": list(items), "has_more": more})


@pytest.mark.parametrize(
    ("call", "answer", "shown"),
    [
        ("create_reversal", listing(), LookedUp.ABSENT),
        ("create_reversal", listing({"id": "trr_1", "metadata": {"row": "1"}}), LookedUp.FOUND),
        ("create_reversal", listing({"id": "trr_1", "metadata": {}}), LookedUp.UNCLEAR),
        ("create_reversal", listing(more=True), LookedUp.UNCLEAR),
        ("create_transfer", listing({"id": "tr_1", "metadata": {"row": "1"}, "transfer_group": "1"}), LookedUp.FOUND),
        ("create_transfer", listing({"id": "tr_9", "metadata": {}, "transfer_group": "1"}), LookedUp.ABSENT),
        ("create_reversal", reply(404, BAD), LookedUp.ABSENT),
        ("create_reversal", reply(500, BROKEN), None),
        ("create_reversal", reply(429, LATER), None),
        ("create_reversal", reply(200, '{"data": ['), None),
        ("create_reversal", reply(None, silence="timeout"), None),
    ],
)
def test_a_look_up_finds_the_effect_or_does_not_or_says_nothing(
    call: str, answer: Response, shown: LookedUp | None
) -> None:
    assert looked_up(seller_transfer().call[call], ROW, answer) is shown


def test_an_object_that_is_there_in_any_case_shows_nothing() -> None:
    call = load(TOP / "spec" / "refund.yaml").call["cancel_refund"]
    assert looked_up(call, {"stripe_refund_id": "re_1"}, reply(200, {"id": "re_1"})) is LookedUp.UNCLEAR
