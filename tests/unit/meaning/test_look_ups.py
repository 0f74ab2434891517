"""What the answer to a look-up shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.spec.lifecycle import Call, LookUp
from pointsman.spec.meaning import Json, LookUpAnswer, LookUpResult, ReceivedResponse, looked_up, receipts_of_others
from pointsman_conformance.core.history import Columns
from tests.unit.meaning.responses import (
    CANCEL,
    JOB,
    JOB_GONE,
    LIFECYCLES,
    PUT_FILE,
    REVERSAL,
    TRANSFER,
    error,
    listed,
    silent,
)

FOUND, ABSENT, UNDECIDED, UNREADABLE = LookUpResult
ROW: Columns = {
    "id": 7,
    "reversal_cents": 500,
    "amount_cents": 1000,
    "stripe_transfer_id": "tr_1",
    "stripe_refund_id": "re_1",
}


def shown(call: Call, response: ReceivedResponse, others: frozenset[str] = frozenset()) -> LookUpAnswer:
    answer = looked_up(call, ROW, response, others)
    assert answer is not None
    return answer


# --- lists ------------------------------------------------------------------------------

OURS: dict[str, Json] = {"id": "tr_9", "metadata": {"row": "7"}, "transfer_group": "7"}
OTHERS: dict[str, Json] = {"id": "tr_8", "metadata": {"row": "8"}, "transfer_group": "7"}


def test_an_effect_of_ours_is_known_by_its_marks() -> None:
    assert shown(TRANSFER, listed(OTHERS, OURS)) == LookUpAnswer(FOUND, {"stripe_transfer_id": "tr_9"})
    assert shown(TRANSFER, listed(OTHERS)) == LookUpAnswer(ABSENT)
    assert shown(TRANSFER, listed()) == LookUpAnswer(ABSENT)


def test_a_mark_may_come_back_as_a_number() -> None:
    told: dict[str, Json] = {"id": "tr_9", "metadata": {"row": 7}, "transfer_group": 7}
    assert shown(TRANSFER, listed(told)).result is FOUND


def test_one_mark_of_two_is_not_enough() -> None:
    assert shown(TRANSFER, listed({"id": "tr_9", "metadata": {"row": "7"}})).result is ABSENT


def test_a_row_that_lacks_what_the_mark_says_is_the_row_of_no_object() -> None:
    told: dict[str, Json] = {"id": "tr_9", "metadata": {"row": ""}, "transfer_group": ""}
    answer = looked_up(TRANSFER, {**ROW, "id": None}, listed(told))
    assert answer == LookUpAnswer(ABSENT)


@pytest.mark.parametrize("missing", [None, {}, {"of": "tr_9"}, ["tr_9"]])
def test_an_effect_of_ours_without_its_receipt_is_not_absent(missing: Json) -> None:
    assert shown(TRANSFER, listed({**OURS, "id": missing})).result is UNREADABLE
    assert shown(TRANSFER, listed(OTHERS, {**OURS, "id": missing}, more=True)).result is UNREADABLE


def test_an_effect_of_ours_without_a_recorded_field_is_not_absent() -> None:
    call = replace(TRANSFER, records=(("stripe_transfer_id", "charges.data.0.id"),))
    assert shown(call, listed(OURS)).result is UNREADABLE
    charged: dict[str, Json] = {**OURS, "charges": {"data": [{"id": "ch_1"}]}}
    assert shown(call, listed(charged)).receipts == {"stripe_transfer_id": "ch_1"}


def test_an_effect_of_ours_that_can_be_read_counts_before_one_that_cannot() -> None:
    assert shown(TRANSFER, listed({**OURS, "id": None}, OURS)).result is FOUND


def test_a_list_that_goes_on_decides_nothing_yet() -> None:
    assert shown(TRANSFER, listed({"id": "tr_8", "metadata": {}}, more=True)) == LookUpAnswer(UNDECIDED, after="tr_8")
    assert shown(TRANSFER, listed(more=True)) == LookUpAnswer(UNDECIDED)
    assert shown(TRANSFER, listed("tr_8", more=True)) == LookUpAnswer(UNDECIDED)
    assert shown(TRANSFER, listed(OURS, more=True)).result is FOUND


def test_the_whole_done_by_another_is_done_and_a_part_is_not() -> None:
    whole: dict[str, Json] = {"id": "trr_1", "amount": 500, "metadata": {}}
    halves: list[Json] = [{"id": "trr_1", "amount": 250}, {"id": "trr_2", "amount": 250}]
    part: dict[str, Json] = {"id": "trr_1", "amount": 499, "metadata": {}}
    assert shown(REVERSAL, listed(whole)) == LookUpAnswer(FOUND, {"stripe_reversal_id": "trr_1"}, certain=False)
    assert shown(REVERSAL, listed(*halves)).result is FOUND
    assert shown(REVERSAL, listed(part)) == LookUpAnswer(ABSENT, certain=False)
    assert shown(REVERSAL, listed({"amount": 500})) == LookUpAnswer(UNREADABLE, certain=False)
    assert shown(TRANSFER, listed({**OTHERS, "amount": 1000})).result is ABSENT


def test_without_a_row_nothing_in_a_list_is_known_to_be_ours() -> None:
    assert looked_up(TRANSFER, None, listed()) == LookUpAnswer(ABSENT)
    assert looked_up(TRANSFER, None, listed(OURS)) == LookUpAnswer(ABSENT, certain=False)


def test_without_marks_what_is_listed_is_taken_for_ours_and_is_not_certain() -> None:
    call = replace(TRANSFER, marks=())
    assert shown(call, listed(OTHERS)) == LookUpAnswer(FOUND, {"stripe_transfer_id": "tr_8"}, certain=False)
    assert shown(call, listed()) == LookUpAnswer(ABSENT)


# --- one object -----------------------------------------------------------------------------


def test_an_object_that_is_there_is_the_effect_and_a_404_its_absence() -> None:
    assert shown(JOB, ReceivedResponse(200, {"metadata": {"uid": "u-1"}})).receipts == {"job_uid": "u-1"}
    assert shown(JOB, ReceivedResponse(404, {"code": 404})) == LookUpAnswer(ABSENT)
    assert shown(JOB, ReceivedResponse(410)) == LookUpAnswer(ABSENT)
    assert shown(REVERSAL, error(404, message="No such transfer")) == LookUpAnswer(ABSENT)


def test_an_object_of_ours_without_its_receipt_is_not_absent() -> None:
    named: dict[str, Json] = {"metadata": {"name": "run-7"}}
    assert looked_up(JOB, {"run_id": 7}, ReceivedResponse(200, named)) == LookUpAnswer(UNREADABLE)
    assert looked_up(JOB, {"run_id": 8}, ReceivedResponse(200, named)) == LookUpAnswer(ABSENT)
    assert shown(JOB, ReceivedResponse(200, {"metadata": {"uid": ["u-1"]}})).result is UNREADABLE


def test_where_the_receipt_is_the_error_an_object_that_is_gone_is_the_effect() -> None:
    assert shown(JOB_GONE, ReceivedResponse(404, {"code": 404})).result is FOUND
    assert shown(JOB_GONE, ReceivedResponse(200, {"metadata": {}})).result is ABSENT


def test_another_calls_object_has_to_say_that_it_was_ended() -> None:
    others = frozenset({"re_1"})
    assert shown(CANCEL, ReceivedResponse(200, {"id": "re_1", "status": "pending"}), others).result is ABSENT
    assert shown(CANCEL, ReceivedResponse(200, {"id": "re_1", "status": "canceled"}), others).result is FOUND


def test_an_object_that_is_there_in_any_case_shows_nothing_for_certain() -> None:
    assert not shown(CANCEL, ReceivedResponse(200, {"id": "re_1"})).certain


def test_a_head_answers_by_its_header_and_without_it_not_at_all() -> None:
    assert shown(PUT_FILE, ReceivedResponse(200, "", {"etag": "x"})).receipts == {"object_etag": "x"}
    assert looked_up(PUT_FILE, ROW, ReceivedResponse(200, "")) is None
    assert shown(PUT_FILE, ReceivedResponse(404, "")).result is ABSENT


# --- no answer --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "response",
    [
        silent("timeout"),
        silent("connection"),
        error(500),
        error(429),
        error(400),
        ReceivedResponse(302),
        ReceivedResponse(200, '{"data": ['),
        ReceivedResponse(200, " \n"),
        ReceivedResponse(404, "<html>Not found"),
    ],
)
def test_no_answer_an_error_and_a_body_that_cannot_be_read_say_nothing(response: ReceivedResponse) -> None:
    assert looked_up(TRANSFER, ROW, response) is None
    assert looked_up(JOB, ROW, response) is None


def test_a_call_without_a_look_up_shows_nothing() -> None:
    assert looked_up(replace(TRANSFER, look_up=None), ROW, listed(OURS)) is None


def test_the_receipts_of_other_calls_are_those_that_the_row_has() -> None:
    refund = next(each for each in LIFECYCLES if "cancel_refund" in each.call)
    assert receipts_of_others(refund, refund.call["cancel_refund"], {"stripe_refund_id": "re_1"}) == {"re_1"}
    assert receipts_of_others(refund, refund.call["create_refund"], {"stripe_refund_id": "re_1"}) == frozenset()
    assert receipts_of_others(refund, refund.call["cancel_refund"], {"stripe_refund_id": None}) == frozenset()


def test_the_receipt_may_be_another_field_than_what_is_recorded() -> None:
    assert TRANSFER.look_up is not None
    call = replace(TRANSFER, look_up=LookUp(TRANSFER.look_up.request, "balance_transaction"))
    assert shown(call, listed(OURS)).result is UNREADABLE
    assert shown(call, listed({**OURS, "balance_transaction": "txn_1"})).receipts == {"stripe_transfer_id": "tr_9"}
