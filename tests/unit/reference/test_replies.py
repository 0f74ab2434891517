"""What the book makes of answers: as the laws read them, from two pieces of code that know nothing of each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Call, Outcome
from pointsman_conformance.core.history import Columns, Response
from pointsman_conformance.core.wire import Heard, HttpReply, Json, NoReply
from pointsman_conformance.laws import replies as laws
from pointsman_conformance.reference.replies import LookUpResult, field_of, looked_up, outcome_of, receipts_of
from tests.checkout import TOP

LIFECYCLES = [load(path) for path in sorted((TOP / "spec").glob("*.yaml"))]
CALLS = [call for lifecycle in LIFECYCLES for call in lifecycle.calls]
TRANSFER = next(call for call in CALLS if call.name == "create_transfer")
REVERSAL = next(call for call in CALLS if call.name == "create_reversal")
JOB = next(call for call in CALLS if call.name == "create_job")
JOB_GONE = next(call for call in CALLS if call.name == "delete_job")
CANCEL = next(call for call in CALLS if call.name == "cancel_refund")


def error(status: int, **fields: Json) -> HttpReply:
    return HttpReply(status, {"error": dict(fields)})


@pytest.mark.parametrize(
    ("heard", "outcome"),
    [
        (HttpReply(200, {"id": "tr_1"}), Outcome.ACCEPTED),
        (HttpReply(200, {"object": "transfer"}), Outcome.UNKNOWN),
        (HttpReply(200, '{"id": "tr_'), Outcome.UNKNOWN),
        (error(400, message="Transfer tr_1 is already fully reversed."), Outcome.ALREADY_DONE),
        (error(400, code="balance_insufficient"), Outcome.REFUSED_FOR_NOW),
        (error(400, type="idempotency_error"), Outcome.MISUSED),
        (error(409, code="idempotency_key_in_use"), Outcome.NOT_TRIED),
        (error(429), Outcome.NOT_TRIED),
        (error(402), Outcome.REFUSED),
        (error(418), Outcome.UNKNOWN),
        (error(500), Outcome.UNKNOWN),
        (NoReply("timeout"), Outcome.UNKNOWN),
        (NoReply("connection"), Outcome.UNKNOWN),
    ],
)
def test_the_first_line_that_matches_says_what_an_answer_is(heard: Heard, outcome: Outcome) -> None:
    assert outcome_of(TRANSFER, heard) is outcome


words = st.sampled_from(["AlreadyExists", "balance_insufficient", "charge_already_refunded", "resource_missing", "x"])
messages = st.sampled_from(["Transfer tr_1 is already fully reversed.", "pods: exceeded quotas", "no"])
bodies: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {}, optional={"id": st.just("a"), "metadata": st.just({"uid": "u"}), "ETag": st.just("e")}
)
errors = st.fixed_dictionaries(
    {}, optional={"code": words, "type": st.sampled_from(["idempotency_error", "x"]), "message": messages}
)
statuses = st.sampled_from([200, 201, 202, 204, 301, 400, 401, 402, 403, 404, 409, 410, 412, 418, 422, 429, 500, 503])


@given(st.sampled_from(CALLS), statuses, bodies, errors, st.booleans())
def test_book_and_laws_make_the_same_of_an_answer(
    call: Call, status: int, body: dict[str, Json], told: dict[str, str], wrapped: bool
) -> None:
    whole: dict[str, Json] = {**body, **({"error": dict(told)} if wrapped else told)}
    reply = Response(at=0, request="rq_1", status=status, body=whole)
    assert outcome_of(call, HttpReply(status, whole)) is laws.outcome_of(call, reply)


@given(st.sampled_from(CALLS), st.sampled_from(["timeout", "connection"]))
def test_book_and_laws_make_the_same_of_silence(call: Call, silence: str) -> None:
    reply = Response(at=0, request="rq_1", silence=silence)
    heard = NoReply("timeout" if silence == "timeout" else "connection")
    assert outcome_of(call, heard) is laws.outcome_of(call, reply)


def test_a_field_is_found_by_its_dotted_name_or_as_a_header() -> None:
    assert field_of({"a": {"b": [{"c": 1}]}}, "a.b.0.c") == 1
    assert field_of({"a": {"b": []}}, "a.b.0.c") is None
    assert field_of("", "ETag", {"etag": "x"}) == "x"


def test_receipts_are_all_or_none() -> None:
    assert receipts_of(TRANSFER, HttpReply(200, {"id": "tr_1"})) == {"stripe_transfer_id": "tr_1"}
    assert receipts_of(TRANSFER, HttpReply(200, {})) is None
    assert receipts_of(TRANSFER, NoReply("timeout")) is None


# --- look-ups ------------------------------------------------------------------------

ROW: Columns = {
    "id": 7,
    "reversal_cents": 500,
    "amount_cents": 1000,
    "stripe_transfer_id": "tr_1",
    "stripe_refund_id": "re_1",
}


def listed(*things: dict[str, Json], more: bool = False) -> HttpReply:
    return HttpReply(200, {"object": "list", "data": list(things), "has_more": more})


def test_an_effect_of_ours_is_known_by_its_marks() -> None:
    ours: dict[str, Json] = {"id": "tr_9", "metadata": {"row": "7"}, "transfer_group": "7"}
    others: dict[str, Json] = {"id": "tr_8", "metadata": {"row": "8"}, "transfer_group": "7"}
    found = looked_up(TRANSFER, ROW, listed(others, ours), frozenset())
    assert (found.finding, found.receipts) == (LookUpResult.FOUND, {"stripe_transfer_id": "tr_9"})
    assert looked_up(TRANSFER, ROW, listed(others), frozenset()).finding is LookUpResult.ABSENT


def test_the_whole_done_by_others_is_done_and_a_part_is_not() -> None:
    whole: dict[str, Json] = {"id": "trr_1", "amount": 500, "metadata": {}}
    part: dict[str, Json] = {"id": "trr_1", "amount": 499, "metadata": {}}
    assert looked_up(REVERSAL, ROW, listed(whole), frozenset()).receipts == {"stripe_reversal_id": "trr_1"}
    assert looked_up(REVERSAL, ROW, listed(part), frozenset()).finding is LookUpResult.ABSENT


def test_a_list_that_goes_on_is_not_yet_read() -> None:
    found = looked_up(TRANSFER, ROW, listed({"id": "tr_8", "metadata": {}}, more=True), frozenset())
    assert (found.finding, found.after) == (LookUpResult.ABSENT, "tr_8")


@pytest.mark.parametrize("heard", [NoReply("timeout"), error(500), error(429), HttpReply(200, '{"data"')])
def test_no_answer_and_an_error_say_nothing(heard: Heard) -> None:
    assert looked_up(TRANSFER, ROW, heard, frozenset()).finding is LookUpResult.VAIN


def test_an_object_that_is_there_is_the_effect_and_a_404_its_absence() -> None:
    job = HttpReply(200, {"metadata": {"uid": "u-1"}})
    assert looked_up(JOB, {"run_id": 1}, job, frozenset()).receipts == {"job_uid": "u-1"}
    assert looked_up(JOB, {"run_id": 1}, HttpReply(404, {"code": 404}), frozenset()).finding is LookUpResult.ABSENT


def test_where_the_receipt_is_the_error_an_object_that_is_gone_is_the_effect() -> None:
    assert looked_up(JOB_GONE, {"run_id": 1}, HttpReply(404, {"code": 404}), frozenset()).finding is LookUpResult.FOUND
    assert (
        looked_up(JOB_GONE, {"run_id": 1}, HttpReply(200, {"metadata": {}}), frozenset()).finding is LookUpResult.ABSENT
    )


def test_another_calls_object_has_to_say_that_it_was_ended() -> None:
    known = frozenset({"re_1"})
    assert (
        looked_up(CANCEL, ROW, HttpReply(200, {"id": "re_1", "status": "pending"}), known).finding
        is LookUpResult.ABSENT
    )
    assert (
        looked_up(CANCEL, ROW, HttpReply(200, {"id": "re_1", "status": "canceled"}), known).finding
        is LookUpResult.FOUND
    )
