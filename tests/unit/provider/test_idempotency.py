from dataclasses import replace
from datetime import timedelta

import pytest

from pointsman_conformance.core.history import Response
from pointsman_conformance.core.plan import FaultKind
from pointsman_conformance.core.wire import HttpRequest
from pointsman_conformance.provider.options import ProviderOptions
from tests.unit.provider.desk import SELLER_TRANSFER, Desk, body, error, reply, silence

DAY = 86_400.0


def test_the_same_key_gives_the_same_answer_and_moves_no_money() -> None:
    desk = Desk()
    first = reply(desk.transfer())
    again = reply(desk.transfer())
    assert (again.status, again.body) == (first.status, first.body)
    assert desk.receipts == ["tr_1"]
    assert [record.replayed for record in desk.all(Response)] == [False, True]


def test_a_replay_says_so_in_its_headers_unless_switched_off() -> None:
    desk, bare = Desk(), Desk(options=ProviderOptions(replay_header=False, original_request=False))
    for each in (desk, bare):
        assert "Idempotent-Replayed" not in reply(each.transfer()).headers
    told = reply(desk.transfer()).headers
    assert (told["Idempotent-Replayed"], told["Original-Request"], told["Request-Id"]) == ("true", "req_1", "req_2")
    assert not {"Idempotent-Replayed", "Original-Request"} & set(reply(bare.transfer()).headers)


def test_a_stored_400_is_replayed_even_when_it_would_succeed_now() -> None:
    desk = Desk(options=ProviderOptions(platform_balance=1000))
    desk.transfer("transfer-7-0")
    assert error(desk.transfer("transfer-7-1"))[1] == "balance_insufficient"
    desk.reversal()
    assert error(desk.transfer("transfer-7-1"))[1] == "balance_insufficient"
    assert body(desk.transfer("transfer-7-2"))["amount"] == 1000


def test_a_stored_500_is_replayed_for_ever() -> None:
    desk = Desk()
    assert reply(desk.transfer(fault=FaultKind.ERROR)).status == 500
    assert reply(desk.transfer()).status == 500
    assert not desk.receipts


def test_parameters_that_fail_validation_leave_nothing_under_the_key() -> None:
    desk = Desk()
    assert error(desk.post("/v1/transfers", {"amount": "x"}, "transfer-7-0"))[0] == 400
    assert body(desk.transfer("transfer-7-0"))["id"] == "tr_1"


def test_the_same_key_with_other_parameters_or_another_path_is_misused() -> None:
    desk = Desk()
    desk.transfer(amount=1000)
    for heard in (desk.transfer(amount=999), desk.reversal("transfer-7-0")):
        told = reply(heard)
        assert error(heard)[:2] == (400, None)
        assert isinstance(told.body, dict)
        assert told.body["error"]["type"] == "idempotency_error"
    assert desk.receipts == ["tr_1"]
    assert body(desk.transfer(amount=1000))["id"] == "tr_1"


def test_a_key_is_forgotten_after_a_day_and_money_moves_again() -> None:
    desk = Desk()
    desk.transfer()
    desk.at = DAY - 1
    assert body(desk.transfer())["id"] == "tr_1"
    desk.at = DAY
    assert body(desk.transfer())["id"] == "tr_2"


def test_a_key_lives_as_long_as_the_spec_says() -> None:
    calls = tuple(replace(call, key_lifetime=timedelta(hours=1)) for call in SELLER_TRANSFER.calls)
    desk = Desk(replace(SELLER_TRANSFER, calls=calls))
    desk.transfer()
    desk.at = 3600
    assert body(desk.transfer())["id"] == "tr_2"


def test_a_key_in_flight_is_a_409_that_is_not_stored() -> None:
    desk = Desk()
    assert silence(desk.transfer(fault=FaultKind.EXECUTING)) == "timeout"
    assert error(desk.transfer())[:2] == (409, "idempotency_key_in_use")
    desk.at = 60
    assert body(desk.transfer())["id"] == "tr_1"


def test_a_key_in_flight_is_not_forgotten_however_old() -> None:
    desk = Desk()
    desk.post("/v1/transfers", {"amount": "5"}, "k", FaultKind.EXECUTING, 2 * DAY)
    desk.at = 1.5 * DAY
    assert error(desk.post("/v1/transfers", {"amount": "5"}, "k"))[0] == 409


def test_the_type_of_a_409_is_an_option() -> None:
    desk = Desk(options=ProviderOptions(in_use_type="idempotency_error"))
    told = reply(desk.transfer(fault=FaultKind.BUSY)).body
    assert isinstance(told, dict)
    assert told["error"]["type"] == "idempotency_error"


@pytest.mark.parametrize("fault", [FaultKind.THROTTLED, FaultKind.UNAUTHORIZED, FaultKind.BUSY])
def test_what_comes_before_the_idempotency_layer_is_not_stored(fault: FaultKind) -> None:
    desk = Desk()
    assert reply(desk.transfer(fault=fault)).status in {401, 409, 429}
    assert body(desk.transfer())["id"] == "tr_1"


def test_a_429_comes_even_for_a_key_with_a_stored_answer() -> None:
    desk = Desk()
    desk.transfer()
    assert error(desk.transfer(fault=FaultKind.THROTTLED))[:2] == (429, "rate_limit")
    assert body(desk.transfer())["id"] == "tr_1"


def test_a_429_can_be_for_a_lock() -> None:
    desk = Desk(options=ProviderOptions(throttle_code="lock_timeout"))
    assert error(desk.transfer(fault=FaultKind.THROTTLED))[:2] == (429, "lock_timeout")


def test_a_key_has_at_most_255_characters() -> None:
    desk = Desk()
    assert error(desk.transfer("k" * 256))[0] == 400
    assert body(desk.transfer("k" * 255))["id"] == "tr_1"


def test_without_a_key_every_request_is_new() -> None:
    desk = Desk()
    for _ in range(2):
        desk.post("/v1/transfers", {"amount": "5"})
    assert desk.receipts == ["tr_1", "tr_2"]


def test_a_get_takes_no_key() -> None:
    desk = Desk()
    desk.transfer()
    ask = HttpRequest("GET", "/v1/transfers/tr_1", {}, "k", "sk_test_hunter2")
    assert body(desk.send(ask))["amount_reversed"] == 0
    desk.reversal()
    assert body(desk.send(ask))["amount_reversed"] == 1000


def test_whether_a_404_is_stored_is_an_option() -> None:
    for stored in (True, False):
        desk = Desk(options=ProviderOptions(missing_is_stored=stored))
        assert error(desk.reversal())[0] == 404
        desk.transfer()
        assert reply(desk.reversal()).status == (404 if stored else 200)


def test_a_secret_that_is_no_test_key_is_refused() -> None:
    desk = Desk()
    heard = desk.send(HttpRequest("POST", "/v1/transfers", {"amount": "5"}, None, "hunter2"))
    assert error(heard)[0] == 401
    assert not desk.receipts


def test_what_the_header_to_retry_says_is_an_option() -> None:
    desk = Desk(options=ProviderOptions(should_retry=((500, False), (429, True))))
    assert reply(desk.transfer(fault=FaultKind.THROTTLED)).headers["Stripe-Should-Retry"] == "true"
    assert reply(desk.transfer(fault=FaultKind.ERROR)).headers["Stripe-Should-Retry"] == "false"
    assert "Stripe-Should-Retry" not in reply(Desk().transfer(fault=FaultKind.ERROR)).headers
