import pytest

from pointsman_conformance.core.history import Effect
from pointsman_conformance.provider.options import ProviderOptions
from tests.unit.provider.desk import Desk, body, error, reply


def test_a_transfer_is_an_effect_of_its_call_and_row() -> None:
    desk = Desk()
    made = body(desk.transfer())
    assert (made["id"], made["amount"], made["metadata"], made["transfer_group"]) == ("tr_1", 1000, {"row": "7"}, "7")
    assert desk.all(Effect) == [
        Effect(at=0.0, who="worker-1", receipt="tr_1", request="rq_1", call="create_transfer", row="7", amount=1000)
    ]


def test_a_transfer_has_no_status() -> None:
    assert "status" not in body(Desk().transfer())


def test_a_second_transfer_under_another_key_moves_money_again() -> None:
    desk = Desk()
    desk.transfer("transfer-7-0")
    desk.transfer("transfer-7-1")
    assert desk.receipts == ["tr_1", "tr_2"]


def test_a_transfer_stays_not_reversed_while_it_is_reversed_in_part() -> None:
    desk = Desk()
    desk.transfer()
    part = body(desk.reversal("reversal-7-0", 400))
    assert (part["object"], part["amount"], part["transfer"]) == ("transfer_reversal", 400, "tr_1")
    shown = body(desk.get("/v1/transfers/tr_1"))
    assert (shown["amount_reversed"], shown["reversed"]) == (400, False)


def test_a_reversal_without_an_amount_takes_all_that_is_left() -> None:
    desk = Desk()
    desk.transfer()
    desk.reversal("reversal-7-0", 400)
    assert body(desk.reversal("reversal-7-1"))["amount"] == 600
    shown = body(desk.get("/v1/transfers/tr_1"))
    assert (shown["amount_reversed"], shown["reversed"]) == (1000, True)


def test_already_fully_reversed_is_a_400_without_a_code() -> None:
    desk = Desk()
    desk.transfer()
    desk.reversal("reversal-7-0")
    assert error(desk.reversal("reversal-7-1")) == (400, None, "Transfer tr_1 is already fully reversed.")


def test_a_code_for_already_reversed_can_be_switched_on() -> None:
    desk = Desk(options=ProviderOptions(already_reversed_code="transfer_already_reversed"))
    desk.transfer()
    desk.reversal("reversal-7-0")
    assert error(desk.reversal("reversal-7-1"))[1] == "transfer_already_reversed"


def test_more_than_is_left_is_refused_and_moves_nothing() -> None:
    desk = Desk()
    desk.transfer()
    desk.reversal("reversal-7-0", 400)
    assert error(desk.reversal("reversal-7-1", 601))[0] == 400
    assert body(desk.get("/v1/transfers/tr_1"))["amount_reversed"] == 400


def test_a_reversal_of_no_transfer_is_a_404() -> None:
    assert error(Desk().reversal())[:2] == (404, "resource_missing")


@pytest.mark.parametrize("amount", ["0", "-5", "12.5", "ten"])
def test_an_amount_that_is_no_positive_number_is_refused(amount: str) -> None:
    desk = Desk()
    assert error(desk.post("/v1/transfers", {"amount": amount}))[:2] == (400, "parameter_invalid_integer")
    assert not desk.receipts


def test_a_transfer_needs_an_amount() -> None:
    assert error(Desk().post("/v1/transfers", {}))[:2] == (400, "parameter_missing")


def test_currency_and_destination_can_be_asked_for_as_stripe_does() -> None:
    desk = Desk(options=ProviderOptions(complete_transfers=True))
    assert error(desk.transfer())[:2] == (400, "parameter_missing")
    whole = {"amount": "5", "currency": "eur", "destination": "acct_5"}
    assert body(desk.post("/v1/transfers", whole))["currency"] == "eur"


def test_a_balance_that_is_too_small_refuses_and_a_reversal_fills_it() -> None:
    desk = Desk(options=ProviderOptions(platform_balance=1500))
    desk.transfer("transfer-7-0")
    assert error(desk.transfer("transfer-7-1"))[:2] == (400, "balance_insufficient")
    desk.reversal()
    assert body(desk.transfer("transfer-7-2"))["amount"] == 1000


def test_transfers_are_listed_by_group_newest_first_a_page_at_a_time() -> None:
    desk = Desk()
    for number in range(3):
        desk.transfer(f"transfer-7-{number}")
    desk.post("/v1/transfers", {"amount": "5", "transfer_group": "8"})
    first = body(desk.get("/v1/transfers", {"transfer_group": "7", "limit": "2"}))
    assert (first["object"], first["has_more"], first["url"]) == ("list", True, "/v1/transfers")
    assert _ids(first) == ["tr_3", "tr_2"]
    rest = body(desk.get("/v1/transfers", {"transfer_group": "7", "limit": "2", "starting_after": "tr_2"}))
    assert (_ids(rest), rest["has_more"]) == (["tr_1"], False)
    back = body(desk.get("/v1/transfers", {"transfer_group": "7", "limit": "1", "ending_before": "tr_1"}))
    assert (_ids(back), back["has_more"]) == (["tr_2"], True)


def test_a_list_has_ten_unless_asked_and_at_most_a_hundred() -> None:
    desk = Desk()
    for number in range(12):
        desk.transfer(f"transfer-7-{number}")
    assert len(_ids(body(desk.get("/v1/transfers")))) == 10
    assert error(desk.get("/v1/transfers", {"limit": "101"}))[0] == 400
    assert error(desk.get("/v1/transfers", {"starting_after": "tr_99"}))[:2] == (400, "resource_missing")


def test_reversals_are_listed_and_found_and_shown_with_their_transfer() -> None:
    desk = Desk()
    desk.transfer()
    for number in range(11):
        desk.reversal(f"reversal-7-{number}", 10)
    assert len(_ids(body(desk.get("/v1/transfers/tr_1/reversals", {"limit": "100"})))) == 11
    assert body(desk.get("/v1/transfers/tr_1/reversals/trr_3"))["amount"] == 10
    assert error(desk.get("/v1/transfers/tr_1/reversals/trr_99"))[0] == 404
    inline = body(desk.get("/v1/transfers/tr_1"))["reversals"]
    assert isinstance(inline, dict)
    assert (_ids(inline)[0], len(_ids(inline)), inline["has_more"]) == ("trr_11", 10, True)


def test_an_update_of_the_metadata_is_told_of_and_is_no_effect() -> None:
    desk = Desk()
    desk.transfer()
    shown = body(desk.post("/v1/transfers/tr_1", {"metadata[note]": "late"}))
    assert shown["metadata"] == {"row": "7", "note": "late"}
    assert [hook.type for hook in desk.provider.hooks] == ["transfer.created", "transfer.updated"]
    assert desk.receipts == ["tr_1"]


def test_a_path_that_is_none_is_a_404() -> None:
    desk = Desk()
    desk.transfer()
    assert reply(desk.post("/v1/nothing")).status == 404
    assert reply(desk.post("/v1/transfers/tr_1/cancel")).status == 404


def _ids(page: dict[str, object]) -> list[str]:
    data = page["data"]
    assert isinstance(data, list)
    return [each["id"] for each in data]
