"""Whatever is asked, struck and moved in time: the provider's ledger stays true to itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pointsman_conformance.core.history import Effect, Request, Response
from pointsman_conformance.core.plan import AT_A_REQUEST, FaultKind
from pointsman_conformance.core.wire import HttpReply, HttpRequest
from tests.unit.provider.desk import Desk, body

LIFETIME = 86_400.0


@dataclass(frozen=True)
class Ask:
    """A request, with what strikes it, and how much time passes afterwards."""

    request: HttpRequest
    fault: FaultKind | None
    seconds: float
    wait: float


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    path = draw(st.sampled_from(["/v1/transfers", "/v1/transfers/tr_1/reversals", "/v1/transfers/tr_2/reversals"]))
    amounts = ["1000"] if path == "/v1/transfers" else ["", "300", "700", "1000"]
    amount = draw(st.sampled_from(amounts))
    params = {"metadata[row]": draw(st.sampled_from(["7", "8"]))} | ({"amount": amount} if amount else {})
    key = draw(st.sampled_from([None, "a", "b", "c", "d"]))
    return Ask(
        HttpRequest("POST", path, params, key, "sk_test_hunter2"),
        draw(st.sampled_from([None, None, *sorted(AT_A_REQUEST)])),
        draw(st.sampled_from([0.0, 30.0, 3600.0])),
        draw(st.sampled_from([0.0, 0.0, 10.0, 3600.0, LIFETIME])),
    )


def played(asked: list[Ask]) -> Desk:
    desk = Desk()
    for ask in asked:
        desk.send(ask.request, ask.fault, ask.seconds)
        desk.at += ask.wait
    desk.at += 2 * LIFETIME
    desk.provider.tick()
    return desk


MANY = st.lists(asks(), max_size=12)


@given(MANY)
def test_every_request_has_one_reply_and_no_record_goes_back_in_time(asked: list[Ask]) -> None:
    desk = played(asked)
    requests, replies = desk.all(Request), desk.all(Response)
    assert [each.id for each in requests] == [each.request for each in replies]
    times = [record.at for record in desk.records]
    assert times == sorted(times)


@given(MANY)
def test_no_request_makes_two_effects_and_no_key_does_within_its_lifetime(asked: list[Ask]) -> None:
    desk = played(asked)
    sent = {request.id: request for request in desk.all(Request)}
    by_request = Counter(effect.request for effect in desk.all(Effect))
    assert set(by_request.values()) <= {1}
    by_key = defaultdict(list)
    for effect in desk.all(Effect):
        request = sent[str(effect.request)]
        if request.key is not None:
            by_key[request.key].append(request.at)
    for moments in by_key.values():
        assert all(later - earlier >= LIFETIME for earlier, later in pairwise(moments))


@given(MANY)
def test_what_is_taken_back_is_never_more_than_was_given(asked: list[Ask]) -> None:
    desk = played(asked)
    given_out = {each.receipt: each.amount for each in desk.all(Effect) if each.receipt.startswith("tr_")}
    for name, amount in given_out.items():
        shown = body(desk.get(f"/v1/transfers/{name}"))
        listed = body(desk.get(f"/v1/transfers/{name}/reversals", {"limit": "100"}))["data"]
        assert isinstance(listed, list)
        back = sum(each["amount"] for each in listed)
        assert shown["amount_reversed"] == back
        assert back <= (amount or 0)
        assert shown["reversed"] is (back == amount)
    listed = body(desk.get("/v1/transfers", {"limit": "100"}))["data"]
    assert isinstance(listed, list)
    assert {each["id"] for each in listed} == set(given_out)


@given(MANY)
def test_every_200_without_an_error_names_an_effect_that_exists(asked: list[Ask]) -> None:
    desk = played(asked)
    receipts = {effect.receipt for effect in desk.all(Effect)}
    for reply in desk.all(Response):
        if reply.status == 200 and not isinstance(reply.body, str):
            assert "error" in reply.body or reply.body["id"] in receipts


@given(MANY)
def test_every_effect_is_told_of_by_one_event(asked: list[Ask]) -> None:
    desk = played(asked)
    told = Counter(hook.call for hook in desk.provider.hooks)
    assert told == Counter(effect.call for effect in desk.all(Effect))


@given(MANY)
def test_the_same_requests_give_the_same_history(asked: list[Ask]) -> None:
    first, second = played(asked), played(asked)
    assert first.records == second.records


@given(MANY)
def test_a_fault_that_struck_nothing_changed_nothing(asked: list[Ask]) -> None:
    desk = played(asked)
    spared = [
        Ask(ask.request, ask.fault if ticket.struck else None, ask.seconds, ask.wait)
        for ask, ticket in zip(asked, desk.tickets, strict=True)
    ]
    assert played(spared).records == desk.records


@given(MANY)
def test_a_request_without_a_fault_is_always_answered(asked: list[Ask]) -> None:
    desk = played(asked)
    for ask, ticket in zip(asked, desk.tickets, strict=True):
        if ask.fault is None:
            assert isinstance(ticket.reply, HttpReply)
            assert ticket.silence is None
