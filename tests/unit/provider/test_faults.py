import pytest

from pointsman.spec.lifecycle import Outcome
from pointsman_conformance.core.history import Effect, Request, Response
from pointsman_conformance.core.plan import AT_A_REQUEST, FaultKind
from pointsman_conformance.core.wire import HttpRequest
from pointsman_conformance.provider.replies import judged
from tests.unit.provider.desk import SELLER_TRANSFER, Desk, body, error, reply, silence

CALL = SELLER_TRANSFER.call["create_transfer"]


def test_a_lost_request_does_nothing_and_nothing_is_heard() -> None:
    desk = Desk()
    assert silence(desk.transfer(fault=FaultKind.LOST_REQUEST)) == "connection"
    assert not desk.receipts
    assert body(desk.transfer())["id"] == "tr_1"


def test_a_lost_reply_does_all_and_nothing_is_heard() -> None:
    desk = Desk()
    assert silence(desk.transfer(fault=FaultKind.LOST_REPLY)) == "timeout"
    assert desk.receipts == ["tr_1"]
    assert body(desk.transfer())["id"] == "tr_1"
    assert desk.receipts == ["tr_1"]


def test_a_request_that_is_still_executing_takes_effect_at_its_moment() -> None:
    desk = Desk()
    desk.transfer(fault=FaultKind.EXECUTING)
    assert desk.provider.executing == 1
    desk.at = 59
    desk.provider.tick()
    assert not desk.receipts
    desk.at = 3600
    desk.provider.tick()
    assert [(effect.at, effect.request) for effect in desk.all(Effect)] == [(60.0, "rq_1")]
    assert desk.provider.executing == 0


def test_late_requests_take_effect_in_the_order_of_their_moments() -> None:
    desk = Desk()
    for key, seconds in (("a", 50.0), ("b", 20.0)):
        desk.post("/v1/transfers", {"amount": "5", "metadata[row]": key}, key, FaultKind.EXECUTING, seconds)
    desk.at = 100
    desk.provider.tick()
    assert [(effect.row, effect.at) for effect in desk.all(Effect)] == [("b", 20.0), ("a", 50.0)]


def test_a_late_reversal_that_finds_all_done_changes_nothing() -> None:
    desk = Desk()
    desk.transfer()
    desk.reversal("reversal-7-0", fault=FaultKind.EXECUTING)
    desk.reversal("reversal-7-1")
    desk.at = 60
    assert error(desk.reversal("reversal-7-0"))[2].endswith("is already fully reversed.")
    assert desk.receipts == ["tr_1", "trr_1"]


def test_an_error_without_effect_and_one_after_it_look_the_same() -> None:
    before, after = Desk(), Desk()
    heard = reply(before.transfer(fault=FaultKind.ERROR)), reply(after.transfer(fault=FaultKind.ERROR_AFTER_EFFECT))
    assert heard[0] == heard[1]
    assert (before.receipts, after.receipts) == ([], ["tr_1"])
    assert reply(after.transfer()).status == 500


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(FaultKind.REFUSED, Outcome.REFUSED), (FaultKind.REFUSED_FOR_NOW, Outcome.REFUSED_FOR_NOW)],
)
def test_a_refusal_is_what_the_spec_takes_for_one_and_is_stored(fault: FaultKind, outcome: Outcome) -> None:
    desk = Desk()
    heard = reply(desk.transfer("transfer-7-0", fault=fault))
    rule = judged(CALL, heard)
    assert rule is not None
    assert rule.outcome is outcome
    assert reply(desk.transfer("transfer-7-0")).body == heard.body
    assert not desk.receipts
    assert body(desk.transfer("transfer-7-1"))["id"] == "tr_1"


def test_what_is_done_already_is_not_refused() -> None:
    desk = Desk()
    desk.transfer()
    desk.reversal("reversal-7-0")
    assert "already fully reversed" in error(desk.reversal("reversal-7-1", fault=FaultKind.REFUSED))[2]
    assert not desk.tickets[-1].struck


