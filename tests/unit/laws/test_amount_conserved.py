"""amount-conserved, on histories by hand."""

from dataclasses import replace

from pointsman_conformance.core.history import Effect, Request
from tests.histories import Tale, broken, judged, kept

LAW = "amount-conserved"


def partial() -> Tale:
    """A part of the transfer is to be taken back."""
    tale = Tale()
    tale.insert(reversal_cents=400)
    tale.claim()
    return tale


def made(tale: Tale, request: str, amount: int, receipt: str = "trr_1") -> None:
    place = tale.effect(receipt, "create_reversal", request=request)
    effect = tale.records[place]
    assert isinstance(effect, Effect)
    tale.records[place] = replace(effect, amount=amount)
    tale.reply(request, 200, {"id": receipt})


def test_the_amount_that_was_asked_for_is_right() -> None:
    tale = partial()
    made(tale, tale.send(), 400)
    assert kept(LAW, tale) == ["create_reversal"]


def test_the_whole_after_a_part_was_asked_for_is_a_breach() -> None:
    tale = partial()
    tale.send(amount="1000")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert breach.says == "asked for an amount of 1000; the row's reversal_cents was 400"
    assert breach.element.path == ("calls", "create_reversal", "amount")


def test_less_than_was_asked_for_is_a_breach_too() -> None:
    tale = partial()
    tale.send(amount="399")
    assert judged(LAW, tale)[1]


def test_amounts_are_compared_as_decimals_however_they_are_spelled() -> None:
    tale = Tale()
    tale.insert(reversal_cents=400.0)
    tale.claim()
    made(tale, tale.send(amount="400.00"), 400)
    assert kept(LAW, tale) == ["create_reversal"]


def test_an_amount_that_is_no_number_is_not_the_rows() -> None:
    tale = partial()
    tale.send(amount="NaN")
    tale.send(amount="four hundred")
    assert len(judged(LAW, tale)[1]) == 2


def unsaid(tale: Tale) -> str:
    """A request without an amount."""
    told = tale.send()
    request = tale.records[-1]
    assert isinstance(request, Request)
    tale.records[-1] = replace(
        request, params={name: value for name, value in request.params.items() if name != "amount"}
    )
    return told


def test_no_amount_is_all_that_is_left() -> None:
    tale = partial()
    made(tale, unsaid(tale), 1000)
    assert "all that was left" in judged(LAW, tale)[1][0].says
    tale = Tale()
    tale.insert()
    tale.claim()
    made(tale, unsaid(tale), 1000)
    assert kept(LAW, tale) == ["create_reversal"]
    tale = partial()
    unsaid(tale)
    assert judged(LAW, tale) == ([], []), "nothing was made, so nobody knows what it would have been"


def test_an_amount_that_was_changed_meanwhile_may_be_either() -> None:
    tale = partial()
    tale.write(who="kit", reversal_cents=500)
    tale.send(amount="400")
    tale.send(amount="500")
    assert judged(LAW, tale)[1] == []


def twice(tale: Tale) -> Tale:
    tale.insert("pending")
    tale.claim()
    for number in ("1", "2"):
        made(tale, tale.send(key=f"transfer-1-{number}"), 1000, f"tr_{number}")
    return tale


def test_two_effects_that_are_too_much_together_are_a_breach_where_there_are_no_keys() -> None:
    tale = Tale()
    tale.lifecycle = replace(tale.lifecycle, calls=tuple(replace(each, key=None) for each in tale.lifecycle.calls))
    assert "2 effects of 2000 together" in judged(LAW, twice(tale))[1][0].says


def test_a_second_effect_under_another_key_is_another_laws() -> None:
    assert broken(twice(Tale())) == {"stable-key"}


def test_a_reversal_by_hand_does_not_count_as_ours() -> None:
    tale = partial()
    tale.effect("trr_9", "create_reversal", by_hand=True)
    made(tale, tale.send(), 400)
    assert kept(LAW, tale) == ["create_reversal"]


def test_what_came_of_a_claim_that_was_lost_is_not_added_up() -> None:
    tale = Tale()
    tale.lifecycle = replace(tale.lifecycle, calls=tuple(replace(each, key=None) for each in tale.lifecycle.calls))
    tale.insert("pending")
    tale.claim()
    tale.wait(700)
    tale.claim(who="w2")
    made(tale, tale.send(who="w2"), 1000, "tr_1")
    made(tale, tale.send(key="transfer-1-old"), 1000, "tr_2")
    assert judged(LAW, tale)[1] == []
