"""stable-key: one effect, one key, until something definite is known."""

from __future__ import annotations

from tests.histories import BROKEN, LATER, LEASE, NO_BALANCE, Tale, broken, judged, kept

LAW = "stable-key"


def unknown() -> Tale:
    """A request whose answer was not heard; the next claim is due."""
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.silence(tale.send())
    tale.record(after=LEASE)
    tale.wait(LEASE + 1)
    tale.claim()
    return tale


def test_the_same_key_after_silence_is_right() -> None:
    tale = unknown()
    tale.send()
    assert kept(LAW, tale) == ["create_reversal"]


def test_another_key_after_silence_is_a_breach_by_this_law_alone() -> None:
    tale = unknown()
    tale.send(key="reversal-1-1")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "'reversal-1-1' although the outcome of 'reversal-1-0' was not known yet" in breach.says
    assert breach.element.path == ("calls", "create_reversal", "key")


def test_another_key_from_another_copy_is_another_laws() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.silence(tale.send())
    tale.wait(LEASE + 1)
    tale.claim(who="w2")
    tale.send(who="w2", key="other")
    assert broken(tale) == {"key-survives-crash"}


def test_a_second_effect_under_another_key_is_a_breach_by_this_law_alone() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    for number in ("1", "2"):
        receipt, request = f"tr_{number}", tale.send(key=f"transfer-1-{number}")
        tale.effect(receipt, "create_transfer", request=request)
        tale.reply(request, 200, {"id": receipt})
    assert broken(tale) == {LAW}
    assert "the provider had accepted 'transfer-1-1': this asks for a second effect" in judged(LAW, tale)[1][0].says


def test_too_many_requests_is_nothing_definite() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 429, LATER)
    tale.record(retry_count=0)
    tale.wait(61)
    tale.claim()
    tale.send(key="other")
    assert broken(tale) == {LAW}


def test_another_key_after_a_refusal_is_right() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE)
    tale.record(renew=True)
    tale.wait(61)
    tale.claim()
    tale.send()
    assert broken(tale) == set()


def test_a_refusal_that_was_not_heard_allows_no_other_key() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 400, NO_BALANCE, heard=False)
    tale.record(after=LEASE)
    tale.wait(LEASE + 1)
    tale.claim()
    tale.send(key="other")
    assert broken(tale) == {LAW}


def test_another_key_after_a_look_up_that_found_nothing_is_right() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.reply(tale.send(), 500, BROKEN)
    tale.listed(tale.look_up())
    tale.record(renew=True)
    tale.wait(61)
    tale.claim()
    tale.send()
    assert broken(tale) == set()


def test_a_look_up_that_found_the_effect_allows_no_other_key() -> None:
    tale = unknown()
    tale.effect("trr_1", "create_reversal")
    tale.listed(tale.look_up(), "trr_1")
    tale.send(key="other")
    assert LAW in broken(tale)


def test_a_request_without_a_key_is_a_breach() -> None:
    tale = Tale()
    tale.insert("reversal_pending")
    tale.claim()
    tale.send(key=None)
    assert broken(tale) == {LAW}


def test_one_key_for_two_rows_is_a_breach() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.insert("pending", row="2")
    tale.claim()
    tale.send(key="transfer")
    tale.claim(row="2")
    tale.send(row="2", key="transfer")
    assert broken(tale) == {LAW}


def test_the_same_key_with_other_parameters_is_a_breach() -> None:
    tale = unknown()
    tale.send(description="second attempt")
    assert broken(tale) == {LAW}
    (breach,) = judged(LAW, tale)[1]
    assert "(description)" in breach.says


def test_a_key_of_another_leg_is_another_key() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    tale.made(tale.send(), "tr_1")
    tale.move("completed", stripe_transfer_id="tr_1")
    tale.move("reversal_pending", who="kit", reversal_cents=1000)
    tale.claim()
    tale.send()
    assert broken(tale) == set()


def test_a_leg_goes_on_where_the_next_status_makes_the_same_call() -> None:
    tale = Tale()
    tale.insert("pending")
    tale.claim()
    tale.silence(tale.send())
    tale.move("failed", who="kit")
    tale.wait(LEASE + 1)
    tale.claim()
    tale.send(key="other")
    assert broken(tale) == {LAW}