def test_a_truncated_answer_is_a_200_that_is_cut_off_and_whole_when_replayed() -> None:
    desk = Desk()
    heard = reply(desk.transfer(fault=FaultKind.TRUNCATED))
    assert heard.status == 200
    assert isinstance(heard.body, str)
    assert desk.receipts == ["tr_1"]
    assert body(desk.transfer())["id"] == "tr_1"


def test_a_slow_answer_is_the_usual_one() -> None:
    desk = Desk()
    assert body(desk.transfer(fault=FaultKind.SLOW))["id"] == "tr_1"
    assert desk.tickets[-1].delay == 60.0


@pytest.mark.parametrize("fault", [FaultKind.ERROR, FaultKind.REFUSED, FaultKind.EXECUTING, FaultKind.LOST_REPLY])
def test_a_stored_answer_wins_over_what_would_have_struck(fault: FaultKind) -> None:
    desk = Desk()
    desk.transfer()
    heard = desk.transfer(fault=fault)
    if fault in {FaultKind.EXECUTING, FaultKind.LOST_REPLY}:
        silence(heard)
    else:
        assert body(heard)["id"] == "tr_1"
    assert desk.receipts == ["tr_1"]
    assert desk.provider.executing == 0


def test_a_look_up_can_be_lost_throttled_or_in_error_and_is_never_a_lie() -> None:
    desk = Desk()
    desk.transfer()
    for fault in AT_A_REQUEST:
        ticket = desk.provider.receive(HttpRequest("GET", "/v1/transfers", {"transfer_group": "7"}))
        desk.provider.execute(ticket, fault, 5.0)
        heard = ticket.reply if ticket.silence is None else None
        if heard is not None and heard.status < 300 and not isinstance(heard.body, str):
            data = heard.body["data"]
            assert isinstance(data, list)
            assert len(data) == 1
        else:
            assert heard is None or heard.status in {200, 400, 401, 429, 500, 503}
    assert desk.provider.executing == 0


def test_a_request_is_executed_once_however_often_it_is_asked_for() -> None:
    desk = Desk()
    ticket = desk.provider.receive(desk_request())
    desk.provider.execute(ticket)
    desk.provider.execute(ticket, FaultKind.LOST_REQUEST)
    assert reply(desk.provider.answer(ticket)).status == 200
    assert desk.receipts == ["tr_1"]


def test_nothing_is_done_before_it_is_executed() -> None:
    desk = Desk()
    desk.provider.receive(desk_request())
    assert [type(record) for record in desk.records] == [Request]


def test_the_dead_hear_nothing_although_there_was_an_answer() -> None:
    desk = Desk()
    ticket = desk.provider.receive(desk_request())
    desk.provider.execute(ticket)
    desk.provider.answer(ticket, heard=False)
    told = desk.all(Response)[-1]
    assert (told.status, told.silence, told.heard) == (200, None, False)


def test_silence_is_recorded_as_what_it_was() -> None:
    desk = Desk()
    desk.transfer("a", fault=FaultKind.LOST_REQUEST)
    desk.transfer("b", fault=FaultKind.LOST_REPLY)
    assert [(each.status, each.silence, each.heard) for each in desk.all(Response)] == [
        (None, "connection", False),
        (None, "timeout", False),
    ]


def test_reset_forgets_everything() -> None:
    desk = Desk()
    desk.transfer("a")
    desk.transfer("b", fault=FaultKind.EXECUTING)
    desk.provider.reset()
    assert (desk.provider.hooks, desk.provider.executing) == ((), 0)
    assert body(desk.transfer("a"))["id"] == "tr_1"


@pytest.mark.parametrize("fault", sorted(set(FaultKind) - AT_A_REQUEST))
def test_a_fault_of_the_copy_is_none_of_the_providers(fault: FaultKind) -> None:
    desk = Desk()
    assert body(desk.transfer(fault=fault))["id"] == "tr_1"
    assert not desk.tickets[-1].struck


def desk_request() -> HttpRequest:
    return HttpRequest("POST", "/v1/transfers", {"amount": "5"})
