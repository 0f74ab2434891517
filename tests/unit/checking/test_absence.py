"""Wrong implementations that do no harm: what is proved of them together, and what is not."""

from dataclasses import replace
from functools import cache

import pytest

from pointsman.checking.absence import no_harm
from pointsman.checking.explore import Limits
from pointsman.loading.load import load, load_text
from pointsman.spec.lifecycle import Lifecycle, Repeat
from tests.checkout import TOP
from tests.unit.harm.kept_keys import SPEC, order_payment

CLAIMS = ("claims_by_reading", "sends_after_a_pause")


@cache
def _payout() -> Lifecycle:
    return load(TOP / "spec" / "payout.yaml")


def test_a_key_that_lives_for_ever_gives_the_safety_of_a_claim_and_is_named() -> None:
    found = no_harm(order_payment(), CLAIMS)
    assert found.proved, found.why
    assert set(found.worlds) == {"default", "unknown-status", "arrivals", "leg:create_payment"}
    assert found.rests_on == (
        "the key of create_payment is the row's own and lives for ever: a second request makes no second effect",
    )


def test_where_the_provider_forgets_keys_and_makes_a_second_effect_nothing_is_proved() -> None:
    lifecycle = order_payment()
    (call,) = lifecycle.calls
    found = no_harm(replace(lifecycle, calls=(replace(call, repeat=Repeat.NEW_EFFECT),)), CLAIMS)
    assert not found.proved
    assert found.why == "each-effect-at-most-once falls by the spec itself, whatever an implementation does"


def test_where_a_refusal_ends_the_row_a_late_request_does_harm() -> None:
    ends = SPEC.replace("  created:   {terminal", "  refused:   {terminal: true}\n  created:   {terminal").replace(
        "same_status:",
        "  - {from: requested, to: refused, event: payment_refused, by: sender, needs: {create_payment: not_done}}\n"
        "same_status:",
    )
    text = ends.replace("refused_for_now: [{", "refused: [{").replace(
        "refused_for_now: again", "refused: payment_refused"
    )
    assert text.count("payment_refused") == 2
    found = no_harm(load_text(text), CLAIMS)
    assert not found.proved
    assert found.fallen is not None
    assert found.fallen.prop == "status-tells-the-truth"


def test_a_key_that_grows_old_gives_no_safety() -> None:
    found = no_harm(_payout(), CLAIMS)
    assert not found.proved
    assert found.fallen is not None


def test_what_no_world_has_a_step_for_is_not_proved() -> None:
    found = no_harm(_payout(), ("drops_early_refund",))
    assert (found.proved, found.worlds) == (False, ())
    assert found.why == "no world of this lifecycle has a step for drops_early_refund"


def test_what_is_not_explored_to_the_end_is_not_proved() -> None:
    found = no_harm(order_payment(), CLAIMS, limits=Limits(states=20))
    assert (found.proved, found.fallen) == (False, None)
    assert found.why.endswith("was not explored to its end")


def test_a_property_with_nothing_to_hold_for_is_no_proof() -> None:
    """Without a meaning of any status, no status can be false: that is no safety."""
    found = no_harm(load_text(SPEC.replace(", means: {create_payment: done}", "")), CLAIMS)
    assert not found.proved
    assert found.why == "status-tells-the-truth has nothing to hold for in any world"


@pytest.mark.parametrize("together", [("claims_by_reading", "done_without_receipt")])
def test_a_harmless_one_beside_one_that_does_harm_is_not_proved(together: tuple[str, ...]) -> None:
    assert no_harm(order_payment(), together[:1]).proved
    found = no_harm(order_payment(), together)
    assert found.fallen is not None
    assert found.fallen.prop == "receipts-are-kept"


def test_what_rests_on_a_condition_that_no_world_follows_is_not_proved() -> None:
    """The database's collation decides which of two texts comes first."""
    text = SPEC.replace("payment_ref: ", "agreed: {type: text}\n    payment_ref: ", 1).replace(
        "event: payment_created, by: sender}",
        "event: payment_created, by: sender, when: \"mandate < agreed or mandate = 'root'\"}",
    )
    found = no_harm(load_text(text), CLAIMS)
    assert (found.proved, found.fallen) == (False, None)
    assert "is unknown: it depends on conditions that no world follows" in found.why


def test_what_falls_by_the_spec_itself_is_no_harm_of_an_implementation_and_no_proof() -> None:
    """Without an event for a settled effect, a row whose payment was made already is never resolved."""
    text = SPEC.replace("settled_done: payment_created", "settled_done: again")
    for wrongs in ((), CLAIMS):
        found = no_harm(load_text(text), wrongs)
        assert (found.proved, found.fallen) == (False, None)
        assert found.why == "every-row-is-resolved falls by the spec itself, whatever an implementation does"
